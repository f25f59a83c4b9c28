#include "dyno/scenario/reader.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/destination.h"
#include "dyno/scenario/wire.h"

namespace dyno::scenario {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::StartsWith;

File must_parse(std::string_view text) {
  auto file = parse_scenario(text, "shop.json");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  if (file) return std::move(*file);
  auto none = std::make_shared<Scenario>();
  none->classes.resize(1);
  none->classes.front().tasks.resize(1);
  none->classes.front().tasks.front().steps.resize(1);
  File empty;
  empty.scenario = none;
  return empty;
}

std::string rendered(const Template& text) {
  Random random(1);
  const std::vector<std::string> variables(8, "<v>");
  std::string out;
  text.render({random, 5, 6, variables}, out);
  return out;
}

constexpr std::string_view shop = R"re(// A shop.
{
  "name": "shop",
  "host": "http://127.0.0.1:8000/api",
  "headers": {"X-Tenant": "acme"},
  "timeout": "5s",
  "variables": {"colours": ["red", "blue"], "tenant": "acme", "limit": 20},
  "load": {"users": 50, "spawn_rate": 5, "warm_up": "2s", "run_time": "1m30s"},
  "classes": [
    {
      "name": "buyer",
      "weight": 3,
      "wait": "1s-3s",
      "on_start": {"post": "/login", "json": {"user": "u{{user}}"}, "extract": {"token": "/token"}},
      "tasks": [
        {"weight": 10, "get": "/items?page={{uniform 1 50}}&limit={{limit}}"},
        {
          "name": "buy",
          "steps": [
            {
              "post": "/items/{{uniform 1 9}}/buy?x=1",
              "headers": {"Authorization": "Bearer {{token}}"},
              "json": {"n": "{{uniform 1 9}}", "s": "{{uniform 1 9 | string}}",
                       "t": [1, null, true],
                       "c": "{{choice colours}} é", "quote\"": "\n"},
              "check": {"status": [201, "2xx", "400-404"],
                        "json": {"/ok": true, "/n": {"at_least": 1}},
                        "contains": "ok", "size": {"at_most": 1000}, "within": "500ms",
                        "header": {"Content-Type": "json"}, "matches": "a+"},
              "extract": {"order": {"json": "/id", "default": 0},
                          "next": {"header": "Location", "regex": "/([0-9]+)$"},
                          "word": {"regex": "w(.)"}},
              "think": "100ms", "timeout": "2s", "on_failure": "continue", "group": "/buy"
            },
            {"method": "PURGE", "path": "/x/{{order}}", "form": {"a b": "c d&{{tenant}}", "n": 1}}
          ]
        }
      ],
      "on_stop": [{"delete": "/session"}]
    },
    {"weight": 1, "wait": {"exponential": "2s"}, "tasks": [{"get": "/"}]},
    {"weight": 0, "wait": {"pacing": 0.5}, "tasks": [{"put": "/", "body": "a\n", "think": 1}]}
  ]
})re";

TEST(Reader, ReadsAllThatAFileCanSay) {
  const File file = must_parse(shop);
  EXPECT_EQ(file.host, "http://127.0.0.1:8000/api");
  EXPECT_EQ(file.timeout, 5s);
  ASSERT_EQ(file.headers.size(), 1u);
  EXPECT_EQ(file.load.users, 50);
  EXPECT_EQ(file.load.spawn_rate, 5);
  EXPECT_EQ(file.load.warm_up, 2s);
  EXPECT_EQ(file.load.run_time, 90s);
  const Scenario& scenario = *file.scenario;
  EXPECT_EQ(scenario.name, "shop");
  EXPECT_EQ(scenario.steps, 7u);
  EXPECT_THAT(scenario.variables, ElementsAre("token", "order", "next", "word"));
  ASSERT_EQ(scenario.classes.size(), 3u);
  const UserClass& buyer = scenario.classes[0];
  EXPECT_EQ(buyer.name, "buyer");
  EXPECT_EQ(buyer.weight, 3);
  EXPECT_EQ(buyer.wait.low, 1s);
  EXPECT_EQ(buyer.wait.high, 3s);
  EXPECT_EQ(buyer.on_start.steps.size(), 1u);
  EXPECT_EQ(buyer.on_stop.steps.front().method, "DELETE");
  EXPECT_EQ(scenario.classes[1].name, "user 2");
  EXPECT_EQ(scenario.classes[1].wait.mean, 2s);
  EXPECT_EQ(scenario.classes[2].wait.every, 500ms);
  const Step& put = scenario.classes[2].tasks[0].steps[0];
  EXPECT_EQ(put.think.low, 1s);
  EXPECT_EQ(put.content_type, "text/plain");
  EXPECT_EQ(put.body.constant_text(), "a\n");
}

