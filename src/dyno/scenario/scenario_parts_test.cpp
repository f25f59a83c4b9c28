// Feeders, tags, thresholds, set-up and tear-down; and the message of every malformed file in
// fixtures/golden/scenario_errors.
#include <filesystem>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/scenario/reader.h"

namespace dyno::scenario {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path golden = fs::path(DYNO_SOURCE_DIR) / "fixtures" / "golden" / "scenario_errors";

// Reads files as if they lay beside the scenario, under the names of the golden folder.
Result<std::string> beside(const fs::path& path) {
  auto text = read_file(golden / path);
  if (text) return text;
  return Error{path.string() + ": No such file or directory"};
}

File parsed(std::string_view text, ReadOptions options = {}) {
  auto file = parse_scenario(text, "f.json", std::move(options));
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? std::move(*file) : File{};
}

std::string error_of(std::string_view text) {
  const auto file = parse_scenario(text, "f.json");
  return file ? "(none)" : file.error().message;
}

// expected.txt has a line for each malformed file, which is the message.
TEST(MalformedScenarios, GiveTheirGoldenMessages) {
  std::string got;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(golden)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    const auto text = read_file(path);
    ASSERT_TRUE(text);
    const auto file = parse_scenario(*text, path.filename().string(), {{}, beside});
    got += (file ? path.filename().string() + " was read" : file.error().message) + "\n";
  }
  EXPECT_GE(paths.size(), 40u);
  const auto expected = read_file(golden / "expected.txt");
  ASSERT_TRUE(expected);
  std::istringstream got_lines(got);
  std::istringstream expected_lines(*expected);
  std::string line;
  for (std::string want; std::getline(expected_lines, want);) {
    std::getline(got_lines, line);
    EXPECT_EQ(line, want);
  }
  EXPECT_EQ(got, *expected) << "is a file without its line?";
}

TEST(Feeders, GiveTheColumnsThatAreUsed) {
  const auto files = [](const fs::path& path) -> Result<std::string> {
    if (path == "c.csv") {
      return std::string("\xef\xbb\xbfid;name;unused\r\n1;\"a;\n\"\"b\"\"\";x\r\n\r\n2;c\nd;y\n");
    }
    return std::string(R"([{"n": 1.50, "t": null, "o": {"a": [1]}}])");
  };
  const auto ok = [&](const fs::path& path) -> Result<std::string> {
    if (path == "c.csv") {
      return std::string("\xef\xbb\xbfid;name;unused\r\n1;\"a;\n\"\"b\"\"\";x\r\n\r\n2;c\rd;y\n");
    }
    return files(path);
  };
  const auto text = R"({"feeders": {
      "c": {"csv": "c.csv", "delimiter": ";", "order": "unique", "per": "user"},
      "j": {"json": "j.json", "order": "random"}, "r": {"rows": [{"k": "v"}, {"k": 2}]}},
    "tasks": [{"get": "/{{c.id}}/{{c.name}}"}, {"post": "/", "json": {"o": "{{j.o | raw}}",
               "n": "{{j.n}}", "t": "{{j.t}}"}}, {"get": "/{{r.k}}"}, {"get": "/none"}]})";
  const auto scenario = parsed(text, {{}, ok}).scenario;
  ASSERT_EQ(scenario->feeders.size(), 3u);
  const Feeder& c = scenario->feeders[0];
  EXPECT_EQ(c.order, Feeder::Order::unique);
  EXPECT_TRUE(c.per_user);
  EXPECT_EQ(c.rows, 2u);
  EXPECT_THAT(c.cells, ElementsAre("1", "a;\n\"b\"", "2", "c\rd"));
  EXPECT_THAT(scenario->feeders[1].cells, ElementsAre("1.50", "", "{\"a\":[1]}"));
  EXPECT_EQ(scenario->feeders[1].order, Feeder::Order::random);
  EXPECT_THAT(scenario->feeders[2].cells, ElementsAre("v", "2"));
  EXPECT_FALSE(scenario->feeders[2].per_user);
  const auto& tasks = scenario->classes.front().tasks;
  EXPECT_THAT(tasks[0].feeders, ElementsAre(0u));
  EXPECT_THAT(tasks[1].feeders, ElementsAre(1u));
  EXPECT_THAT(tasks[2].feeders, ElementsAre(2u));
  EXPECT_THAT(tasks[3].feeders, IsEmpty());
  const auto broken = parse_scenario(text, "f.json", {{}, files});
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("c.csv:5: 2 fields, where the first line names 3"))
      << "lines within quotes and empty ones count";
}

