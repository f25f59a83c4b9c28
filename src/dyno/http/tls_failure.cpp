#include "dyno/http/tls_failure.h"

#include <memory>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace dyno::http {

namespace {

constexpr std::string_view insecure = "or accept any with --insecure";

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;
Memory memory() { return {BIO_new(BIO_s_mem()), &BIO_free}; }

std::string subject_of(X509* certificate) {
  const Memory out = memory();
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  return text_of(out.get());
}

std::string time_of(const ASN1_TIME* time) {
  const Memory out = memory();
  ASN1_TIME_print(out.get(), time);
  return text_of(out.get());
}

// "localhost, 127.0.0.1": what the certificate is good for.
std::string names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* const all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const Memory out = memory();
    GENERAL_NAME_print(out.get(), sk_GENERAL_NAME_value(all, i));
    std::string name = text_of(out.get());  // "DNS:localhost"
    names.push_back(name.substr(name.find(':') + 1));
  }
  GENERAL_NAMES_free(all);
  if (names.empty()) return "no name at all";
  if (names.size() > 5) {
    names.resize(5);
    names.emplace_back("…");
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string explain_certificate(X509_STORE_CTX* store, std::string_view host) {
  const int error = X509_STORE_CTX_get_error(store);
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  const bool own = X509_STORE_CTX_get_error_depth(store) == 0;
  const std::string which =
      certificate ? fmt::format("the {} {} ({})", own ? "certificate of" : "authority of", host,
                                subject_of(certificate))
                  : fmt::format("the certificate of {}", host);
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("{} is for {}, not for {}; use a name that it is for, {}", which,
                         certificate ? names_of(certificate) : "others", host, insecure);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("{} has expired, on {}; renew it, {}", which,
                         time_of(X509_get0_notAfter(certificate)), insecure);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("{} is not valid before {}; check the clocks, {}", which,
                         time_of(X509_get0_notBefore(certificate)), insecure);
    default:
      return fmt::format(
          "{} is not accepted: {}; name an authority to trust with --cacert FILE, {}", which,
          X509_verify_cert_error_string(error), insecure);
  }
}

std::string explain_tls(unsigned long error) {
  const char* const known = ERR_reason_error_string(error);
  const std::string_view reason = known ? known : "unknown error";
  std::string_view advice;
  switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      advice = "; the service may speak no TLS there: try http://";
      break;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      advice = "; it asks for a client certificate: give --cert FILE and --key FILE";
      break;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      advice = "; it may ask for a client certificate (--cert, --key) or share no cipher with us";
      break;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      advice = "; it does not accept the client certificate";
      break;
    default:
      break;
  }
  return fmt::format("TLS with the service failed: {}{}", reason, advice);
}

}  // namespace dyno::http