TEST(Reader, ReadsTheRequestsOfATask) {
  const File file = must_parse(shop);
  const UserClass& buyer = file.scenario->classes[0];
  ASSERT_EQ(buyer.tasks.size(), 2u);
  const Task& list = buyer.tasks[0];
  EXPECT_EQ(list.name, "GET /items");
  EXPECT_EQ(list.weight, 10);
  EXPECT_EQ(list.steps[0].group, "/items");
  EXPECT_THAT(rendered(list.steps[0].path), StartsWith("/items?page="));
  EXPECT_THAT(rendered(list.steps[0].path), testing::EndsWith("&limit=20"));
  EXPECT_FALSE(list.steps[0].wants_body);
  const Task& buy = buyer.tasks[1];
  ASSERT_EQ(buy.steps.size(), 2u);
  const Step& post = buy.steps[0];
  EXPECT_EQ(post.method, "POST");
  EXPECT_EQ(post.group, "/buy");
  EXPECT_EQ(post.timeout, 2s);
  EXPECT_FALSE(post.ends_task_on_failure);
  EXPECT_EQ(post.content_type, "application/json");
  EXPECT_THAT(rendered(post.body),
              testing::MatchesRegex(R"re(\{"n":[1-9],"s":"[1-9]","t":\[1,null,true\],)re"
                                    R"re("c":"(red|blue) é","quote\\"":"\\n"\})re"));
  EXPECT_EQ(rendered(post.headers[0].second), "Bearer <v>");
  EXPECT_EQ(post.statuses.size(), 3u);
  EXPECT_EQ(post.checks.size(), 7u);
  EXPECT_EQ(post.extractions.size(), 3u);
  EXPECT_EQ(post.extractions[0].fallback, "0");
  EXPECT_TRUE(post.wants_body);
  EXPECT_TRUE(post.wants_headers);
  EXPECT_THAT(post.variables, ElementsAre(0u));
  const Step& purge = buy.steps[1];
  EXPECT_EQ(purge.method, "PURGE");
  EXPECT_EQ(purge.group, "/x/*");
  EXPECT_EQ(rendered(purge.body), "a%20b=c%20d%26acme&n=1");
  EXPECT_EQ(purge.content_type, "application/x-www-form-urlencoded");
}

TEST(Reader, AFileOfOneClassNeedsNoClasses) {
  const File file = must_parse(R"({"tasks": [{"get": "/health"}], "wait": 2})");
  EXPECT_EQ(file.scenario->name, "shop");
  ASSERT_EQ(file.scenario->classes.size(), 1u);
  EXPECT_EQ(file.scenario->classes[0].name, "user");
  EXPECT_EQ(file.scenario->classes[0].wait.low, 2s);
  EXPECT_EQ(file.scenario->classes[0].tasks[0].name, "GET /health");
}

TEST(Reader, ACommentEndsWhereTheSyntaxLetsItEnd) {
  const auto file = parse_scenario("{\"tasks\": [{\"get\": \"/\"} // a\r]}", "f.json");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  constexpr std::string_view nul("{\"tasks\": [{\"get\": \"/\"} // a\0]}", 31);
  EXPECT_TRUE(parse_scenario(nul, "f.json"));
}

TEST(Reader, ReadsStages) {
  const File users = must_parse(R"({"tasks": [{"get": "/"}], "load": {"stages": [
      {"users": 10, "hold": "2m"},
      {"users": 100, "ramp": "1s", "hold": "1m", "name": "spike"}]}})");
  ASSERT_EQ(users.load.stages.size(), 2u);
  EXPECT_FALSE(users.load.stages_are_rates);
  EXPECT_EQ(users.load.stages[1].level, 100);
  EXPECT_EQ(users.load.stages[1].ramp, 1s);
  EXPECT_EQ(users.load.stages[1].name, "spike");
  const File rates = must_parse(R"({"tasks": [{"get": "/"}], "load": {"arrivals": "uniform",
      "stages": [{"rate": "120/min", "hold": 5}]}})");
  EXPECT_TRUE(rates.load.stages_are_rates);
  EXPECT_EQ(rates.load.stages[0].level, 2);
  EXPECT_TRUE(rates.load.uniform_arrivals);
}

struct Wrong {
  std::string_view text;
  std::string_view message;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.text; }

class ReaderErrors : public testing::TestWithParam<Wrong> {};

