// For tests: an authority of certificates, made as the test begins, and what it signs. Files in a
// folder of its own, which goes with it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <openssl/x509.h>

namespace dyno::http {

struct CertificateFiles {
  std::string certificate;  // PEM
  std::string key;
};

struct CertificateSpec {
  std::string file;  // name of the files
  std::vector<std::string> names{"DNS:localhost", "IP:127.0.0.1", "IP:::1"};
  int first_day = -1;  // of validity, counted from today
  int last_day = 1;
  bool self_signed = false;
};

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // Its own certificate, to be trusted.
  std::string file() const { return (folder_ / "authority.pem").string(); }

  const std::filesystem::path& folder() const { return folder_; }

  CertificateFiles issue(const CertificateSpec& spec) const;

 private:
  std::filesystem::path folder_;
  EVP_PKEY* key_ = nullptr;
  X509* certificate_ = nullptr;
};

}  // namespace dyno::http
