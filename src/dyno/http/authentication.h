// Who a user says it is: the value of an Authorization header. It is a secret: it can be sent, and
// nothing here writes it anywhere else.
#pragma once

#include <string>
#include <string_view>

#include "dyno/core/result.h"

namespace dyno::http {

class Credentials {
 public:
  Credentials() = default;  // none: no header is sent
  explicit Credentials(std::string header) : header_(std::move(header)) {}

  bool empty() const { return header_.empty(); }

  // "Basic …" or "Bearer …". To be sent only.
  const std::string& header() const { return header_; }

 private:
  std::string header_;
};

// RFC 7617, the text being UTF-8. A name has no colon, and neither of them a control character.
Result<Credentials> basic(std::string_view name, std::string_view password);

// RFC 6750, section 2.1: letters, digits and -._~+/ with = at the end.
Result<Credentials> bearer(std::string_view token);

// RFC 4648, section 4, with padding.
std::string base64(std::string_view bytes);

// Where a secret is kept, so that it does not stand in a command line, which every user of the
// machine can read: "@FILE" is the content of the file without line ends after it, "env:NAME" an
// environment variable; anything else is the secret itself. The error names the place, not the
// secret.
Result<std::string> secret_of(const std::string& text);

}  // namespace dyno::http
