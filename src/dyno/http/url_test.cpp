#include "dyno/http/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/address.h"
#include "dyno/http/connector.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {
namespace {

using testing::HasSubstr;

TEST(Url, SchemeHostPortAndPath) {
  const auto url = parse_url("http://localhost:8000/api/v1/");
  ASSERT_TRUE(url.ok());
  EXPECT_FALSE(url->tls);
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, 8000);
  EXPECT_EQ(url->base_path, "/api/v1");
  EXPECT_EQ(url->text(), "http://localhost:8000/api/v1");
  EXPECT_EQ(url->authority(), "localhost:8000");
}

TEST(Url, PortsOfTheSchemesAreLeftOut) {
  EXPECT_EQ(parse_url("http://a").value().port, 80);
  EXPECT_EQ(parse_url("https://a/").value().port, 443);
  EXPECT_EQ(parse_url("https://a:443/").value().text(), "https://a");
  EXPECT_EQ(parse_url("https://a:80").value().authority(), "a:80");
}

TEST(Url, IPv6InBrackets) {
  const auto url = parse_url("http://[::1]:8003");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8003);
  EXPECT_EQ(url->text(), "http://[::1]:8003");
}

TEST(Url, WhatIsWrongIsSaid) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "does not begin with http://"},
      {"localhost:8000", "does not begin with http://"},
      {"ftp://a", "does not begin with http://"},
      {"http://", "host is missing"},
      {"http://:80", "host is missing"},
      {"http://a:", "port"},
      {"http://a:0", "port"},
      {"http://a:65536", "port"},
      {"http://a:8x", "port"},
      {"http://a:-1", "port"},
      {"http://[::1", "bracket"},
      {"http://[::1]x", "port"},
      {"http://[[ab]", "bracket"},
      {"http://a]b", "bracket"},
      {"http://a/?q=1", "query"},
      {"http://a#f", "query"},
      {"http://a b", "space"},
      {"http://a\r\nb", "space"},
      {"http://me:secret@a", "user and password"}};
  for (const auto& [text, what] : cases) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_THAT(url.error().message, HasSubstr(what)) << text;
    EXPECT_THAT(url.error().message, testing::Not(HasSubstr("secret")));
  }
}

TEST(Address, OfTheLoopback) {
  const auto addresses = resolve("127.0.0.1", 8000);
  ASSERT_TRUE(addresses.ok());
  EXPECT_EQ(addresses->front().text(), "127.0.0.1:8000");
  EXPECT_EQ(resolve("::1", 80).value().front().text(), "[::1]:80");
}

TEST(Address, AHostThatIsNoNameIsAnError) {
  const auto addresses = resolve("no such host", 80);
  ASSERT_FALSE(addresses.ok());
  EXPECT_THAT(addresses.error().message, HasSubstr("cannot find the host 'no such host'"));
}

TEST(Address, TryingToConnectSaysWhyNot) {
  std::string url;
  {
    const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
    url = server.url();
    const auto there = make_destination(parse_url(url).value());
    EXPECT_TRUE(try_to_connect(*there, std::chrono::seconds{5}).ok());
  }
  const auto gone = make_destination(parse_url(url).value());
  const auto refused = try_to_connect(*gone, std::chrono::seconds{5});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace dyno::http
