#include "dyno/http/redact.h"

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

TEST(Redact, NamesThatTell) {
  for (const auto* name : {"Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "api_key",
                           "password", "access_token", "X-Auth-Token", "client_secret", "key",
                           "Proxy-Authorization", "sessionid", "aws_credentials", "Credential"}) {
    EXPECT_TRUE(is_secret_name(name)) << name;
  }
  for (const auto* name :
       {"Content-Type", "name", "keyboard", "author", "page", "status", "max_tokens",
        "Check credentials", "credentials_found", "log in with a password"}) {
    EXPECT_FALSE(is_secret_name(name)) << name;
  }
}

TEST(Redact, Urls) {
  EXPECT_EQ(redacted_url("/a?token=abc&page=2&api_key=x=y"), "/a?token=***&page=2&api_key=***");
  EXPECT_EQ(redacted_url("https://bob:p@ss@host:1/a?b=c"), "https://***@host:1/a?b=c");
  EXPECT_EQ(redacted_url("http://host/a@b"), "http://host/a@b");
  EXPECT_EQ(redacted_url("/plain?flag&x="), "/plain?flag&x=");
  EXPECT_EQ(redacted_url(""), "");
}

TEST(Redact, Heads) {
  EXPECT_EQ(redacted_head("GET /a?token=t HTTP/1.1\r\nHost: h\r\nCOOKIE: a=b\r\n"
                          "Location: /x?sig=1\r\n\r\n"),
            "GET /a?token=*** HTTP/1.1\r\nHost: h\r\nCOOKIE: ***\r\nLocation: /x?sig=***\r\n\r\n");
  EXPECT_EQ(redacted_head("HTTP/1.1 200 OK\r\nSet-Cookie: sid=1"),
            "HTTP/1.1 200 OK\r\nSet-Cookie: ***\n");
  EXPECT_EQ(redacted_head(""), "");
}

TEST(Redact, Bodies) {
  EXPECT_EQ(redacted_body(R"({"user": "u", "password": "p\"w", "n": [{"api_key": 5}, 1]})"),
            R"({"user": "u", "password": "***", "n": [{"api_key": "***"}, 1]})");
  EXPECT_EQ(redacted_body(R"({"token": {"a": ["]"]}, "b": 1})"), R"({"token": "***", "b": 1})");
  EXPECT_EQ(redacted_body(R"({"task": {"Find credentials": {"password": "x"}}, "secret": null})"),
            R"({"task": {"Find credentials": {"password": "***"}}, "secret": null})");
  EXPECT_EQ(redacted_body(R"({"credentials_found": 3, "credentials": {"user": "u"}})"),
            R"({"credentials_found": 3, "credentials": "***"})");
  EXPECT_EQ(redacted_body(R"({"token")"), R"({"token")");
  EXPECT_EQ(redacted_body(R"({"token":)"), R"({"token":)");
  EXPECT_EQ(redacted_body("user=u&password=p%20w&x=1"), "user=u&password=***&x=1");
  EXPECT_EQ(redacted_body("a = b, token=x"), "a = b, token=x");
  EXPECT_EQ(redacted_body(""), "");
}

}  // namespace
}  // namespace dyno::http
