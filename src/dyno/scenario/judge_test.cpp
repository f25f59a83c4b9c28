// Whole steps: the bytes that are sent, and what is made of the answer.
#include "dyno/scenario/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/render.h"
#include "dyno/scenario/reader.h"
#include "dyno/scenario/wire.h"

namespace dyno::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;

// The only step of a file whose only task is `step`.
Step step_of(const std::string& step) {
  const auto file = parse_scenario("{\"tasks\": [" + step + "]}", "f.json");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? file->scenario->classes[0].tasks[0].steps[0] : Step{};
}

http::Destination destination() {
  http::Destination there;
  there.url.host = "example.org";
  there.url.base_path = "/api";
  there.common = "Host: example.org\r\nUser-Agent: dyno\r\nAccept: */*\r\n";
  return there;
}

std::string wire(const Step& step, const http::Destination& there = destination()) {
  Random random(1);
  const std::vector<std::string> variables(4, "value");
  std::string out;
  WireRequest(step, there).render({random, 1, 2, variables}, out);
  return out;
}

TEST(Wire, SendsWhatTheClientWouldRender) {
  struct Same {
    std::string step;
    http::Request request;
  };
  const http::Header headers[] = {{"X-A", "b"}};
  const Same cases[] = {{R"({"get": "/a?b=c"})", {.path = "/a?b=c"}},
                        {R"({"head": "/"})", {.method = "HEAD"}},
                        {R"({"delete": "/"})", {.method = "DELETE"}},
                        {R"({"post": "/", "headers": {"X-A": "b"}, "json": {"a": 1}})",
                         {.method = "POST",
                          .body = "{\"a\":1}",
                          .content_type = "application/json",
                          .headers = headers}}};
  for (const auto& [step, request] : cases) {
    std::string expected;
    http::render(request, destination(), expected);
    EXPECT_EQ(wire(step_of(step)), expected);
  }
}

TEST(Wire, CountsABodyThatVaries) {
  for (const std::size_t size : {1u, 50u, 500u, 5000u}) {
    const auto sent =
        wire(step_of(R"({"post": "/", "body": "{{user}})" + std::string(size, 'x') + "\"}"));
    EXPECT_THAT(sent, HasSubstr("\r\nContent-Length: " + std::to_string(size + 1) + "\r\n\r\n1x"))
        << size;
  }
}

