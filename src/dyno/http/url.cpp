#include "dyno/http/url.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "dyno/http/redact.h"

namespace dyno::http {
namespace {

constexpr std::uint16_t default_port(bool tls) { return tls ? 443 : 80; }

bool is_plain(char c) { return c > ' ' && c < 0x7f; }

Error wrong(std::string_view text, std::string_view what) {
  const std::string shown = redacted_address(text);
  return Error{fmt::format("{}: {}; write http://host:port", shown.substr(0, 200), what)};
}

}  // namespace

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string result = v6 ? '[' + host + ']' : host;
  if (port != default_port(tls)) result += fmt::format(":{}", port);
  return result;
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), base_path);
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    return wrong("URL", "it contains a space or a character that is not ASCII");
  }
  const auto skip = [&rest](std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
  };
  if (skip("https://")) {
    url.tls = true;
  } else if (!skip("http://")) {
    return wrong(text, "it does not begin with http:// or https://");
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return wrong(text, "a host has no query or fragment");
  }
  if (authority.find('@') != std::string_view::npos) {
    return wrong(text, "user and password do not belong in it, send a header instead");
  }

  std::string_view host = authority;
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return wrong(text, "the bracket is not closed");
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
  } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (host.empty()) return wrong(text, "the host is missing");
  if (host.find_first_of("[]") != std::string_view::npos) {
    return wrong(text, "a bracket is out of place");
  }
  url.host = host;

  url.port = default_port(url.tls);
  if (!port.empty()) {
    unsigned number = 0;
    const char* const end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, number);
    if (port.front() != ':' || error != std::errc{} || stop != end || number < 1 ||
        number > 65535) {
      return wrong(text, "the port is not a number from 1 to 65535");
    }
    url.port = static_cast<std::uint16_t>(number);
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  url.base_path = rest;
  return url;
}

}  // namespace dyno::http
