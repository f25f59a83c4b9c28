#include "dyno/http/cookies.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

using namespace std::chrono_literals;

constexpr CookieTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;

CookieOrigin at(std::string_view path, std::string_view host = "shop.example.com",
                bool secure = false) {
  return {.host = host, .path = path, .secure = secure};
}

std::int64_t seconds_of(std::string_view date) {
  const auto time = parse_cookie_date(date);
  return time ? time->time_since_epoch().count() : -1;
}

TEST(CookieDate, AllFormsOfOneTime) {
  // The three of RFC 9110, section 5.6.7, and what else the algorithm of RFC 6265 reads.
  for (const char* const text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "06 Nov 1994 08:49:37", "1994 Nov 6 8:49:37",
        "nOVEMBER 6th, 94 08:49:37.5 UTC+2", "08:49:37 06-nov-1994", "6/Nov/1994/08:49:37x",
        "06 Nov 1994 08:49:37 2001 7 Dec 11:11:11"}) {
    EXPECT_EQ(seconds_of(text), 784'111'777) << text;
  }
}

TEST(CookieDate, YearsOfTwoDigits) {
  EXPECT_EQ(seconds_of("1 Jan 70 00:00:00"), 0);
  EXPECT_EQ(seconds_of("1 Jan 69 00:00:00"), 3'124'224'000);
  EXPECT_EQ(seconds_of("1 Jan 00 00:00:00"), 946'684'800);
  EXPECT_EQ(seconds_of("1 Jan 99 00:00:00"), 915'148'800);
  EXPECT_EQ(seconds_of("31 Dec 9999 23:59:59"), 253'402'300'799);
}

TEST(CookieDate, WhatIsNone) {
  for (const char* const text :
       {"", "never", "06 Nov 1994", "08:49:37", "Nov 1994 08:49:37", "06 1994 08:49:37",
        "06 Nov 08:49:37", "32 Nov 1994 08:49:37", "0 Nov 1994 08:49:37", "31 Nov 1994 08:49:37",
        "29 Feb 1995 08:49:37", "06 Nov 1600 08:49:37", "06 Nov 1994 24:00:00",
        "06 Nov 1994 08:60:00", "06 Nov 1994 08:49:60", "06 Nov 19944 08:49:37",
        "06 Nov 1994 08:49", "06 Nov 1994 008:49:37", "006 Nov 1994 08:49:37"}) {
    EXPECT_EQ(parse_cookie_date(text), std::nullopt) << text;
  }
}

TEST(Cookies, MatchDomains) {
  EXPECT_TRUE(domain_matches("example.com", "example.com"));
  EXPECT_TRUE(domain_matches("a.b.example.com", "example.com"));
  EXPECT_FALSE(domain_matches("badexample.com", "example.com"));
  EXPECT_FALSE(domain_matches("example.com", "a.example.com"));
  EXPECT_TRUE(domain_matches("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(domain_matches("127.0.0.1", "0.0.1"));
}

TEST(Cookies, MatchPaths) {
  EXPECT_TRUE(path_matches("/a", "/a"));
  EXPECT_TRUE(path_matches("/a/b", "/a"));
  EXPECT_TRUE(path_matches("/a/b", "/a/"));
  EXPECT_TRUE(path_matches("/anything", "/"));
  EXPECT_FALSE(path_matches("/ab", "/a"));
  EXPECT_FALSE(path_matches("/a", "/a/"));
}

TEST(Cookies, DefaultPaths) {
  EXPECT_EQ(default_cookie_path("/a/b/c"), "/a/b");
  EXPECT_EQ(default_cookie_path("/a"), "/");
  EXPECT_EQ(default_cookie_path("/a/"), "/a");
  EXPECT_EQ(default_cookie_path("/"), "/");
  EXPECT_EQ(default_cookie_path(""), "/");
  EXPECT_EQ(default_cookie_path("x/y"), "/");
}

// The exchanges of RFC 6265, section 3.1.
TEST(Cookies, TheExamplesOfTheRfc) {
  CookieJar jar;
  jar.store("SID=31d4d96e407aad42", at("/"), now);
  EXPECT_EQ(jar.header(at("/"), now), "SID=31d4d96e407aad42");
  jar.clear();

  jar.store("SID=31d4d96e407aad42; Path=/; Domain=example.com", at("/", "www.example.com"), now);
  EXPECT_EQ(jar.header(at("/", "example.com"), now), "SID=31d4d96e407aad42");
  EXPECT_EQ(jar.header(at("/", "ftp.example.com"), now), "SID=31d4d96e407aad42");
  jar.clear();

  jar.store("SID=31d4d96e407aad42; Path=/; Secure; HttpOnly", at("/", "x", true), now);
  jar.store("lang=en-US; Path=/; Domain=x", at("/", "x", true), now);
  EXPECT_EQ(jar.header(at("/", "x", true), now), "SID=31d4d96e407aad42; lang=en-US");
  EXPECT_EQ(jar.header(at("/", "x", false), now), "lang=en-US");

  jar.store("lang=en-US; Expires=Wed, 09 Jun 2027 10:18:14 GMT", at("/", "x", true), now);
  EXPECT_TRUE(jar.get("lang"));
  EXPECT_FALSE(jar.store("lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT", at("/", "x", true), now));
  EXPECT_EQ(jar.header(at("/", "x", true), now), "SID=31d4d96e407aad42");
}

TEST(Cookies, ADomainIsOfTheHostOrRefused) {
  CookieJar jar;
  EXPECT_TRUE(jar.store("a=1", at("/"), now));
  EXPECT_TRUE(jar.store("b=2; Domain=.Example.COM", at("/"), now));
  EXPECT_FALSE(jar.store("c=3; Domain=other.com", at("/"), now));
  EXPECT_FALSE(jar.store("d=4; Domain=deep.shop.example.com", at("/"), now));
  EXPECT_TRUE(jar.store("e=5; Domain=", at("/"), now));
  EXPECT_FALSE(jar.store("f=6; Domain=1", at("/", "127.0.0.1"), now));
  EXPECT_EQ(jar.header(at("/"), now), "a=1; b=2; e=5");
  EXPECT_EQ(jar.header(at("/", "cart.example.com"), now), "b=2");  // the others are of one host
  EXPECT_EQ(jar.header(at("/", "example.org"), now), "");
}

TEST(Cookies, LongerPathsGoFirstThenOlderCookies) {
  CookieJar jar;
  jar.store("a=1; Path=/", at("/x/y/z"), now);
  jar.store("b=2; Path=/x/y", at("/x/y/z"), now);
  jar.store("c=3; Path=/", at("/x/y/z"), now);
  jar.store("d=4; Path=relative", at("/x/y/z?q=/1/2/3"), now);  // of the default path, /x/y
  jar.store("a=5; Path=/", at("/x/y/z"), now);                  // changed, not younger
  EXPECT_EQ(jar.header(at("/x/y/z"), now), "b=2; d=4; a=5; c=3");
  EXPECT_EQ(jar.header(at("/x?q=/y"), now), "a=5; c=3");
}

TEST(Cookies, MaxAgeGoesBeforeExpires) {
  CookieJar jar;
  jar.store("a=1; Max-Age=60; Expires=Sun, 06 Nov 1994 08:49:37 GMT", at("/"), now);
  jar.store("b=2; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=60", at("/"), now);
  jar.store("c=3; Max-Age=sixty; Expires=Sat, 21 Nov 2026 12:02:00 GMT", at("/"), now);
  jar.store("d=4; Max-Age=99999999999999999999999", at("/"), now);
  jar.store("e=5; Expires=some day", at("/"), now);  // an attribute that is none: ignored
  EXPECT_EQ(jar.header(at("/"), now + 59s), "a=1; b=2; c=3; d=4; e=5");
  EXPECT_EQ(jar.header(at("/"), now + 60s), "c=3; d=4; e=5");
  EXPECT_EQ(jar.header(at("/"), now + 1000h), "d=4; e=5");
  EXPECT_EQ(jar.size(), 2u);
  EXPECT_FALSE(jar.store("d=; Max-Age=0", at("/"), now));
  EXPECT_FALSE(jar.store("e=; max-age=-1", at("/"), now));
  EXPECT_EQ(jar.size(), 0u);
}

TEST(Cookies, WhatIsMalformedIsIgnored) {
  CookieJar jar;
  for (const char* const line :
       {"", ";", "name", "=value", " = value; Path=/", "; a=1", "a=1\rX: y"}) {
    EXPECT_FALSE(jar.store(line, at("/"), now)) << line;
  }
  EXPECT_TRUE(jar.store("  a \t=  b=c \"d\" ;;; ; Path ; =; Secure=no", at("/", "x", true), now));
  EXPECT_EQ(jar.header(at("/", "x", true), now), "a=b=c \"d\"");
  EXPECT_EQ(jar.header(at("/", "x"), now), "");  // Secure, whatever its value
  EXPECT_TRUE(jar.store("empty=", at("/"), now));
  EXPECT_EQ(jar.get("empty"), "");
}

TEST(Cookies, TheJarIsLimited) {
  CookieJar jar;
  EXPECT_FALSE(jar.store("big=" + std::string(CookieJar::longest, 'x'), at("/"), now));
  for (std::size_t i = 0; i < CookieJar::most; ++i) {
    jar.store("n" + std::to_string(i) + "=1" + (i == 0 ? "; Path=/used" : ""), at("/"), now);
  }
  jar.header(at("/used"), now);  // all are of use there, …
  jar.header(at("/"), now);      // … and all but the first here
  jar.store("gone=1; Max-Age=0", at("/"), now);
  EXPECT_EQ(jar.size(), CookieJar::most);
  jar.store("one=more", at("/"), now);
  EXPECT_EQ(jar.size(), CookieJar::most);
  EXPECT_FALSE(jar.get("n0"));
  EXPECT_TRUE(jar.get("n1"));
}

TEST(Cookies, ReadsEverySetCookieLineOfAHead) {
  CookieJar jar;
  jar.store_all(
      "HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nX-Cookie: no=1\r\nSet-Cookie:b=2; Path=/q\r\n"
      "Set-Cookie: c=3",
      at("/"), now);
  EXPECT_EQ(jar.header(at("/q/r"), now), "b=2; a=1; c=3");
}

TEST(Cookies, AJourneySetsReadsAndClears) {
  CookieJar jar;
  jar.set("session", "mine");
  jar.set("session", "deeper", "/api");
  EXPECT_EQ(jar.header(at("/api/x"), now), "session=deeper; session=mine");
  EXPECT_EQ(jar.get("session"), "deeper");
  EXPECT_EQ(jar.get("none"), std::nullopt);
  jar.store("session=theirs; Path=/", at("/"), now);  // the service may replace it
  EXPECT_EQ(jar.header(at("/"), now), "session=theirs");
  EXPECT_TRUE(jar.remove("session"));
  EXPECT_FALSE(jar.remove("session"));
  EXPECT_THROW(jar.set("a;b", "c"), std::invalid_argument);
  EXPECT_THROW(jar.set("a", "b\r\nX: y"), std::invalid_argument);
  EXPECT_THROW(jar.set("", "b"), std::invalid_argument);
  EXPECT_THROW(jar.set("a", "b", "api"), std::invalid_argument);
}

}  // namespace
}  // namespace dyno::http