TEST(Wire, OwnHeadersReplaceThoseOfAllRequests) {
  const auto sent = wire(step_of(
      R"({"post": "/", "json": 1, "headers": {"accept": "text/html", "content-type": "x/json"}})"));
  EXPECT_THAT(sent, HasSubstr("\r\naccept: text/html\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("Accept:")));
  EXPECT_THAT(sent, Not(HasSubstr("Content-Type:")));
  EXPECT_THAT(sent, HasSubstr("User-Agent: dyno"));
  auto closing = destination();
  closing.settings.new_connection_per_request = true;
  EXPECT_THAT(wire(step_of(R"({"get": "/"})"), closing), HasSubstr("\r\nConnection: close\r\n"));
}

TEST(Wire, KnowsThePathThatWasRendered) {
  const Step step = step_of(R"({"get": "/items/{{user}}?q=a b"})");
  EXPECT_EQ(WireRequest(step, destination()).path(wire(step)), "/items/1?q=a%20b");
}

struct Judged {
  std::string check;  // of a step
  std::string good;   // a body for which it holds
  std::string bad;    // one for which it does not
  std::string what;   // was expected
};

TEST(Judge, ChecksOfTheBody) {
  const Judged cases[] = {
      {R"({"json": {"/a": "x"}})", R"({"a":"x"})", R"({"a":"y"})", "JSON /a = \"x\""},
      {R"({"json": {"/a": 1.5}})", R"({"a": 1.50})", R"({"a":"1.5"})", "JSON /a = 1.5"},
      {R"({"json": {"/a": [1]}})", R"({"a":[ 1 ]})", R"({"a":[]})", "JSON /a = [1]"},
      {R"({"json": {"/a/0": {"exists": true}}})", R"({"a":[1]})", R"({"a":[]})",
       "a value at JSON /a/0"},
      {R"({"json": {"/a": {"exists": false}}})", R"({"b":1})", R"({"a":null})",
       "no value at JSON /a"},
      {R"({"json": {"/a": {"at_least": 1, "at_most": 3}}})", R"({"a":3})", R"({"a":3.1})",
       "JSON /a from 1 to 3"},
      {R"({"json": {"/a": {"at_least": 1}}})", R"({"a":1})", R"({"a":"2"})", "JSON /a at least 1"},
      {R"({"json": {"/a": {"matches": "^n[0-9]+$"}}})", R"({"a":"n12"})", R"({"a":"n"})",
       "JSON /a to match \"^n[0-9]+$\""},
      {R"({"json": {"/a": {"same": {"exists": 1}}}})", R"({"a":{"exists":1}})", R"({"a":1})",
       "JSON /a = {\"exists\":1}"},
      {R"({"contains": ["a", "b"]})", "ba", "a", "a body with \"b\""},
      {R"({"matches": "o.o"})", "foo oxo", "foo", "a body that matches \"o.o\""},
      {R"({"size": {"at_least": 2, "at_most": 3}})", "ab", "abcd", "a body of from 2 to 3 bytes"}};
  for (const auto& [check, good, bad, what] : cases) {
    const Step step = step_of(R"({"get": "/", "check": )" + check + "}");
    EXPECT_EQ(first_failed(step, {.body = good, .body_bytes = good.size()}), nullptr) << check;
    const Check* const failed = first_failed(step, {.body = bad, .body_bytes = bad.size()});
    ASSERT_NE(failed, nullptr) << check;
    EXPECT_EQ(failed->what, what);
    if (!step.wants_body) continue;
    EXPECT_EQ(first_failed(step, {}) == nullptr, failed->kind == Check::Kind::json_absent) << check;
  }
}

TEST(Judge, ChecksOfStatusHeadersAndTime) {
  using namespace std::chrono_literals;
  const Step any = step_of(R"({"get": "/"})");
  EXPECT_TRUE(accepts(any, 200) && accepts(any, 302) && accepts(any, 399));
  EXPECT_FALSE(accepts(any, 199) || accepts(any, 400) || accepts(any, 503));
  const Step some = step_of(R"({"get": "/", "check": {"status": [200, "4xx", "500-503"]}})");
  EXPECT_TRUE(accepts(some, 200) && accepts(some, 404) && accepts(some, 503));
  EXPECT_FALSE(accepts(some, 201) || accepts(some, 504));
  const Step header = step_of(R"({"get": "/", "check": {"header": {"content-type": "json"}}})");
  EXPECT_TRUE(header.wants_headers);
  EXPECT_FALSE(header.wants_body);
  EXPECT_EQ(first_failed(header, {.head = "HTTP/1.1 200 OK\r\nContent-Type: a/json\r\n\r\n"}),
            nullptr);
  EXPECT_NE(first_failed(header, {.head = "HTTP/1.1 200 OK\r\nContent-Type: a/xml\r\n\r\n"}),
            nullptr);
  const Step quick = step_of(R"({"get": "/", "check": {"within": "5ms"}})");
  EXPECT_EQ(first_failed(quick, {.service_time = 5ms}), nullptr);
  EXPECT_NE(first_failed(quick, {.service_time = 6ms}), nullptr);
}

TEST(Judge, ExtractsFromEverywhere) {
  const Step step = step_of(R"re({"get": "/", "extract": {
      "id": "/item/id", "name": {"json": "/item/name"},
      "part": {"json": "/url", "regex": "/(\\d+)"},
      "place": {"header": "Location"}, "token": {"regex": "token=\"([^\"]*)\""},
      "whole": {"regex": "t[a-z]+="}, "none": {"json": "/none", "default": "-"}}})re");
  Variables variables;
  variables.reset(7);
  const Answer answer{.head = "HTTP/1.1 200 OK\r\nlocation: /items/5\r\n\r\n",
                      .body = R"({"item":{"id":12,"name":"Zo\u00eb"},"url":"/a/77/b"} token="T")"};
  EXPECT_EQ(extract(step, answer, variables), nullptr);
  EXPECT_THAT(variables.values,
              testing::ElementsAre("12", "Zoë", "77", "/items/5", "T", "token=", "-"));
  EXPECT_THAT(variables.known, testing::Each(true));
}

TEST(Judge, SaysWhatItCouldNotExtract) {
  Variables variables;
  variables.reset(1);
  const std::pair<const char*, const char*> cases[] = {
      {R"({"json": "/id"})", "id from JSON /id"},
      {R"({"header": "X"})", "id from header X"},
      {R"re({"regex": "i(d)"})re", "id from the body, by \"i(d)\""}};
  for (const auto& [how, what] : cases) {
    const Step step = step_of(std::string(R"({"get": "/", "extract": {"id": )") + how + "}}");
    for (const auto* body : {R"({"id":null})", ""}) {
      if (*body != '\0' && step.extractions[0].source != Extraction::Source::json) continue;
      const Extraction* const failed =
          extract(step, {.head = "HTTP/1.1 200 OK\r\n\r\n", .body = body}, variables);
      ASSERT_NE(failed, nullptr) << how;
      EXPECT_EQ(failed->what, what);
      EXPECT_FALSE(variables.known[0]);
    }
  }
}

}  // namespace
}  // namespace dyno::scenario
