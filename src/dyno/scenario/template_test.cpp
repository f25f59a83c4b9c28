#include "dyno/scenario/template.h"

#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::scenario {
namespace {

using testing::AllOf;
using testing::HasSubstr;

UtcTime a_moment() { return from_iso8601("2026-11-21T07:43:09.123456Z"); }

const Names& names() {
  static const Names some{
      {{"models", {"gpt-4o", "claude \"3\""}}}, {{"tenant", "a b"}}, {"id", "row.name"}};
  return some;
}

struct Rendering {
  Random random{42};
  std::vector<std::string> variables{"x/y \"z\"\r\n", "Zoë"};
  std::uint64_t user = 7;
  std::uint64_t iteration = 3;

  std::string operator()(const Template& compiled) {
    std::string out;
    compiled.render({random, user, iteration, variables, a_moment}, out);
    return out;
  }
  std::string operator()(std::string_view text, Escape literals = Escape::none,
                         Escape values = Escape::none) {
    const auto compiled = Template::compile(text, literals, values, names());
    EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().message);
    return compiled ? (*this)(*compiled) : std::string{};
  }
};

std::string complaint(std::string_view text) {
  const auto compiled = Template::compile(text, Escape::none, Escape::none, names());
  EXPECT_FALSE(compiled) << text;
  return compiled ? "" : compiled.error().message;
}

TEST(Template, LiteralsAreConstant) {
  const auto compiled = Template::compile("/a?b={c}", Escape::none, Escape::none, names());
  ASSERT_TRUE(compiled);
  EXPECT_TRUE(compiled->constant());
  EXPECT_EQ(compiled->constant_text(), "/a?b={c}");
  EXPECT_TRUE(Template{}.constant());
  EXPECT_EQ(Rendering{}("{ } }} {"), "{ } }} {");
  EXPECT_EQ(Rendering{}("{{'{{'}}x{{\"}}\"}}"), "{{x}}");
}

TEST(Template, SaysWhoAndWhen) {
  EXPECT_EQ(Rendering{}("{{user}}-{{iteration}}"), "7-3");
  EXPECT_EQ(Rendering{}("{{now}}"), "2026-11-21T07:43:09.123Z");
  EXPECT_EQ(Rendering{}("{{now seconds}} {{ now milliseconds }}"), "1795246989 1795246989123");
  EXPECT_EQ(Rendering{}("{{tenant}} {{row.name}}"), "a b Zoë");
}

// The texts of a seed are those of every machine: a change here changes what everybody's runs send.
TEST(Template, GoldenRenderingOfASeed) {
  Rendering render;
  EXPECT_EQ(render("{{uniform 1 1000}} {{uniform -5 5}} {{uniform 0.50 2.25}}"), "815 -2 2.23");
  EXPECT_EQ(render("{{choice models}} {{choice red 'dark blue' green}}"), "claude \"3\" green");
  EXPECT_EQ(render("{{uuid}}"), "968d9f00-4e50-4e7d-a017-18ff221a3556");
}

TEST(Template, DrawsEvenlyBetweenBothBounds) {
  Rendering render;
  const auto compiled = Template::compile("{{uniform 3 7}}", Escape::none, Escape::none, names());
  ASSERT_TRUE(compiled);
  std::map<std::string, int> counts;
  for (int i = 0; i < 5000; ++i) ++counts[render(*compiled)];
  ASSERT_EQ(counts.size(), 5u);
  double chi_square = 0;
  for (const auto& [text, count] : counts) chi_square += (count - 1000) * (count - 1000) / 1000.0;
  EXPECT_LT(chi_square, 18.5) << "4 degrees of freedom, 0.1 %";
  EXPECT_EQ(counts.begin()->first, "3");
  EXPECT_EQ(counts.rbegin()->first, "7");
}

TEST(Template, DecimalsHaveTheDigitsOfTheirBounds) {
  Rendering render;
  std::set<std::string> seen;
  for (int i = 0; i < 300; ++i) seen.insert(render("{{uniform -0.1 0.1}}"));
  EXPECT_THAT(seen, testing::ElementsAre("-0.1", "0.0", "0.1"));
  EXPECT_EQ(render("{{uniform 2.5 2.5}}"), "2.5");
  EXPECT_EQ(render("{{uniform 1.005 1.005}}"), "1.005");
}

TEST(Template, UuidsAreVersionFourAndDiffer) {
  Rendering render;
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(render("{{uuid}}"));
  EXPECT_EQ(seen.size(), 1000u);
  for (const auto& uuid : seen) EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
}

TEST(Template, ValuesAreEscapedForWhereTheyStand) {
  Rendering render;
  EXPECT_EQ(render("\"{{id}}\"", Escape::none, Escape::json), "\"x/y \\\"z\\\"\\r\\n\"");
  EXPECT_EQ(render("{{row.name}}", Escape::none, Escape::json), "Zoë");
  EXPECT_EQ(render("/a/{{id}}", Escape::url, Escape::percent), "/a/x%2Fy%20%22z%22%0D%0A");
  EXPECT_EQ(render("/é {{id | raw}}", Escape::url, Escape::percent),
            "/%C3%A9%20x/y%20%22z%22%0D%0A");
  EXPECT_EQ(render("{{id}}", Escape::none, Escape::header), "x/y \"z\"  ");
  EXPECT_EQ(render("{{id | raw}}", Escape::none, Escape::header), "x/y \"z\"  ");
  EXPECT_EQ(render("{{id | raw}}", Escape::none, Escape::json), "x/y \"z\"\r\n");
  EXPECT_EQ(render("{{tenant}}", Escape::none, Escape::percent), "a%20b");
  EXPECT_EQ(render("\"{{'\\'}}\" \n", Escape::json, Escape::json), "\\\"\\\\\\\" \\n");
}