TEST(Tags, OfAClassAreOfItsTasksAndOfATaskOfItsSteps) {
  const auto scenario = parsed(R"({"classes": [{"tags": "shop", "on_start": {"get": "/in"},
      "tasks": [{"tags": ["a", "shop"], "get": "/"},
                {"tags": ["b"], "steps": [{"get": "/1", "tags": ["c"]}, {"get": "/2"}]}]}]})")
                            .scenario;
  const UserClass& users = scenario->classes.front();
  EXPECT_THAT(users.on_start.tags, ElementsAre("shop"));
  EXPECT_THAT(users.tasks[0].tags, ElementsAre("shop", "a"));
  EXPECT_THAT(users.tasks[0].steps[0].tags, ElementsAre("shop", "a"));
  EXPECT_THAT(users.tasks[1].tags, ElementsAre("shop", "b"));
  EXPECT_THAT(users.tasks[1].steps[0].tags, ElementsAre("c", "shop", "b"));
  EXPECT_THAT(users.tasks[1].steps[1].tags, ElementsAre("shop", "b"));
}

TEST(Thresholds, AreReadIntoFigures) {
  const auto file = parsed(R"({
    "thresholds": {
      "http_req_duration": ["p(99.9) < 1500", "avg<=200ms"],
      "http_req_duration{name:/items/*, method:GET, expected_response:false}": "med<100",
      "http_req_waiting{tag:write}": [
        {"threshold": "max<2s", "acceptable": 2500, "critical": "3s", "abortOnFail": true,
         "delayAbortEval": "10s", "grace": 5}],
      "http_req_failed": ["rate<0.01"], "http_reqs": ["rate>=100", "count>5"],
      "iterations": ["rate>1"], "dropped_iterations": ["count==0"], "vus": ["max<=10"],
      "http_req_duration{window:spike}": ["p(95)<900"]
    },
    "tasks": [{"get": "/items/{{uniform 1 9}}"}, {"post": "/", "tags": ["write"]}]})");
  std::vector<std::string> figures;
  for (const Threshold& threshold : file.thresholds) figures.push_back(threshold.figure);
  EXPECT_THAT(figures, ElementsAre("response_time.p99.9", "response_time.mean", "response_time.p50",
                                   "first_byte.max", "error_share", "throughput.all", "requests",
                                   "iteration_rate", "dropped", "users.max", "response_time.p95"));
  EXPECT_EQ(file.thresholds[0].limit, 1.5e9);
  EXPECT_EQ(file.thresholds[0].relation, Threshold::Relation::below);
  EXPECT_EQ(file.thresholds[1].limit, 2e8);
  EXPECT_EQ(file.thresholds[1].relation, Threshold::Relation::at_most);
  EXPECT_EQ(file.thresholds[2].name, "/items/*");
  EXPECT_EQ(file.thresholds[2].method, "GET");
  EXPECT_TRUE(file.thresholds[2].of_failures);
  const Threshold& tiers = file.thresholds[3];
  EXPECT_EQ(tiers.tag, "write");
  EXPECT_EQ(tiers.limit, 2e9);
  EXPECT_EQ(tiers.acceptable, 2.5e9);
  EXPECT_EQ(tiers.critical, 3e9);
  EXPECT_TRUE(tiers.aborts);
  EXPECT_EQ(tiers.delay, 10s);
  EXPECT_EQ(tiers.grace, 5s);
  EXPECT_EQ(file.thresholds[5].relation, Threshold::Relation::at_least);
  EXPECT_EQ(file.thresholds[6].relation, Threshold::Relation::above);
  EXPECT_EQ(file.thresholds[8].relation, Threshold::Relation::at_most);
  EXPECT_EQ(file.thresholds[10].window, "spike");
}

