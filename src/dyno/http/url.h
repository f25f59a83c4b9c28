// The address of a service, as given by --host: scheme, host, port and a base path. Not a general
// URL: user names, queries and fragments have no meaning here and are refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dyno/core/result.h"

namespace dyno::http {

struct Url {
  bool tls = false;
  std::string host;  // a name or an address, an IPv6 one without its brackets
  std::uint16_t port = 80;
  std::string base_path;  // "" or "/api": no slash at its end

  // "http://localhost:8000/api"; the port is left out when it is the scheme's own.
  std::string text() const;

  // What the Host header says: the port is left out when it is the scheme's own.
  std::string authority() const;
};

// "http://host[:port][/path]" or https. The error names what is wrong with it.
Result<Url> parse_url(std::string_view text);

}  // namespace dyno::http
