#include "dyno/scenario/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::scenario {
namespace {

std::string found(std::string_view json, std::string_view pointer) {
  const auto compiled = JsonPointer::compile(pointer);
  EXPECT_TRUE(compiled) << pointer;
  if (!compiled) return "(no pointer)";
  const auto value = compiled->find(json);
  return value ? std::string(*value) : "(none)";
}

// The document and the pointers of RFC 6901, section 5.
TEST(JsonPointer, TheExamplesOfTheRfc) {
  const std::string_view json =
      R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5,
          "k\"l": 6, " ": 7, "m~n": 8})";
  EXPECT_EQ(found(json, ""), json);
  EXPECT_EQ(found(json, "/foo"), R"(["bar", "baz"])");
  EXPECT_EQ(found(json, "/foo/0"), R"("bar")");
  EXPECT_EQ(found(json, "/"), "0");
  EXPECT_EQ(found(json, "/a~1b"), "1");
  EXPECT_EQ(found(json, "/c%d"), "2");
  EXPECT_EQ(found(json, "/e^f"), "3");
  EXPECT_EQ(found(json, "/g|h"), "4");
  EXPECT_EQ(found(json, "/i\\j"), "5");
  EXPECT_EQ(found(json, "/k\"l"), "6");
  EXPECT_EQ(found(json, "/ "), "7");
  EXPECT_EQ(found(json, "/m~0n"), "8");
}

TEST(JsonPointer, GoesThroughWhatStandsBefore) {
  const std::string_view json =
      "\n{ \"text\":\"} ] , \\\" \\\\\" , \"deep\":{\"a\":[[],[{}],{\"b\":[1,2]}]},\n"
      " \"item\" : { \"id\":  -12.5e3 , \"ok\":true } }";
  EXPECT_EQ(found(json, "/deep/a/2/b/1"), "2");
  EXPECT_EQ(found(json, "/item/id"), "-12.5e3");
  EXPECT_EQ(found(json, "/item/ok"), "true");
  EXPECT_EQ(found(json, "/text"), "\"} ] , \\\" \\\\\"");
  EXPECT_EQ(found("[1,2,3]", "/2"), "3");
  EXPECT_EQ(found("{\"\\u0061b\":1}", "/ab"), "1");
}

TEST(JsonPointer, FindsNothingWhereNothingIs) {
  for (const auto* json :
       {"", "{", "{}", "[]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"b\":1}", "[1", "null", "\"a",
        "{\"a\" 1}", "{a:1}", "{\"b\":[}", "<html>", "\xff\xfe"}) {
    EXPECT_THAT(found(json, "/a/0"), "(none)") << json;
  }
  EXPECT_EQ(found("[1,2]", "/2"), "(none)");
  EXPECT_EQ(found("[1,2]", "/-"), "(none)");
  EXPECT_EQ(found("[1,2]", "/01"), "(none)");
  EXPECT_EQ(found("[1,2]", "/99999999999999999999999"), "(none)");
  EXPECT_FALSE(JsonPointer::compile("a/b"));
  EXPECT_FALSE(JsonPointer::compile("/a~2"));
  EXPECT_FALSE(JsonPointer::compile("/a~"));
}

TEST(JsonPointer, DeepNestingCostsNoStack) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(found(deep, "/0/0/0"), "(none)");
  EXPECT_EQ(found("{\"a\":" + deep + std::string(1'000'000, ']') + ",\"b\":1}", "/b"), "1");
}

TEST(JsonText, EscapesAndDecodes) {
  const std::string_view text = "a \"b\" \\ / \b\f\n\r\t\x01\x1f é €";
  std::string escaped;
  append_json_escaped(text, escaped);
  EXPECT_EQ(escaped, "a \\\"b\\\" \\\\ / \\b\\f\\n\\r\\t\\u0001\\u001f é €");
  std::string decoded;
  ASSERT_TRUE(append_json_decoded('"' + escaped + '"', decoded));
  EXPECT_EQ(decoded, text);
  const std::pair<const char*, const char*> cases[] = {{R"("\u00e9")", "é"},
                                                       {R"("\u20AC")", "€"},
                                                       {R"("\ud83d\ude00!")", "😀!"},
                                                       {R"("\ud83d!")", "\xef\xbf\xbd!"},
                                                       {R"("\ude00")", "\xef\xbf\xbd"},
                                                       {R"("\/")", "/"}};
  for (const auto& [json, means] : cases) {
    std::string got;
    EXPECT_TRUE(append_json_decoded(json, got)) << json;
    EXPECT_EQ(got, means) << json;
  }
  for (const auto* json : {"", "\"", "a", R"("\x")", R"("\u12")", R"("\u12g4")", R"("\)"}) {
    std::string got;
    EXPECT_FALSE(append_json_decoded(json, got)) << json;
  }
}

TEST(JsonExpectation, ComparesByMeaning) {
  EXPECT_TRUE(JsonExpectation("\"ok\"").same("\"ok\""));
  EXPECT_TRUE(JsonExpectation("\"é\"").same("\"\\u00e9\""));
  EXPECT_FALSE(JsonExpectation("\"ok\"").same("\"okay\""));
  EXPECT_FALSE(JsonExpectation("\"1\"").same("1"));
  EXPECT_FALSE(JsonExpectation("1").same("\"1\""));
  EXPECT_TRUE(JsonExpectation("1").same("1.0"));
  EXPECT_TRUE(JsonExpectation("100").same("1e2"));
  EXPECT_FALSE(JsonExpectation("1").same("2"));
  EXPECT_TRUE(JsonExpectation("true").same("true"));
  EXPECT_FALSE(JsonExpectation("true").same("false"));
  EXPECT_TRUE(JsonExpectation("null").same("null"));
  EXPECT_TRUE(JsonExpectation("{\"a\":[1,2],\"b\":null}").same("{ \"b\":null, \"a\":[1, 2.0] }"));
  EXPECT_FALSE(JsonExpectation("[1,2]").same("[2,1]"));
  EXPECT_FALSE(JsonExpectation("[1,2]").same("[1,2"));
}

}  // namespace
}  // namespace dyno::scenario
