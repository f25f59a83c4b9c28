#include "dyno/http/certificates_for_test.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace dyno::http {

namespace {

constexpr long day = 24 * 60 * 60;

void check(bool holds) {
  if (!holds) throw std::runtime_error("OpenSSL cannot make a certificate for a test");
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(extension && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

X509* make(const CertificateSpec& spec, EVP_PKEY* key, EVP_PKEY* signer, X509* issuer) {
  static std::atomic<int> serial{0};  // tests make them on several threads
  X509* const made = X509_new();
  check(made && X509_set_version(made, 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), spec.first_day * day);
  X509_gmtime_adj(X509_getm_notAfter(made), spec.last_day * day);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(spec.file.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(issuer ? issuer : made));
  if (spec.names.empty()) {
    add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    std::string names;
    for (const std::string& name : spec.names) names += (names.empty() ? "" : ",") + name;
    add_extension(made, issuer ? issuer : made, NID_subject_alt_name, names);
  }
  check(X509_sign(made, signer, EVP_sha256()) > 0);
  return made;
}

template <typename Write>
void write(const std::filesystem::path& path, const Write& how) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  check(file && how(file) == 1);
  std::fclose(file);
}

}  // namespace

TestAuthority::TestAuthority() {
  std::string pattern = std::filesystem::temp_directory_path() / "dyno-certificates-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  key_ = EVP_EC_gen("P-256");
  check(key_);
  certificate_ = make({.file = "test authority", .names = {}}, key_, key_, nullptr);
  write(file(), [&](std::FILE* out) { return PEM_write_X509(out, certificate_); });
}

TestAuthority::~TestAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
  std::filesystem::remove_all(folder_);
}

CertificateFiles TestAuthority::issue(const CertificateSpec& spec) const {
  const CertificateFiles files{folder_ / (spec.file + ".pem"), folder_ / (spec.file + ".key")};
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  check(key);
  X509* const made =
      spec.self_signed ? make(spec, key, key, nullptr) : make(spec, key, key_, certificate_);
  write(files.certificate, [&](std::FILE* out) { return PEM_write_X509(out, made); });
  write(files.key, [&](std::FILE* out) {
    return PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(made);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace dyno::http
