#include "dyno/http/sse.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

using namespace std::chrono_literals;

struct Seen {
  std::string type;
  std::string data;
  std::string id;
  std::int64_t retry_ms = -1;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> parse_events(const std::vector<std::string_view>& pieces) {
  EventParser parser;
  std::vector<Seen> events;
  for (std::string_view piece : pieces) {
    while (parser.next(piece) == EventParser::Step::event) {
      const Event& event = parser.event();
      events.push_back(
          {event.type, event.data, event.id, event.retry ? *event.retry / 1ms : std::int64_t{-1}});
    }
    EXPECT_TRUE(piece.empty());
  }
  return events;
}

struct EventCase {
  const char* name;
  std::string text;
  std::vector<Seen> events;
};

// Among them the examples of the specification.
std::vector<EventCase> cases() {
  return {
      {"one", "data: hello\n\n", {{"message", "hello", ""}}},
      {"several lines", "data: YHOO\ndata: +2\ndata: 10\n\n", {{"message", "YHOO\n+2\n10", ""}}},
      {"comments and ids",
       ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
       "event\n\n",
       {{"message", "first event", "1"},
        {"message", "second event", ""},
        {"message", " third event", ""}}},
      {"empty data", "data\n\ndata\ndata\n\ndata:", {{"message", "", ""}, {"message", "\n", ""}}},
      {"a space is optional",
       "data:test\n\ndata: test\n\n",
       {{"message", "test", ""}, {"message", "test", ""}}},
      {"types",
       "event: add\ndata: 1\n\ndata: 2\n\nevent: remove\n\ndata: 3\n\n",
       {{"add", "1", ""}, {"message", "2", ""}, {"message", "3", ""}}},
      {"an id stays",
       "id: 7\ndata: a\n\ndata: b\n\nid: 8\n\ndata: c\n\n",
       {{"message", "a", "7"}, {"message", "b", "7"}, {"message", "c", "8"}}},
      {"an id with a zero is none",
       std::string("id: 1\0002\ndata: a\n\n", 17),
       {{"message", "a", ""}}},
      {"retry",
       "retry: 1500\ndata: a\n\nretry: 1x\ndata: b\n\nretry: -1\ndata: c\n\n",
       {{"message", "a", "", 1500}, {"message", "b", ""}, {"message", "c", ""}}},
      {"carriage returns",
       "data: a\r\rdata: b\r\n\r\ndata: c\n\r\ndata: d\r\n\n",
       {{"message", "a", ""}, {"message", "b", ""}, {"message", "c", ""}, {"message", "d", ""}}},
      {"a byte order mark",
       "\xEF\xBB\xBF"
       "data: a\n\n\xEF\xBB\xBF"
       "data: b\n\n",
       {{"message", "a", ""}}},
      {"what is not finished is none", "data: a\n\ndata: b\n", {{"message", "a", ""}}},
      {"unknown fields", "foo: bar\nfoo\ndata: a\nDATA: b\n\n", {{"message", "a", ""}}},
      {"colons in the value", "data: {\"a\": \"b:c\"}\n\n", {{"message", "{\"a\": \"b:c\"}", ""}}},
      {"nothing", "", {}},
      {"only empty lines", "\n\n\r\n\r\r", {}},
  };
}

TEST(EventParser, AsTheSpecificationSays) {
  for (const EventCase& c : cases()) EXPECT_EQ(parse_events({c.text}), c.events) << c.name;
}

TEST(EventParser, TheSameSplitAnywhere) {
  for (const EventCase& c : cases()) {
    const std::string_view text = c.text;
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
      EXPECT_EQ(parse_events({text.substr(0, at), text.substr(at)}), c.events)
          << c.name << " at " << at;
      bytes.push_back(text.substr(at, 1));
    }
    EXPECT_EQ(parse_events(bytes), c.events) << c.name;
  }
}

// A lone carriage return ends a line at once: the event does not wait for what follows.
TEST(EventParser, AnEventIsThereWithItsLastByte) {
  EventParser parser;
  std::string_view input = "data: a\r\r";
  EXPECT_EQ(parser.next(input), EventParser::Step::event);
  input = "\ndata: b\n";
  EXPECT_EQ(parser.next(input), EventParser::Step::need_more);
  input = "\n";
  EXPECT_EQ(parser.next(input), EventParser::Step::event);
  EXPECT_EQ(parser.event().data, "b");
}

TEST(EventParser, WhatNeverEndsIsBounded) {
  const std::string block(1 << 20, 'x');
  const std::string lines = [&] {
    std::string text;
    while (text.size() < (1 << 20)) text += "data: " + block.substr(0, 1000) + "\n";
    return text;
  }();
  for (const std::string& endless : {block, lines}) {
    EventParser parser;
    EventParser::Step step = EventParser::Step::need_more;
    for (int i = 0; i < 20 && step != EventParser::Step::failed; ++i) {
      std::string_view input = endless;
      step = parser.next(input);
    }
    EXPECT_EQ(step, EventParser::Step::failed);
  }
}

}  // namespace
}  // namespace dyno::http
