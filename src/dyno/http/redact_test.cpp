#include "dyno/http/redact.h"

#include <gtest/gtest.h>

#include "dyno/http/secret_names.h"

namespace dyno::http {
namespace {

TEST(Redact, NamesThatTell) {
  for (const auto* name : {"Authorization",
                           "Proxy-Authorization",
                           "X-Forwarded-Authorization",
                           "Cookie",
                           "Set-Cookie",
                           "X-Api-Key",
                           "api_key",
                           "apikey",
                           "apiKey",
                           "X-Goog-Api-Key",
                           "DD-API-KEY",
                           "X-Parse-REST-API-Key",
                           "X-RapidAPI-Key",
                           "X-Auth-Key",
                           "X-Key",
                           "X-Functions-Key",
                           "Ocp-Apim-Subscription-Key",
                           "X-Auth",
                           "X-Authentication",
                           "X-Auth-Token",
                           "X-Vault-Token",
                           "Private-Token",
                           "PRIVATE-TOKEN",
                           "X-CSRF-Token",
                           "X-XSRF",
                           "X-Amz-Security-Token",
                           "X-Amz-Signature",
                           "X-Amz-Credential",
                           "AWSAccessKeyId",
                           "X-Hub-Signature-256",
                           "Mcp-Session-Id",
                           "X-Amzn-Oidc-Data",
                           "Cf-Access-Jwt-Assertion",
                           "password",
                           "passwd",
                           "pwd",
                           "db_pwd",
                           "pass",
                           "user_pass",
                           "passphrase",
                           "password2",
                           "user[password]",
                           "access_token",
                           "accessToken",
                           "refresh_token",
                           "refresh_tokens",
                           "id_token",
                           "client_secret",
                           "clientSecret",
                           "session_secret",
                           "token",
                           "token_secret",
                           "secretKey",
                           "private_key",
                           "jwt",
                           "X-JWT",
                           "sig",
                           "sas",
                           "hmac",
                           "otp",
                           "sid",
                           "connect.sid",
                           "sessionid",
                           "PHPSESSID",
                           "JSESSIONID",
                           "ASP.NET_SessionId",
                           "laravel_session",
                           "aws_credentials",
                           "Credential",
                           "credentials",
                           "AccountKey",
                           "connectionString",
                           "client_assertion",
                           "code_verifier",
                           "device_code"}) {
    EXPECT_TRUE(is_secret_name(name)) << name;
  }
  for (const auto* name : {"Content-Type",
                           "name",
                           "key",
                           "keys",
                           "code",
                           "keyboard",
                           "monkey",
                           "turkey",
                           "author",
                           "authority",
                           "page",
                           "status",
                           "passed",
                           "compass",
                           "bypass",
                           "design",
                           "signal",
                           "sidebar",
                           "sized",
                           "codec",
                           "jwtless",
                           "cache_key",
                           "cacheKey",
                           "primary_key",
                           "sort_key",
                           "public_key",
                           "X-Cache-Key",
                           "Idempotency-Key",
                           "Sec-WebSocket-Key",
                           "Key-Pair-Id",
                           "max_tokens",
                           "maxTokens",
                           "maxtokens",
                           "tokens",
                           "input_tokens",
                           "prompt_tokens",
                           "prompt_tokens_details",
                           "tokens_per_second",
                           "token_count",
                           "tokenCount",
                           "token_type",
                           "tokenizer",
                           "expires_in",
                           "token_expires_in",
                           "secretary",
                           "sessions",
                           "active_sessions",
                           "session_count",
                           "session_timeout",
                           "password_required",
                           "password_length",
                           "signed_headers",
                           "X-Amz-SignedHeaders",
                           "X-Amz-Date",
                           "Check credentials",
                           "credentials_found",
                           "log in with a password",
                           "",
                           "-"}) {
    EXPECT_FALSE(is_secret_name(name)) << name;
  }
}

TEST(Redact, Urls) {
  EXPECT_EQ(redacted_url("/a?token=abc&page=2&api_key=x=y"), "/a?token=***&page=2&api_key=***");
  EXPECT_EQ(redacted_url("https://bob:p@ss@host:1/a?b=c"), "https://***@host:1/a?b=c");
  EXPECT_EQ(redacted_url("http://host/a@b"), "http://host/a@b");
  EXPECT_EQ(redacted_url("http://host:80/a@b"), "http://host:80/a@b");
  EXPECT_EQ(redacted_url("http://[::1]/a@b"), "http://[::1]/a@b");
  EXPECT_EQ(redacted_url("x://u:p/w?a#@h/b@c"), "x://***@c");
  EXPECT_EQ(redacted_url("redis://:12/34@h"), "redis://***@h");
  EXPECT_EQ(redacted_url("/cb?code=1&key=2&api%5Fkey=3#id_token=4&state=5"),
            "/cb?code=***&key=***&api%5Fkey=***#id_token=***&state=5");
  EXPECT_EQ(redacted_url("/plain?flag&x="), "/plain?flag&x=");
  EXPECT_EQ(redacted_url(""), "");
}

TEST(Redact, AddressesThatAreNoUrls) {
  EXPECT_EQ(redacted_address("mysql://u:1/2@h/n?token=x"), "mysql://***@h/n?token=***");
  EXPECT_EQ(redacted_address("u:p@h:1"), "***@h:1");
  EXPECT_EQ(redacted_address("http:/u:p@h"), "***@h");
  EXPECT_EQ(redacted_address("u:p@http://h"), "***@http://h");
  EXPECT_EQ(redacted_address("u:p://x@h"), "***@h");
  EXPECT_EQ(redacted_address("127.0.0.1:8000"), "127.0.0.1:8000");
}

TEST(Redact, Heads) {
  EXPECT_EQ(redacted_head("GET /a?token=t HTTP/1.1\r\nHost: h\r\nCOOKIE: a=b\r\n"
                          "Location: /x?sig=1\r\n\r\n"),
            "GET /a?token=*** HTTP/1.1\r\nHost: h\r\nCOOKIE: ***\r\nLocation: /x?sig=***\r\n\r\n");
  EXPECT_EQ(redacted_head("HTTP/1.1 200 OK\r\nSet-Cookie: sid=1"),
            "HTTP/1.1 200 OK\r\nSet-Cookie: ***\n");
  EXPECT_EQ(redacted_head("HTTP/1.1 200 OK\r\nX-Auth-Key: a\r\n b\r\nAge: 1\r\nX-Who: Bearer a\r\n"
                          "WWW-Authenticate: Basic realm=\"x\"\r\nReferer: http://u:p@h/\r\n"
                          "Location: /#access_token=a\r\nTitle: basic things first\r\n"),
            "HTTP/1.1 200 OK\r\nX-Auth-Key: ***\r\nAge: 1\r\nX-Who: ***\r\n"
            "WWW-Authenticate: Basic realm=\"x\"\r\nReferer: http://***@h/\r\n"
            "Location: /#access_token=***\r\nTitle: basic things first\r\n");
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
  EXPECT_EQ(redacted_body("user=u&password=p w\n"), "user=u&password=***\n");
  EXPECT_EQ(redacted_body(R"({"error": {"code": 5, "key": "k"}, "max_tokens": 9})"),
            R"({"error": {"code": 5, "key": "k"}, "max_tokens": 9})");
  EXPECT_EQ(redacted_body(R"({"db": "pg://u:p@h/n", "next": "/a?sig=1", "n": "a@b"})"),
            R"({"db": "pg://***@h/n", "next": "/a?sig=***", "n": "a@b"})");
  EXPECT_EQ(redacted_body(R"({"text": "{\"token\": \"a\\\"b\",\n \"n\": 1}"})"),
            R"({"text": "{\"token\": \"***\",\n \"n\": 1}"})");
  EXPECT_EQ(redacted_body("see http://u:p@h/x, or not"), "see http://***@h/x, or not");
  EXPECT_EQ(redacted_body(""), "");
}

TEST(Redact, BodiesLineByLine) {
  EXPECT_EQ(redacted_body("event: login\ndata: {\"token\": \"a\", \"n\": 1}\n\ndata: [DONE]\n\n"),
            "event: login\ndata: {\"token\": \"***\", \"n\": 1}\n\ndata: [DONE]\n\n");
  EXPECT_EQ(redacted_body(": hi\r\ndata:{\r\ndata: \"api_key\": \"a\",\r\ndata:}\r\n\r\n"),
            ": hi\r\ndata:{\r\ndata: \"api_key\": \"***\",\r\ndata:}\r\n\r\n");
  EXPECT_EQ(redacted_body("data: token=a&n=1\n\n"), "data: token=***&n=1\n\n");
  EXPECT_EQ(redacted_body("{\"token\":\"a\"}\n{\"secret\":\"b\"}\n{\"n\":1}"),
            "{\"token\":\"***\"}\n{\"secret\":\"***\"}\n{\"n\":1}");
  EXPECT_EQ(redacted_body("log 7\"\n{\"token\":\"a\"}\n"), "log 7\"\n{\"token\":\"***\"}\n");
  EXPECT_EQ(
      redacted_body("--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\np\r\nq\r\n"
                    "--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n--x--\r\n"),
      "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n***\r\n"
      "--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n--x--\r\n");
}

TEST(Redact, AddressesInQueriesAndLists) {
  EXPECT_EQ(redacted_url("/login?token=a&next=http://u:p@h/"),
            "/login?token=***&next=http://***@h/");
  EXPECT_EQ(redacted_url("http://proxy/?url=http://u:p@h/"), "http://proxy/?url=http://***@h/");
  EXPECT_EQ(redacted_url("nats://u:p@a:1,nats://u:q@b:2"), "nats://***@a:1,nats://***@b:2");
  EXPECT_EQ(redacted_url("/a?next=http://h:1/&code=5"), "/a?next=http://h:1/&code=***");
}

TEST(Redact, PairsPartedInOtherWays) {
  EXPECT_EQ(redacted_url("/a?token=b?c&d=1"), "/a?token=***&d=1");
  EXPECT_EQ(redacted_url("/a?b=1;token=c"), "/a?b=1;token=***");
  EXPECT_EQ(redacted_url("/a?%20token=c"), "/a?%20token=***");
  EXPECT_EQ(redacted_address("host=h user=u password=p"), "host=h user=u password=***");
  EXPECT_EQ(redacted_address("jdbc:sqlserver://h:1;user=u;password=p"),
            "jdbc:sqlserver://h:1;user=u;password=***");
  EXPECT_EQ(redacted_url("</a?b=1>; rel=\"n\", </c?code=5>"), "</a?b=1>; rel=\"n\", </c?code=***");
  EXPECT_EQ(redacted_body("j_idt5:user=u&j_idt5:password=p"), "j_idt5:user=u&j_idt5:password=***");
  EXPECT_EQ(redacted_body("host=h user=u password=p"), "host=h user=u password=***");
  EXPECT_EQ(redacted_body("grant_type=x&assertion=a"), "grant_type=x&assertion=***");
}

TEST(Redact, EscapesOfJsonAreWhatTheyMean) {
  EXPECT_EQ(redacted_body(R"({"next":"/a?p=1\u0026token=b","n":"x\u0026y"})"),
            R"({"next":"/a?p=1&token=***","n":"x\u0026y"})");
  EXPECT_EQ(redacted_body(R"({"u":"http:\/\/u:p@h\/x","v":"a\/b"})"),
            R"({"u":"http://***@h/x","v":"a\/b"})");
  EXPECT_EQ(redacted_body(R"({"t":"{\u0022token\u0022:\u0022a\u0022}"})"),
            R"({"t":"{\"token\":\"***\"}"})");
  EXPECT_EQ(redacted_body(R"({"pass\u0077ord":"a"})"), R"({"pass\u0077ord":"***"})");
  EXPECT_EQ(redacted_body(R"({"text": "{\"password\": \"a)"),
            R"({"text": "{\"password\": \"***\")");
}

TEST(Redact, FormsWithinJson) {
  EXPECT_EQ(
      redacted_body(
          R"({"data":"user=u&password=p","dsn":"host=h password=p","d":"Server=h;Password=p;"})"),
      R"({"data":"user=u&password=***","dsn":"host=h password=***","d":"Server=h;Password=***"})");
  for (const auto* shown :
       {R"({"error":"status=500 code=E key=k","see":"code=5","plan":"Basic plan"})",
        R"({"why":"token: expired","h":["Authorization","Bearer a"],"m":"x = y, Bearer of news"})"})
    EXPECT_EQ(redacted_body(shown), shown);
}

TEST(Redact, HeadsInBodiesAndOddHeads) {
  EXPECT_EQ(redacted_body("TRACE / HTTP/1.1\r\nAuthorization: Bearer a\r\nHost: h\r\n"),
            "TRACE / HTTP/1.1\r\nAuthorization: ***\r\nHost: h\r\n");
  EXPECT_EQ(redacted_head("GET / HTTP/1.1\r\nX-Api-Key : a\r\nX-Who: Bearer  a \r\n"
                          "Link: </a?b=1>; rel=\"n\", <http://u:p@h/?token=t>\r\n"),
            "GET / HTTP/1.1\r\nX-Api-Key : ***\r\nX-Who: ***\r\n"
            "Link: </a?b=1>; rel=\"n\", <http://***@h/?token=***\r\n");
}

TEST(Redact, PartsOfAFormOfAnyKind) {
  const std::string head = "--x\r\nContent-Disposition: form-data; ";
  EXPECT_EQ(redacted_body(head + "name=\"private_key\"\r\n\r\n-----BEGIN KEY-----\r\nabc\r\n"
                                 "-----END KEY-----\r\n--x--\r\n"),
            head + "name=\"private_key\"\r\n\r\n***\r\n--x--\r\n");
  EXPECT_EQ(redacted_body(head + "filename=\"n\"; name=password\r\n\r\np\r\n--x--\r\n"),
            head + "filename=\"n\"; name=password\r\n\r\n***\r\n--x--\r\n");
}

TEST(Redact, NamesOfOneWordAndOfMeasures) {
  for (const auto* name : {"authkey", "appkey", "pw", "user_pw"})
    EXPECT_TRUE(is_secret_name(name)) << name;
  for (const auto* name : {"hotkey", "xy", "time_to_first_token", "token_per_second",
                           "input_token_details", "cost_per_token", "token_endpoint"})
    EXPECT_FALSE(is_secret_name(name)) << name;
}

}  // namespace
}  // namespace dyno::http
