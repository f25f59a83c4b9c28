#include "dyno/http/render.h"

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

std::string rendered(const Request& request, Settings settings = {}) {
  const auto destination =
      make_destination(parse_url("http://127.0.0.1:81/api").value(), std::move(settings));
  std::string wire;
  render(request, destination.value(), wire);
  return wire;
}

Settings with(std::vector<std::pair<std::string, std::string>> headers) {
  Settings settings;
  settings.headers = std::move(headers);
  return settings;
}

TEST(Render, ARequestWithTheRunsHeaders) {
  EXPECT_EQ(rendered({.path = "/x?y"}, with({{"User-Agent", "u"}, {"X-Run", "1"}})),
            "GET /api/x?y HTTP/1.1\r\nHost: 127.0.0.1:81\r\nAccept: */*\r\nUser-Agent: u\r\n"
            "X-Run: 1\r\n\r\n");
}

TEST(Render, HeadersOfRequestAndOptionsAddUp) {
  const Header headers[] = {{"X-A", "1"}, {"X-B", "2"}};
  const Header more[] = {{"X-C", "3"}};
  EXPECT_EQ(rendered({.headers = headers, .more_headers = more}, with({{"User-Agent", "u"}})),
            "GET /api/ HTTP/1.1\r\nHost: 127.0.0.1:81\r\nAccept: */*\r\nUser-Agent: u\r\n"
            "X-A: 1\r\nX-B: 2\r\nX-C: 3\r\n\r\n");
}

TEST(Render, TheNearestHeaderOfANameIsSent) {
  const Header headers[] = {{"user-agent", "request"}, {"X-A", "request"}, {"host", "other"}};
  const Header more[] = {{"x-a", "options"}, {"accept", "text/html"}, {"content-type", "mine"}};
  EXPECT_EQ(rendered({.method = "POST",
                      .body = "b",
                      .content_type = "theirs",
                      .headers = headers,
                      .more_headers = more},
                     with({{"User-Agent", "run"}, {"X-A", "run"}, {"X-R", "run"}})),
            "POST /api/ HTTP/1.1\r\nX-R: run\r\nuser-agent: request\r\nhost: other\r\n"
            "x-a: options\r\naccept: text/html\r\ncontent-type: mine\r\nContent-Length: 1\r\n\r\n"
            "b");
}

TEST(Render, CredentialsOfTheRunAreAHeaderThatARequestMayReplace) {
  Settings settings = with({{"User-Agent", "u"}, {"Accept", "a"}});
  settings.credentials = basic("Aladdin", "open sesame").value();
  EXPECT_EQ(rendered({}, settings),
            "GET /api/ HTTP/1.1\r\nHost: 127.0.0.1:81\r\nUser-Agent: u\r\nAccept: a\r\n"
            "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
  const Header own[] = {{"Authorization", "Own x"}};
  EXPECT_EQ(rendered({.headers = own}, settings),
            "GET /api/ HTTP/1.1\r\nHost: 127.0.0.1:81\r\nUser-Agent: u\r\nAccept: a\r\n"
            "Authorization: Own x\r\n\r\n");
}

TEST(Render, WhatWouldBeSentTwiceIsRefused) {
  const Url url = parse_url("http://127.0.0.1:81").value();
  Settings both = with({{"authorization", "Own topsecret"}});
  both.credentials = bearer("topsecret").value();
  const auto refused = make_destination(url, both);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message.find("topsecret"), std::string::npos);
  Settings cookies = with({{"cookie", "a=b"}});
  EXPECT_TRUE(make_destination(url, cookies).ok());
  cookies.cookies = true;
  EXPECT_FALSE(make_destination(url, cookies).ok());
}

}  // namespace
}  // namespace dyno::http
