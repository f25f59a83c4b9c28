#include "dyno/http/response_parser.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/http/message.h"

namespace dyno::http {
namespace {

using Step = ResponseParser::Step;

struct Parsed {
  bool done = false;
  bool failed = false;
  int status = 0;
  int heads = 0;
  int interims = 0;
  std::string head;
  std::string body;
  std::string rest;  // input not used up
  bool keep_alive = false;
  std::string error;
  bool operator==(const Parsed&) const = default;
};

// Feeds `pieces` and then, unless the answer is over, closes.
Parsed parse(const std::vector<std::string_view>& pieces, bool to_head = false, bool close = true,
             bool keep_head = true, KnownHead* known = nullptr) {
  ResponseParser parser;
  parser.begin(to_head, keep_head, known);
  Parsed result;
  bool over = false;
  for (std::string_view piece : pieces) {
    if (over) {
      result.rest += piece;
      continue;
    }
    Step step = parser.next(piece);
    for (; step == Step::interim || step == Step::head || step == Step::body;
         step = parser.next(piece)) {
      if (step == Step::interim) {
        ++result.interims;
      } else if (step == Step::head) {
        ++result.heads;
        result.status = parser.status();
      } else {
        EXPECT_FALSE(parser.piece().empty());
        result.body += parser.piece();
      }
    }
    result.done = step == Step::done;
    result.failed = step == Step::failed;
    over = result.done || result.failed;
    if (result.done) result.rest += piece;
  }
  if (!over && close) {
    result.done = parser.finish();
    result.failed = !result.done;
  }
  result.head = parser.head();
  result.keep_alive = parser.keep_alive();
  result.error = parser.error();
  return result;
}

struct Case {
  const char* name;
  std::string text;
  int status;
  std::string body;
  bool keep_alive;
  bool to_head = false;
};

const std::vector<Case>& good_cases() {
  static const std::vector<Case> cases = {
      {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true},
      {"no_reason", "HTTP/1.1 200\r\ncontent-length:5 \r\n\r\nhello", 200, "hello", true},
      {"bare_line_feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 200, "hi", true},
      {"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
      {"chunked",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n"
       "0\r\nTrailer: x\r\n\r\n",
       200, "hello world", true},
      {"gzip_chunked",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 3\r\n\r\n"
       "A\r\n0123456789\r\n0\r\n\r\n",
       200, "0123456789", true},
      {"until_close", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nall of it", 200, "all of it", false},
      {"until_close_empty", "HTTP/1.1 200 OK\r\n\r\n", 200, "", false},
      {"no_content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
      {"not_modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304, "", true},
      {"no_content_with_length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, "",
       true},
      {"not_modified_chunked", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
       304, "", true},
      {"to_head_chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, "", true,
       true},
      {"to_head_without_length", "HTTP/1.1 200 OK\r\n\r\n", 200, "", true, true},
      {"interim_before_none",
       "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204,
       "", true},
      {"upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 101, "", false},
      {"to_head", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", 200, "", true, true},
      {"close", "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 1\r\n\r\nx", 200, "x",
       false},
      {"http_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
      {"http_1_0_keep_alive",
       "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, "x", true},
      {"interim",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
       "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
       201, "ok", true},
      {"folded", "HTTP/1.1 200 OK\r\nX: a\r\n  b\r\nContent-Length: 1\r\n\r\nx", 200, "x", true},
      {"same_length_twice", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
       200, "x", true},
      {"not_found", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!", 404, "no!", true}};
  return cases;
}

TEST(ResponseParser, AnswersInOnePiece) {
  for (const Case& c : good_cases()) {
    const Parsed parsed = parse({c.text}, c.to_head);
    EXPECT_TRUE(parsed.done) << c.name << ": " << parsed.error;
    EXPECT_EQ(parsed.heads, 1) << c.name;
    EXPECT_EQ(parsed.status, c.status) << c.name;
    EXPECT_EQ(parsed.body, c.body) << c.name;
    EXPECT_EQ(parsed.keep_alive, c.keep_alive) << c.name;
    EXPECT_EQ(parsed.rest, "") << c.name;
  }
}

TEST(ResponseParser, TheSameSplitAtEveryByte) {
  for (const Case& c : good_cases()) {
    const Parsed whole = parse({c.text}, c.to_head);
    const std::string_view text = c.text;
    for (std::size_t at = 0; at <= text.size(); ++at) {
      EXPECT_EQ(parse({text.substr(0, at), text.substr(at)}, c.to_head), whole)
          << c.name << " at " << at;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < text.size(); ++at) bytes.push_back(text.substr(at, 1));
    EXPECT_EQ(parse(bytes, c.to_head), whole) << c.name;
  }
}

TEST(ResponseParser, EveryTruncationIsSeen) {
  for (const Case& c : good_cases()) {
    if (!c.keep_alive && c.name[0] == 'u') continue;  // until_close has no declared end
    const std::string_view text = c.text;
    for (std::size_t size = 0; size < text.size(); ++size) {
      const Parsed parsed = parse({text.substr(0, size)}, c.to_head);
      EXPECT_FALSE(parsed.done) << c.name << " cut to " << size;
      EXPECT_EQ(parsed.error, "") << c.name << " cut to " << size;
    }
  }
}

TEST(ResponseParser, MalformedAnswers) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"garbage", "does not begin with HTTP/1."},
      {"garbage\r\n", "does not begin with HTTP/1."},
      {"HTTP/2 200 OK\r\n", "does not begin with HTTP/1."},
      {"HTTP/1.1 20 OK\r\n", "status line"},
      {"HTTP/1.1 2000 OK\r\n", "status line"},
      {"HTTP/1.1 099 OK\r\n", "status line"},
      {head + "no colon\r\n", "no name"},
      {head + ": no name\r\n", "no name"},
      {head + "Content-Length : 1\r\n", "ends with a space"},
      {head + "Content-Length: -1\r\n", "not a number"},
      {head + "Content-Length: 1x\r\n", "not a number"},
      {head + "Content-Length:\r\n", "not a number"},
      {head + "Content-Length: 99999999999999999999\r\n", "not a number"},
      {head + "Content-Length: 1\r\nContent-Length: 2\r\n", "two different"},
      {chunked + "x\r\n", "hexadecimal"},
      {chunked + "\r\n", "hexadecimal"},
      {chunked + "-1\r\n", "hexadecimal"},
      {chunked + "11111111111111111\r\n", "hexadecimal"},
      {chunked + "1\r\nab\r\n", "longer than it says"}};
  for (const auto& [text, what] : cases) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      const std::string_view view = text;
      const Parsed parsed = parse({view.substr(0, at), view.substr(at)});
      EXPECT_TRUE(parsed.failed) << text;
      EXPECT_NE(parsed.error.find(what), std::string::npos) << text << ": " << parsed.error;
    }
  }
}

TEST(ResponseParser, EndlessHeadersEnd) {
  ResponseParser parser;
  parser.begin(false, true);
  const std::string line = "X-Header: " + std::string(1000, 'x') + "\r\n";
  std::string_view input = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(parser.next(input), Step::need_more);
  int lines = 0;
  while (true) {
    input = line;
    if (parser.next(input) == Step::failed) break;
    ASSERT_LT(++lines, 100);
  }
  ResponseParser one_line;
  one_line.begin(false, false);
  input = "HTTP/1.1 200 OK\r\nX: ";
  EXPECT_EQ(one_line.next(input), Step::need_more);
  const std::string endless(ResponseParser::head_limit, 'x');
  input = endless;
  EXPECT_EQ(one_line.next(input), Step::failed);
}

TEST(ResponseParser, InterimAnswersAreTold) {
  const Parsed parsed =
      parse({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
             "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"});
  EXPECT_TRUE(parsed.done);
  EXPECT_EQ(parsed.interims, 2);
  EXPECT_EQ(parsed.status, 204);
  EXPECT_EQ(parsed.head, "HTTP/1.1 204 No Content\r\nX: y\r\n");
}

TEST(ResponseParser, TellsWhereChunksEnd) {
  ResponseParser parser;
  parser.begin(false, false);
  std::string_view input =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde";
  EXPECT_EQ(parser.next(input), Step::head);
  EXPECT_EQ(parser.next(input), Step::body);
  EXPECT_TRUE(parser.chunk_ends());
  EXPECT_EQ(parser.next(input), Step::body);
  EXPECT_FALSE(parser.chunk_ends());
  EXPECT_EQ(parser.next(input), Step::need_more);
  input = "fgh\r\n";
  EXPECT_EQ(parser.next(input), Step::body);
  EXPECT_EQ(parser.piece(), "fgh");
  EXPECT_TRUE(parser.chunk_ends());
}

// What comes after `first` is understood as it is without what `first` has left in the memory.
void expect_the_same_after(const std::string& first, std::string_view text, bool to_head) {
  const auto feed = [&](const std::vector<std::string_view>& pieces, bool keep_head) {
    const Parsed fresh = parse(pieces, to_head, true, keep_head);
    KnownHead known;
    parse({first}, false, true, false, &known);
    for (int times = 0; times < 2; ++times) {
      EXPECT_EQ(parse(pieces, to_head, true, keep_head, &known), fresh) << first << "then\n"
                                                                        << text;
    }
  };
  feed({text}, false);
  feed({text}, true);
  feed({text.substr(0, text.size() / 2), text.substr(text.size() / 2)}, false);
}

TEST(KnownHead, TellsNothingOfAnotherHead) {
  for (const Case& first : good_cases()) {
    for (const Case& second : good_cases()) {
      expect_the_same_after(first.text, second.text, second.to_head);
      expect_the_same_after(first.text, second.text, true);
    }
  }
}

TEST(KnownHead, ATruncatedOrChangedOneIsReadAnew) {
  for (const Case& c : good_cases()) {
    for (std::size_t at = 0; at < c.text.size(); ++at) {
      expect_the_same_after(c.text, std::string_view(c.text).substr(0, at), c.to_head);
      for (const char other : {'0', '9', '\r', '\n', ':', 'x'}) {
        std::string changed = c.text;
        changed[at] = other;
        expect_the_same_after(c.text, changed, c.to_head);
        expect_the_same_after(changed, c.text, c.to_head);
      }
    }
  }
}

// Any answers in any order over one memory, at any time in pieces: as without it.
TEST(KnownHead, AnyOrderOfAnswersIsUnderstoodTheSame) {
  std::mt19937 random(7);
  KnownHead known;
  for (int i = 0; i < 20'000; ++i) {
    const Case& c = good_cases()[random() % good_cases().size()];
    std::string text = c.text;
    if (random() % 4 == 0) text[random() % text.size()] = static_cast<char>(random() % 128);
    const std::size_t cut = random() % 3 == 0 ? random() % text.size() : text.size();
    const std::vector<std::string_view> pieces = {std::string_view(text).substr(0, cut),
                                                  std::string_view(text).substr(cut)};
    const bool to_head = random() % 8 == 0;
    const bool keep_head = random() % 8 == 0;
    ASSERT_EQ(parse(pieces, to_head, true, keep_head, &known),
              parse(pieces, to_head, true, keep_head))
        << text;
  }
}

TEST(ResponseParser, WhatFollowsAnAnswerIsLeft) {
  const Parsed parsed = parse({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore"});
  EXPECT_TRUE(parsed.done);
  EXPECT_EQ(parsed.rest, "more");
}

TEST(ResponseParser, KeepsTheHeadOnlyWhenAsked) {
  const std::string text = "HTTP/1.1 200 OK\r\nX-Id:  7 \r\nContent-Length: 0\r\n\r\n";
  const Parsed parsed = parse({text});
  EXPECT_EQ(find_header(parsed.head, "x-id"), "7");
  EXPECT_EQ(find_header(parsed.head, "content-length"), "0");
  EXPECT_EQ(find_header(parsed.head, "absent"), "");
  ResponseParser parser;
  parser.begin(false, false);
  std::string_view input = text;
  EXPECT_EQ(parser.next(input), Step::head);
  EXPECT_EQ(parser.head(), "");
}

}  // namespace
}  // namespace dyno::http
