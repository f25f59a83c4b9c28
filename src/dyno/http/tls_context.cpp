#include "dyno/http/tls_context.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "dyno/http/address.h"
#include "dyno/http/tls_stream.h"

namespace dyno::http {

namespace {

// ALPN: one protocol, its length first.
constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

TlsStream* stream_of(SSL* ssl) { return static_cast<TlsStream*>(SSL_get_app_data(ssl)); }

// 0: the session stays OpenSSL's.
int on_session(SSL* ssl, SSL_SESSION* session) {
  TlsStream* const stream = stream_of(ssl);
  if (!stream) return 0;
  stream->keep(session);
  return 1;
}

int on_certificate(int accepted, X509_STORE_CTX* store) {
  if (!accepted) {
    auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (TlsStream* const stream = stream_of(ssl)) stream->note(store);
  }
  return accepted;
}

// A key that needs a passphrase is refused: nobody is there to be asked.
int no_passphrase(char*, int, int, void*) { return 0; }

Error bad_file(std::string_view what, const std::string& file, std::string_view advice) {
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return Error{fmt::format("cannot read {} from {}: {}; {}", what, file,
                           reason ? reason : "it is not PEM", advice)};
}

Result<void> readable(std::string_view what, const std::string& file) {
  std::FILE* const opened = std::fopen(file.c_str(), "r");
  if (!opened) {
    return Error{fmt::format("cannot read {} from {}: {}; check the path", what, file,
                             std::strerror(errno))};
  }
  std::fclose(opened);
  return {};
}

}  // namespace

TlsContext::TlsContext(SSL_CTX* context, const TlsSettings& settings, const std::string& host)
    : context_(context), verify_(settings.verify), host_(host) {
  host_is_address_ = parse_address(host, 0).ok();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  SSL_CTX_set_verify(context, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, on_certificate);
  SSL_CTX_set_session_cache_mode(context, settings.resume
                                              ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                              : SSL_SESS_CACHE_OFF);
  SSL_CTX_sess_set_new_cb(context, on_session);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsSettings& settings,
                                                           const std::string& host) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (!context) return Error{"OpenSSL cannot be used: it gives no context for TLS"};
  std::shared_ptr<TlsContext> made(new TlsContext(context, settings, host));
  if (const auto read = made->read_files(settings); !read) return read.error();
  return std::shared_ptr<const TlsContext>(std::move(made));
}

Result<void> TlsContext::read_files(const TlsSettings& settings) {
  ERR_clear_error();
  if (settings.verify && settings.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context_);
  } else if (!settings.ca_file.empty()) {
    constexpr std::string_view what = "trusted certificates";
    if (const auto there = readable(what, settings.ca_file); !there) return there;
    if (SSL_CTX_load_verify_file(context_, settings.ca_file.c_str()) != 1) {
      return bad_file(what, settings.ca_file, "give a PEM file of certificates");
    }
  }
  if (settings.certificate.empty()) {
    if (settings.key.empty()) return {};
    return Error{fmt::format("the key {} needs a certificate; name its file too", settings.key)};
  }
  if (const auto there = readable("a client certificate", settings.certificate); !there) {
    return there;
  }
  if (SSL_CTX_use_certificate_chain_file(context_, settings.certificate.c_str()) != 1) {
    return bad_file("a client certificate", settings.certificate,
                    "give a PEM file, the certificate first, then its chain");
  }
  const std::string& key = settings.key.empty() ? settings.certificate : settings.key;
  if (const auto there = readable("the client's key", key); !there) return there;
  if (SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return bad_file("the client's key", key,
                    "give the PEM file of the key that belongs to the certificate, without a "
                    "passphrase");
  }
  return {};
}

SSL* TlsContext::connection() const {
  SSL* const ssl = SSL_new(context_);
  if (!ssl) return nullptr;
  SSL_set_connect_state(ssl);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  if (host_is_address_) {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, host_.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host_.c_str());
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(wanted, host_.c_str(), 0);
  }
  return ssl;
}

}  // namespace dyno::http