TEST_P(ReaderErrors, NameThePlaceAndTheRemedy) {
  const auto file = parse_scenario(GetParam().text, "f.json");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, StartsWith(std::string(GetParam().message)));
  EXPECT_EQ(file.error().message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, ReaderErrors,
    testing::Values(
        Wrong{"", "f.json:1:1: unexpected end of input"},
        Wrong{"{\n  \"tasks\": [\n}", "f.json:3:1: unexpected '}'"},
        Wrong{"{\"tasks\": [1,]}", "f.json:1:14: unexpected ']'"}, Wrong{"{} x", "f.json:1:4: "},
        Wrong{"{'a': 1}", "f.json:1:2: "}, Wrong{"{\"a\": 1e999}", "f.json:1:11: number overflow"},
        Wrong{"{\"a\": \"\xff\"}", "f.json:1:8: "}, Wrong{"/* open", "f.json:1:8: invalid comment"},
        Wrong{"{\"tasks\":\n [], \"tasks\": []}", "f.json:2:6: key \"tasks\" stands here twice"},
        Wrong{"[]", "f.json:1:1: a scenario must be an object, and is a list"}));

INSTANTIATE_TEST_SUITE_P(
    TheWhole, ReaderErrors,
    testing::Values(
        Wrong{"{\n  \"tusks\": []}", "f.json:2:3: unknown key \"tusks\"; did you mean \"tasks\"?"},
        Wrong{"{}", "f.json:1:1: a scenario needs \"tasks\", or \"classes\""},
        Wrong{R"({"tasks": []})", "f.json:1:11: a class of users needs \"tasks\""},
        Wrong{R"({"tasks": {}})", "f.json:1:11: a class of users needs \"tasks\""},
        Wrong{R"({"classes": []})", "f.json:1:13: \"classes\" must be a list of at least one"},
        Wrong{R"({"classes": [{}]})", "f.json:1:14: a class of users needs \"tasks\""},
        Wrong{R"({"classes": [{"wieght": 1}]})",
              "f.json:1:15: unknown key \"wieght\"; did you mean \"weight\"?"},
        Wrong{R"({"classes": [{"tasks": [{"get": "/"}]}], "wait": "1s"})",
              "f.json:1:50: \"wait\" belongs into one of the \"classes\" here"},
        Wrong{R"({"classes": [{"weight": 0, "tasks": [{"get": "/"}]}]})",
              "f.json:1:13: no class of users has a weight above 0"},
        Wrong{R"({"name": 5, "tasks": [{"get": "/"}]})",
              "f.json:1:10: \"name\" must be a text, and is a number"},
        Wrong{R"({"host": "localhost", "tasks": [{"get": "/"}]})", "f.json:1:10: "},
        Wrong{R"({"headers": {"A": 1}, "tasks": [{"get": "/"}]})",
              "f.json:1:19: \"A\" must be a text, and is a number"},
        Wrong{R"({"headers": {"A": "b\r\nC: d"}, "tasks": [{"get": "/"}]})",
              "f.json:1:14: a header has a name and fits on one line"},
        Wrong{R"({"timeout": "soon", "tasks": [{"get": "/"}]})",
              "f.json:1:13: \"timeout\": \"soon\" is not a time"},
        Wrong{R"({"variables": {"a": []}, "tasks": [{"get": "/"}]})",
              "f.json:1:21: \"a\" must be a text, a number or a list"},
        Wrong{R"({"variables": {"a": [[]]}, "tasks": [{"get": "/"}]})",
              "f.json:1:22: a list of variables has texts and numbers"},
        Wrong{R"({"variables": {"uuid": 1}, "tasks": [{"get": "/"}]})",
              "f.json:1:16: \"uuid\" is a function"},
        Wrong{R"({"variables": {"a b": 1}, "tasks": [{"get": "/"}]})",
              "f.json:1:16: \"a b\" is not a name"}));

