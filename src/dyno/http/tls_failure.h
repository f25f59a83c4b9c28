// Why TLS was not agreed on, in one line that says what to do about it.
#pragma once

#include <string>
#include <string_view>

#include <openssl/x509_vfy.h>

namespace dyno::http {

// Which certificate of the service was not accepted, and why. For a verify callback of OpenSSL.
std::string explain_certificate(X509_STORE_CTX* store, std::string_view host);

// An error of OpenSSL's queue.
std::string explain_tls(unsigned long error);

}  // namespace dyno::http