TEST(Thresholds, EqualityIsOfExactNumbers) {
  using Relation = Threshold::Relation;
  const std::pair<const char*, Relation> good[] = {
      {"http_req_failed: rate==0", Relation::at_most},
      {"http_req_failed: rate!=0", Relation::above},
      {"http_req_failed: rate==1", Relation::at_least},
      {"http_req_failed: rate===1.0", Relation::at_least},
      {"http_req_failed: rate != 1", Relation::below},
      {"dropped_iterations: count==0", Relation::at_most},
      {"http_reqs: count!=0", Relation::above},
      {"http_reqs: count==100", Relation::equal},
      {"iterations: count===100", Relation::equal},
      {"iterations: count!=100", Relation::unequal},
      {"http_reqs: rate!=0", Relation::above},
      {"vus: value!=0", Relation::above},
      {"vus: max==10", Relation::equal},
      {"http_req_connecting: max==0", Relation::at_most}};
  for (const auto& [text, relation] : good) {
    const auto threshold = parse_threshold(text);
    ASSERT_TRUE(threshold) << text << ": " << threshold.error().message;
    EXPECT_EQ(threshold->relation, relation) << text;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"http_req_duration: p(95)==500", "\"==\" has no meaning for a measured time: write <, <="},
      {"http_req_duration: avg!=2s", "\"!=\" has no meaning for a measured time"},
      {"http_req_failed: rate===0.5", "\"===\" has no meaning for a share but 0 and 1"},
      {"http_reqs: count==1.5", "a count and a number that is not whole"},
      {"http_reqs: rate==100", "a measured rate but 0"},
      {"vus: avg==10", "a mean but 0"},
      {"http_reqs: count!==1", "is not a threshold"}};
  for (const auto& [text, message] : bad) {
    const auto threshold = parse_threshold(text);
    ASSERT_FALSE(threshold) << text;
    EXPECT_THAT(threshold.error().message, testing::HasSubstr(message)) << text;
  }
}

TEST(Thresholds, OneText) {
  const auto plain = parse_threshold("http_req_failed: rate<0.05");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->figure, "error_share");
  EXPECT_EQ(plain->limit, 0.05);
  const auto tagged = parse_threshold("http_req_duration{name:/a,method:GET}:p(95)<500");
  ASSERT_TRUE(tagged);
  EXPECT_EQ(tagged->name, "/a");
  EXPECT_EQ(tagged->text, "http_req_duration{name:/a,method:GET}: p(95)<500");
  for (const std::string_view text : {"", "p(95)<500", "http_req_duration", "a{b:c", "{", ":"}) {
    EXPECT_FALSE(parse_threshold(text)) << text;
  }
}

constexpr std::string_view seeded = R"({
  "set_up": [{"post": "/seed", "extract": {"id": "/id", "token": "/t"}},
             {"post": "/more/{{id}}"}],
  "tasks": [{"get": "/{{id}}", "headers": {"A": "{{token}}"}}],
  "tear_down": {"delete": "/seed/{{id}}"}})";

TEST(SetUp, WhatItExtractsIsPutIntoTheTasksAfterwards) {
  const auto before = parsed(seeded).scenario;
  EXPECT_EQ(before->set_up.steps.size(), 2u);
  EXPECT_EQ(before->set_up.steps[0].extractions.size(), 2u);
  EXPECT_FALSE(before->classes.front().tasks[0].steps[0].variables.empty());
  const auto after = parsed(seeded, {{{"id", "a b"}, {"token", "x"}}, {}}).scenario;
  EXPECT_THAT(after->set_up.steps, IsEmpty());
  const Step& step = after->classes.front().tasks[0].steps[0];
  EXPECT_TRUE(step.path.constant());
  EXPECT_EQ(step.path.constant_text(), "/a%20b");
  EXPECT_THAT(step.variables, IsEmpty());
  EXPECT_EQ(after->tear_down.steps[0].path.constant_text(), "/seed/a%20b");
}

// A scenario that comes from anywhere makes nobody read files.
TEST(Feeders, AreReadFromFilesOnlyWhereThatIsAllowed) {
  EXPECT_EQ(error_of(R"({"feeders": {"c": {"csv": "/dev/zero"}}, "tasks": [{"get": "/"}]})"),
            "f.json:1:27: other files cannot be read from here");
}

}  // namespace
}  // namespace dyno::scenario
