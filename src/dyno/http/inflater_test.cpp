#include "dyno/http/inflater.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/test_gzip.h"

namespace dyno::http {
namespace {

using testing::HasSubstr;
using Coding = Inflater::Coding;

struct Decoded {
  std::string text;
  bool whole = false;
  std::string error;
};

Decoded decode(Coding coding, const std::vector<std::string_view>& pieces,
               std::uint64_t limit = 1 << 30) {
  Inflater inflater(coding, limit);
  Decoded result;
  for (std::string_view piece : pieces) {
    Inflater::Step step = inflater.next(piece);
    for (; step == Inflater::Step::piece; step = inflater.next(piece))
      result.text += inflater.piece();
    if (step == Inflater::Step::failed) break;
    EXPECT_TRUE(piece.empty());
  }
  result.whole = inflater.finish();
  result.error = inflater.error();
  return result;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919) + (i % 3 == 0 ? "\n" : " and ");
  return text;
}

TEST(Inflater, EveryFormat) {
  const std::string text = sample();
  EXPECT_EQ(decode(Coding::gzip, {deflated(text, 31)}).text, text);
  EXPECT_EQ(decode(Coding::deflate, {deflated(text, 15)}).text, text);
  EXPECT_EQ(decode(Coding::deflate, {deflated(text, -15)}).text, text);
  EXPECT_TRUE(decode(Coding::gzip, {deflated("", 31)}).whole);
  EXPECT_TRUE(decode(Coding::gzip, {}).whole);  // no body at all: HEAD, 304
}

TEST(Inflater, TheSameSplitAnywhere) {
  const std::string text = "hello, hello, hello, hello again";
  for (const int bits : {31, 15, -15}) {
    const Coding coding = bits == 31 ? Coding::gzip : Coding::deflate;
    const std::string packed = deflated(text, bits);
    const std::string_view view = packed;
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < view.size(); ++at) {
      EXPECT_EQ(decode(coding, {view.substr(0, at), view.substr(at)}).text, text);
      bytes.push_back(view.substr(at, 1));
    }
    const Decoded decoded = decode(coding, bytes);
    EXPECT_EQ(decoded.text, text);
    EXPECT_TRUE(decoded.whole);
  }
}

TEST(Inflater, MembersAfterEachOther) {
  const Decoded decoded = decode(Coding::gzip, {deflated("one ", 31) + deflated("two", 31)});
  EXPECT_EQ(decoded.text, "one two");
  EXPECT_TRUE(decoded.whole);
}

TEST(Inflater, WhatIsCutShortIsSeen) {
  const std::string packed = deflated("hello, hello, hello", 31);
  for (std::size_t size = 1; size < packed.size(); ++size) {
    const Decoded decoded = decode(Coding::gzip, {std::string_view(packed).substr(0, size)});
    EXPECT_FALSE(decoded.whole) << size;
    EXPECT_THAT(decoded.error, HasSubstr("ends too early")) << size;
  }
}

TEST(Inflater, WhatIsMalformedIsSeen) {
  EXPECT_THAT(decode(Coding::gzip, {"plain text"}).error, HasSubstr("malformed"));
  EXPECT_THAT(decode(Coding::deflate, {"\xFF\xFF\xFF"}).error, HasSubstr("malformed"));
  std::string packed = deflated("hello, hello, hello", 31);
  packed[packed.size() - 6] ^= 1;  // the checksum
  EXPECT_THAT(decode(Coding::gzip, {packed}).error, HasSubstr("malformed"));
  EXPECT_THAT(decode(Coding::gzip, {deflated("x", 31) + "more"}).error, HasSubstr("malformed"));
  EXPECT_THAT(decode(Coding::deflate, {deflated("x", 15) + "more"}).error, HasSubstr("follow"));
}

// A hundred megabytes in a hundred kilobytes: refused as soon as it is seen.
TEST(Inflater, ABombIsBounded) {
  const std::string bomb = deflated(std::string(100'000'000, '\0'), 31);
  ASSERT_LT(bomb.size(), 200'000u);
  const Decoded decoded = decode(Coding::gzip, {bomb}, 1'000'000);
  EXPECT_FALSE(decoded.whole);
  EXPECT_THAT(decoded.error, HasSubstr("longer than 1000000 bytes"));
  EXPECT_LE(decoded.text.size(), 1'000'000u);
}

TEST(Inflater, TheNamesOfTheCodings) {
  EXPECT_EQ(Inflater::coding_of("GZip"), Coding::gzip);
  EXPECT_EQ(Inflater::coding_of("x-gzip"), Coding::gzip);
  EXPECT_EQ(Inflater::coding_of("deflate"), Coding::deflate);
  EXPECT_FALSE(Inflater::coding_of("br"));
  EXPECT_FALSE(Inflater::coding_of(""));
}

}  // namespace
}  // namespace dyno::http
