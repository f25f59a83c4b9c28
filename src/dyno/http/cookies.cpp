#include "dyno/http/cookies.h"

#include <algorithm>
#include <arpa/inet.h>
#include <stdexcept>

#include "dyno/http/message.h"

namespace dyno::http {
namespace {

constexpr CookieTime long_ago = CookieTime::min();
constexpr std::int64_t longest_age = std::int64_t{1} << 40;  // seconds: 34 865 years

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return result;
}

bool is_address(std::string_view host) {
  const std::string text(host);
  in6_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string_view path_of(const CookieOrigin& origin) {
  return origin.path.substr(0, origin.path.find('?'));
}

// Section 5.2.2. Nothing when the attribute is to be ignored.
std::optional<CookieTime> max_age(std::string_view value, CookieTime now) {
  const bool negative = value.starts_with('-');
  const std::string_view digits = value.substr(negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  for (const char c : digits) seconds = std::min(seconds * 10 + (c - '0'), longest_age);
  if (negative || seconds == 0) return long_ago;
  return now + std::chrono::seconds{seconds};
}

// A Set-Cookie line as it is written, before it is decided whether to keep it (section 5.2).
struct Line {
  Cookie cookie;
  std::string domain;                 // empty: none was given
  std::optional<CookieTime> expires;  // of Max-Age, which goes before Expires
  bool has_max_age = false;
};

void take_attribute(std::string_view text, CookieTime now, Line& line) {
  const std::size_t equals = text.find('=');
  const std::string_view name = trimmed(text.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view{} : trimmed(text.substr(equals + 1));
  if (same_name(name, "Expires")) {
    if (line.has_max_age) return;
    if (const auto when = parse_cookie_date(value)) line.expires = when;
  } else if (same_name(name, "Max-Age")) {
    if (const auto when = max_age(value, now)) {
      line.expires = when;
      line.has_max_age = true;
    }
  } else if (same_name(name, "Domain")) {
    if (!value.empty()) line.domain = lower(value.substr(value.starts_with('.') ? 1 : 0));
  } else if (same_name(name, "Path")) {
    line.cookie.path = value.starts_with('/') ? value : std::string_view{};
  } else if (same_name(name, "Secure")) {
    line.cookie.secure = true;
  } else if (same_name(name, "HttpOnly")) {
    line.cookie.http_only = true;
  }
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

// What could not be sent back in a header line is ignored.
std::optional<Line> parse_line(std::string_view text, CookieTime now) {
  if (has_control(text)) return std::nullopt;
  const std::size_t end = text.find(';');
  const std::string_view pair = text.substr(0, end);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Line line;
  line.cookie.name = trimmed(pair.substr(0, equals));
  line.cookie.value = trimmed(pair.substr(equals + 1));
  if (line.cookie.name.empty()) return std::nullopt;
  text.remove_prefix(std::min(end, text.size()));
  while (!text.empty()) {
    text.remove_prefix(1);  // the ';'
    const std::size_t next = std::min(text.find(';'), text.size());
    take_attribute(text.substr(0, next), now, line);
    text.remove_prefix(next);
  }
  return line;
}

// Whether one replaces the other. A journey's own cookies have no domain: they are of any.
bool same_place(const Cookie& a, const Cookie& b) {
  return a.name == b.name && a.path == b.path &&
         (a.domain == b.domain || a.domain.empty() || b.domain.empty());
}

bool fits_on_a_line(std::string_view text) {
  return !has_control(text) && text.find_first_of(";\t") == std::string_view::npos;
}

}  // namespace

bool domain_matches(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.' && !is_address(host);
}

bool path_matches(std::string_view request_path, std::string_view cookie_path) {
  if (!request_path.starts_with(cookie_path)) return false;
  return request_path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         request_path[cookie_path.size()] == '/';
}

std::string_view default_cookie_path(std::string_view request_path) {
  const std::size_t slash = request_path.rfind('/');
  if (!request_path.starts_with('/') || slash == 0) return "/";
  return request_path.substr(0, slash);
}

bool CookieJar::store(std::string_view set_cookie, const CookieOrigin& from, CookieTime now) {
  if (set_cookie.size() > longest) return false;
  std::optional<Line> line = parse_line(set_cookie, now);
  if (!line) return false;
  Cookie& cookie = line->cookie;
  cookie.host_only = line->domain.empty();
  if (!cookie.host_only && !domain_matches(from.host, line->domain)) return false;
  cookie.domain = cookie.host_only ? std::string(from.host) : line->domain;
  if (cookie.path.empty()) cookie.path = default_cookie_path(path_of(from));
  cookie.expires = line->expires;
  const bool lives = !cookie.expires || *cookie.expires > now;
  forget_expired(now);
  if (lives) {
    put(std::move(cookie));
  } else {
    std::erase_if(cookies_, [&](const Cookie& known) { return same_place(known, cookie); });
  }
  return lives;
}

// What was in its place is replaced, and it is as old as that.
void CookieJar::put(Cookie cookie) {
  cookie.created = cookie.used = ++serial_;
  for (Cookie& known : cookies_) {
    if (!same_place(known, cookie)) continue;
    cookie.created = known.created;
    known = std::move(cookie);
    return;
  }
  if (cookies_.size() == most) {
    cookies_.erase(
        std::min_element(cookies_.begin(), cookies_.end(),
                         [](const Cookie& a, const Cookie& b) { return a.used < b.used; }));
  }
  cookies_.push_back(std::move(cookie));
}

void CookieJar::forget_expired(CookieTime now) {
  std::erase_if(cookies_,
                [now](const Cookie& cookie) { return cookie.expires && *cookie.expires <= now; });
}

void CookieJar::store_all(std::string_view head, const CookieOrigin& from, CookieTime now) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && same_name(line.substr(0, colon), "Set-Cookie")) {
      store(trimmed(line.substr(colon + 1)), from, now);
    }
  }
}

std::string CookieJar::header(const CookieOrigin& to, CookieTime now) {
  forget_expired(now);
  std::vector<Cookie*> sent;
  const std::string_view path = path_of(to);
  for (Cookie& cookie : cookies_) {
    const bool domain =
        cookie.domain.empty() ||
        (cookie.host_only ? to.host == cookie.domain : domain_matches(to.host, cookie.domain));
    if (!domain || !path_matches(path, cookie.path) || (cookie.secure && !to.secure)) continue;
    sent.push_back(&cookie);
  }
  std::sort(sent.begin(), sent.end(), [](const Cookie* a, const Cookie* b) {
    if (a->path.size() != b->path.size()) return a->path.size() > b->path.size();
    return a->created < b->created;
  });
  std::string value;
  ++serial_;
  for (Cookie* const cookie : sent) {
    cookie->used = serial_;
    value.append(value.empty() ? "" : "; ").append(cookie->name);
    value.append(1, '=').append(cookie->value);
  }
  return value;
}

void CookieJar::set(std::string_view name, std::string_view value, std::string_view path) {
  if (name.empty() || name.find('=') != std::string_view::npos || !fits_on_a_line(name) ||
      !fits_on_a_line(value) || !path.starts_with('/')) {
    throw std::invalid_argument(
        "a cookie needs a name without '=', no ';' or control character, and a path from '/'");
  }
  Cookie cookie;
  cookie.name = name;
  cookie.value = value;
  cookie.path = path;
  put(std::move(cookie));
}

std::optional<std::string> CookieJar::get(std::string_view name) const {
  const Cookie* found = nullptr;
  for (const Cookie& cookie : cookies_) {
    if (cookie.name != name) continue;
    if (!found || cookie.path.size() > found->path.size()) found = &cookie;
  }
  return found ? std::optional(found->value) : std::nullopt;
}

bool CookieJar::remove(std::string_view name) {
  return std::erase_if(cookies_, [name](const Cookie& cookie) { return cookie.name == name; }) > 0;
}

}  // namespace dyno::http
