// Whatever is given as a URL, it is refused in one line, or what was understood of it can be
// written down and understood as the same again.
#include <string>
#include <string_view>

#include "dyno/http/url.h"
#include "fuzz.h"

namespace {

bool same(const dyno::http::Url& a, const dyno::http::Url& b) {
  return a.tls == b.tls && a.host == b.host && a.port == b.port && a.base_path == b.base_path;
}

bool breaks_a_line(std::string_view text) {
  return text.find_first_of("\r\n\0") != std::string_view::npos;
}

// Of a text with an @ an error shows its scheme and what stands behind the last @, or nothing.
bool shows_password(const std::string& text, std::string_view message) {
  if (text.find('@') == std::string::npos || message.starts_with("URL: ")) return false;
  const auto hidden = message.find("***@");
  if (hidden == std::string_view::npos) return true;
  const auto scheme = message.substr(0, hidden);
  return !scheme.empty() && (!scheme.ends_with("://") || scheme.find_first_of(":@") + 3 != hidden);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto url = dyno::http::parse_url(text);
  if (!url) {
    const auto& message = url.error().message;
    fuzz::require(!message.empty() && !breaks_a_line(message), "an error is one line");
    fuzz::require(message.size() < 600, "an error is short");
    fuzz::require(!shows_password(text, message), "what may be a password is not shown");
    return 0;
  }
  fuzz::require(!url->host.empty() && url->port != 0, "there are a host and a port");
  fuzz::require(url->host.find_first_of("/?#@ ") == std::string::npos, "a host is a name");
  fuzz::require(
      url->base_path.empty() || (url->base_path.front() == '/' && url->base_path.back() != '/'),
      "a base path begins with a slash and does not end with one");
  fuzz::require(!breaks_a_line(url->authority()), "the Host header is one line");
  const auto again = dyno::http::parse_url(url->text());
  fuzz::require(again && same(*again, *url), "what is written is read as the same");
  return 0;
}
