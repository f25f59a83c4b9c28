// The cookies of one virtual user: RFC 6265 as a browser follows it, in memory. It holds no list of
// public suffixes: dyno talks to one service, to which alone the cookies go back. SameSite and
// other later attributes are ignored, as that RFC says of those it does not know.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dyno::http {

// Calendar time of cookies: seconds, so that the year 9999 fits.
using CookieTime = std::chrono::sys_seconds;

// What a cookie is stored from, or sent to.
struct CookieOrigin {
  std::string_view host;  // lower case, without port and brackets
  std::string_view path;  // of the request; a query is ignored
  bool secure = false;    // over TLS
};

struct Cookie {
  std::string name;
  std::string value;
  std::string domain;
  std::string path;
  bool host_only = true;
  bool secure = false;
  bool http_only = false;
  std::optional<CookieTime> expires;  // none: until the jar is emptied
  std::uint64_t created = 0;          // order among the cookies of the jar
  std::uint64_t used = 0;
};

class CookieJar {
 public:
  // More cookies than `most` push out the one that was not used for longest; a Set-Cookie line
  // longer than `longest` bytes is ignored. RFC 6265, section 6.1, asks for at least 50 and 4096.
  static constexpr std::size_t most = 100;
  static constexpr std::size_t longest = 8192;

  // Takes the value of a Set-Cookie header (section 5.2 and 5.3). Whether there is a cookie of that
  // name afterwards: not when it is malformed, of another domain, or has expired, which deletes.
  bool store(std::string_view set_cookie, const CookieOrigin& from, CookieTime now);

  // Every Set-Cookie line of a head as received.
  void store_all(std::string_view head, const CookieOrigin& from, CookieTime now);

  // The value of a Cookie header (section 5.4): "a=1; b=2", longer paths first, then older ones
  // first. Empty when there is none to send.
  std::string header(const CookieOrigin& to, CookieTime now);

  // By the journey itself: a cookie for `path` and what is below it, until the jar is emptied.
  // What is in the way of a header line (controls, ';') makes it throw std::invalid_argument.
  void set(std::string_view name, std::string_view value, std::string_view path = "/");

  // The value of the first cookie of that name, the longest path first; nothing when there is none.
  std::optional<std::string> get(std::string_view name) const;

  // Whether there was one.
  bool remove(std::string_view name);
  void clear() { cookies_.clear(); }
  std::size_t size() const { return cookies_.size(); }

 private:
  void put(Cookie cookie);
  void forget_expired(CookieTime now);

  std::vector<Cookie> cookies_;
  std::uint64_t serial_ = 0;
};

// Reads a date as cookies have it (section 5.1.1), which is nearly any; nothing when it is none.
std::optional<CookieTime> parse_cookie_date(std::string_view text);

// Sections 5.1.3 and 5.1.4. `domain` and `host` in lower case.
bool domain_matches(std::string_view host, std::string_view domain);
bool path_matches(std::string_view request_path, std::string_view cookie_path);
std::string_view default_cookie_path(std::string_view request_path);

}  // namespace dyno::http