INSTANTIATE_TEST_SUITE_P(
    Load, ReaderErrors,
    testing::Values(Wrong{R"({"load": {"user": 5}, "tasks": [{"get": "/"}]})",
                          "f.json:1:11: unknown key \"user\"; did you mean \"users\"?"},
                    Wrong{R"({"load": {"users": 1.5}, "tasks": [{"get": "/"}]})",
                          "f.json:1:20: \"users\" must be a whole number from 1"},
                    Wrong{R"({"load": {"rate": "fast"}, "tasks": [{"get": "/"}]})",
                          "f.json:1:19: \"rate\": \"fast\" is not a rate above 0"},
                    Wrong{R"({"load": {"users": 1, "rate": 5}, "tasks": [{"get": "/"}]})",
                          "f.json:1:31: a load has either \"users\" or a \"rate\""},
                    Wrong{R"({"load": {"run_time": "0s"}, "tasks": [{"get": "/"}]})",
                          "f.json:1:23: \"run_time\" must be above 0"},
                    Wrong{R"({"load": {"arrivals": "even"}, "tasks": [{"get": "/"}]})",
                          "f.json:1:23: \"arrivals\" must be \"poisson\" or \"uniform\""},
                    Wrong{R"({"load": {"stages": [{}]}, "tasks": [{"get": "/"}]})",
                          "f.json:1:22: a stage has either \"users\" or a \"rate\""},
                    Wrong{R"({"load": {"stages": [{"users": 1}]}, "tasks": [{"get": "/"}]})",
                          "f.json:1:22: a stage takes time"},
                    Wrong{R"({"load": {"users": 5, "stages": []}, "tasks": [{"get": "/"}]})",
                          "f.json:1:20: with \"stages\" there is no \"users\""},
                    Wrong{R"({"wait": "3s-1s", "tasks": [{"get": "/"}]})",
                          "f.json:1:10: \"wait\": \"3s-1s\" is not a time"},
                    Wrong{R"({"wait": {"poisson": 1}, "tasks": [{"get": "/"}]})",
                          "f.json:1:11: unknown key \"poisson\"; \"wait\" has exponential, pacing"},
                    Wrong{R"({"wait": {}, "tasks": [{"get": "/"}]})",
                          "f.json:1:10: \"wait\" is a time"}));

INSTANTIATE_TEST_SUITE_P(
    Steps, ReaderErrors,
    testing::Values(
        Wrong{R"({"tasks": [{"weight": 1}]})", "f.json:1:12: a step needs a request"},
        Wrong{R"({"tasks": [{"gte": "/"}]})",
              "f.json:1:13: unknown key \"gte\"; did you mean \"get\"?"},
        Wrong{R"({"tasks": [{"get": "/", "post": "/"}]})",
              "f.json:1:33: a step is one request: it has one method"},
        Wrong{R"({"tasks": [{"get": "health"}]})", "f.json:1:20: \"health\" is not a path"},
        Wrong{R"({"tasks": [{"get": 5}]})", "f.json:1:20: the path must be a text"},
        Wrong{R"({"tasks": [{"weight": -1, "get": "/"}]})",
              "f.json:1:23: \"weight\" must be from 0"},
        Wrong{R"({"tasks": [{"weight": "5", "get": "/"}]})",
              "f.json:1:23: \"weight\" must be a number, and is a text"},
        Wrong{R"({"tasks": [{"weight": 0, "get": "/"}]})",
              "f.json:1:11: no task has a weight above 0"},
        Wrong{R"({"tasks": [{"steps": []}]})", "f.json:1:22: \"steps\" must be a list"},
        Wrong{R"({"tasks": [{"steps": [{"get": "/", "weight": 1}]}]})",
              "f.json:1:36: unknown key \"weight\""},
        Wrong{R"({"tasks": [{"get": "/{{naem}}"}], "variables": {"name": 1}})",
              "f.json:1:20: \"{{naem}}\": unknown name \"naem\"; did you mean \"name\"?"},
        Wrong{R"({"tasks": [{"post": "/", "json": 1, "body": "x"}]})",
              "f.json:1:45: a request has one body"},
        Wrong{R"({"tasks": [{"head": "/", "json": 1}]})",
              "f.json:1:34: a HEAD request has no body"},
        Wrong{R"({"tasks": [{"post": "/", "form": {"a": [1]}}]})",
              "f.json:1:40: a form has texts and numbers"},
        Wrong{R"({"tasks": [{"get": "/", "headers": {"a b": "c"}}]})",
              "f.json:1:37: \"a b\" is not the name of a header"},
        Wrong{R"({"tasks": [{"get": "/", "content_type": "a\nb"}]})",
              "f.json:1:41: \"content_type\" fits on one line"},
        Wrong{R"({"tasks": [{"get": "/", "timeout": 0}]})",
              "f.json:1:36: \"timeout\" must be above"},
        Wrong{R"({"tasks": [{"get": "/", "think": {"pacing": 1}}]})",
              "f.json:1:35: unknown key \"pacing\""},
        Wrong{R"({"tasks": [{"get": "/", "on_failure": "stop"}]})",
              "f.json:1:39: \"on_failure\" must be \"end_task\" or \"continue\""},
        Wrong{R"({"classes": [{"tasks": [{"get": "/", "extract": {"id": "/id"}}]},
                               {"tasks": [{"get": "/{{id}}"}]}]})",
              "f.json:2:43: \"id\" is used here, but extracted by another class"}));