TEST(Template, KnowsWhatStandsInJsonWithoutQuotes) {
  const auto bare = [](std::string_view text) {
    const auto compiled = Template::compile(text, Escape::json, Escape::json, names());
    EXPECT_TRUE(compiled) << text;
    return compiled && compiled->bare();
  };
  EXPECT_TRUE(bare("{{uniform 1 2}}"));
  EXPECT_TRUE(bare("{{user}}"));
  EXPECT_TRUE(bare("{{now seconds}}"));
  EXPECT_TRUE(bare("{{id | raw}}"));
  EXPECT_TRUE(bare("{{tenant|raw}}"));
  EXPECT_FALSE(bare("{{uniform 1 2 | string}}"));
  EXPECT_FALSE(bare("{{id}}"));
  EXPECT_FALSE(bare("{{now}}"));
  EXPECT_FALSE(bare("n{{uniform 1 2}}"));
  EXPECT_FALSE(bare("{{uniform 1 2}} "));
  EXPECT_FALSE(bare("{{'a' | raw}}b"));
  EXPECT_FALSE(bare("5"));
}

TEST(Template, KnowsTheVariablesThatItUses) {
  const auto compiled =
      Template::compile("{{row.name}} {{id}} {{row.name}}", Escape::none, Escape::none, names());
  ASSERT_TRUE(compiled);
  EXPECT_THAT(compiled->variables(), testing::ElementsAre(1u, 0u));
  Template both;
  both.append_literal("a");
  both.append(*compiled);
  both.append_literal("b");
  EXPECT_THAT(both.variables(), testing::ElementsAre(1u, 0u));
  EXPECT_EQ(Rendering{}(both), "aZoë x/y \"z\"\r\n Zoëb");
}

TEST(Template, JoinedTemplatesKeepTheirChoices) {
  Template both;
  for (const auto* text : {"{{choice a b}}", "-", "{{choice c d}}"}) {
    both.append(*Template::compile(text, Escape::none, Escape::none, names()));
  }
  std::set<std::string> seen;
  Rendering render;
  for (int i = 0; i < 100; ++i) seen.insert(render(both));
  EXPECT_THAT(seen, testing::ElementsAre("a-c", "a-d", "b-c", "b-d"));
}

TEST(Template, SaysWhatIsWrong) {
  EXPECT_THAT(complaint("a {{id"), AllOf(HasSubstr("{{id"), HasSubstr("without its '}}'")));
  EXPECT_THAT(complaint("{{}}"), HasSubstr("nothing between the braces"));
  EXPECT_THAT(complaint("{{ | raw}}"), HasSubstr("nothing between the braces"));
  EXPECT_THAT(complaint("{{uniforn 1 2}}"), HasSubstr("not a function"));
  EXPECT_THAT(complaint("{{uniform 1}}"), HasSubstr("two numbers"));
  EXPECT_THAT(complaint("{{uniform 1 x}}"), HasSubstr("two numbers"));
  EXPECT_THAT(complaint("{{uniform 1 2.}}"), HasSubstr("two numbers"));
  EXPECT_THAT(complaint("{{uniform 9 3}}"), HasSubstr("above the second"));
  EXPECT_THAT(complaint("{{uniform 0 99999999999999999999}}"), HasSubstr("two numbers"));
  EXPECT_THAT(complaint("{{uniform 0 900000000000000.5}}"), HasSubstr("two numbers"));
  EXPECT_THAT(complaint("{{choice}}"), HasSubstr("name a list"));
  EXPECT_THAT(complaint("{{choice model}}"), HasSubstr("did you mean \"models\""));
  EXPECT_THAT(complaint("{{choice colours}}"), HasSubstr("define it in \"variables\""));
  EXPECT_THAT(complaint("{{tenent}}"), HasSubstr("did you mean \"tenant\""));
  EXPECT_THAT(complaint("{{models}}"), HasSubstr("{{choice models}}"));
  EXPECT_THAT(complaint("{{no_such_thing_at_all}}"), HasSubstr("there are uniform"));
  EXPECT_THAT(complaint("{{now hours}}"), HasSubstr("{{now seconds}}"));
  EXPECT_THAT(complaint("{{id | upper}}"), HasSubstr("raw"));
  EXPECT_THAT(complaint("{{'a' b}}"), HasSubstr("stands alone"));
  EXPECT_THAT(complaint("{{choice 'a}}"), HasSubstr("without its '}}'"));
}

TEST(Template, NamesAPathWithoutItsExpressions) {
  EXPECT_EQ(without_expressions("/items/{{uniform 1 9}}/x?{{id}}", "*"), "/items/*/x?*");
  EXPECT_EQ(without_expressions("/a/{{b", "*"), "/a/");
  EXPECT_EQ(without_expressions("{{'}}'}}", "*"), "*");
}

// Once the buffer is large enough: no allocation, whatever is rendered.
TEST(Template, RendersIntoTheBufferOfItsCaller) {
  Rendering render;
  const auto compiled = Template::compile(
      "{{uuid}} {{uniform 1 9}} {{uniform 0.1 0.9}} {{choice models}} {{id}} {{now}} {{user}}",
      Escape::none, Escape::json, names());
  ASSERT_TRUE(compiled);
  std::string out;
  out.reserve(400);
  const char* const data = out.data();
  for (int i = 0; i < 100; ++i) {
    out.clear();
    compiled->render({render.random, 1, 2, render.variables, a_moment}, out);
    ASSERT_EQ(out.data(), data);
  }
}

}  // namespace
}  // namespace dyno::scenario