INSTANTIATE_TEST_SUITE_P(
    Checks, ReaderErrors,
    testing::Values(
        Wrong{R"({"tasks": [{"get": "/", "check": {"stauts": 200}}]})",
              "f.json:1:35: unknown key \"stauts\"; did you mean \"status\"?"},
        Wrong{R"({"tasks": [{"get": "/", "check": {"status": 20}}]})",
              "f.json:1:45: a status is a whole number from 100 to 999"},
        Wrong{R"({"tasks": [{"get": "/", "check": {"status": "ok"}}]})",
              "f.json:1:45: a status is written 200"},
        Wrong{R"({"tasks": [{"get": "/", "check": {"json": {"status": "ok"}}}]})",
              "f.json:1:44: \"status\" is not a JSON pointer"},
        Wrong{R"({"tasks": [{"get": "/", "check": {"json": {"/a": {"equals": 1}}}}]})",
              "f.json:1:51: unknown key \"equals\""},
        Wrong{R"({"tasks": [{"get": "/", "check": {"size": {"at_least": 2, "at_most": 1}}}]})",
              "f.json:1:43: \"at_most\" is below \"at_least\""},
        Wrong{R"({"tasks": [{"get": "/", "check": {"matches": "("}}]})",
              "f.json:1:46: \"matches\": \"(\" is not a regular expression: missing )"},
        Wrong{R"({"tasks": [{"get": "/", "check": {"size": {"at_least": -1}}}]})",
              "f.json:1:56: \"at_least\" must be 0 bytes or more"},
        Wrong{R"({"tasks": [{"get": "/", "check": {"within": "fast"}}]})",
              "f.json:1:45: \"within\": \"fast\" is not a time"},
        Wrong{R"({"tasks": [{"get": "/", "extract": {"id": {"jsn": "/id"}}}]})",
              "f.json:1:44: unknown key \"jsn\"; did you mean \"json\"?"},
        Wrong{R"({"tasks": [{"get": "/", "extract": {"id": {"default": "/id"}}}]})",
              "f.json:1:43: an extraction needs \"json\", \"header\" or \"regex\""},
        Wrong{R"({"tasks": [{"get": "/", "extract": {"now": "/id"}}]})",
              "f.json:1:36: \"now\" is a function"}));

TEST(Reader, DeepNestingIsRefusedNotFollowed) {
  for (const std::size_t depth : {64u, 65u, 100'000u}) {
    const auto text = std::string(depth, '[') + std::string(depth, ']');
    const auto file = parse_scenario(text, "f.json");
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().message, depth > 64
                                          ? StartsWith("f.json:1:65: more than 64 levels")
                                          : StartsWith("f.json:1:1: a scenario must be an object"));
  }
}

// Whatever is cut off or changed, the reader says so or reads something; it never fails otherwise.
TEST(Reader, SurvivesEveryTruncationAndEveryChangedByte) {
  for (std::size_t size = 0; size < shop.size(); ++size) {
    EXPECT_FALSE(parse_scenario(shop.substr(0, size), "f.json")) << size;
  }
  std::string text(shop);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '"', '{', ']', '\\', '\xff', '9'}) {
      const char before = std::exchange(text[i], c);
      const auto file = parse_scenario(text, "f.json");
      if (!file) {
        EXPECT_EQ(file.error().message.find('\n'), std::string::npos);
      }
      text[i] = before;
    }
  }
}

TEST(Reader, ReadsTheScenariosOfTheTree) {
  const std::filesystem::path root = DYNO_SOURCE_DIR;
  std::vector<std::filesystem::path> paths{root / "bench" / "peers" / "conf" / "mix.json"};
  const auto scenarios = root / "fixtures" / "scenarios";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scenarios)) {
    // What lies beside them: rows for feeders, and limits.
    if (entry.path().extension() != ".json" || entry.path().stem() == "targets") continue;
    paths.push_back(entry.path());
  }
  EXPECT_GT(paths.size(), 7u);
  for (const auto& path : paths) {
    const auto file = read_scenario(path);
    EXPECT_TRUE(file) << (file ? "" : file.error().message);
    if (!file) continue;
    EXPECT_EQ(file->scenario->name, path.stem());
  }
}

TEST(Reader, AFileThatIsNotThereIsNamed) {
  const auto file = read_scenario("no/such.json");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, testing::HasSubstr("no/such.json: No such file"));
}

}  // namespace
}  // namespace dyno::scenario
