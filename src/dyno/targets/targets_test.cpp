#include "dyno/targets/targets.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"

namespace dyno::targets {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string file_of(const std::string& target) {
  return "{\"system\": \"s\", // a comment\n \"sets\": {\"normal\": {\"targets\": [" + target +
         "]}}}";
}

std::string error_of(const std::string& target) {
  const auto file = parse_targets(file_of(target), "t.json");
  return file ? "" : file.error().message;
}

Target read(const std::string& target) {
  const auto file = parse_targets(file_of(target), "t.json");
  EXPECT_TRUE(file) << file.error().message;
  return file ? file->sets.at(0).targets.at(0) : Target{};
}

TEST(Targets, AreReadWithUnits) {
  const auto p95 = read(R"({"figure": "response_time.p95", "below": "3 s"})");
  EXPECT_EQ(p95.relation, Relation::below);
  EXPECT_EQ(p95.limit, 3e9);
  EXPECT_EQ(p95.endpoint, "*");
  EXPECT_EQ(p95.window, "steady");
  EXPECT_FALSE(p95.abort_grace);
  EXPECT_EQ(read(R"({"figure": "rate", "at_least": "100/s"})").limit, 100);
  EXPECT_EQ(read(R"({"figure": "error_share", "below": "1 %"})").limit, 0.01);
  EXPECT_EQ(read(R"({"figure": "service.cpu_percent.mean", "below": "80 %"})").limit, 80);
  EXPECT_EQ(read(R"({"figure": "service.rss.max", "below": "512 MB"})").limit, 512e6);
  EXPECT_EQ(read(R"({"figure": "service.rss.growth_per_minute", "below": "5 MB/min"})").limit, 5e6);
  EXPECT_EQ(read(R"({"figure": "gauge.x.max", "at_most": 12})").limit, 12);
  EXPECT_EQ(read(R"({"figure": "gauge.x.max", "at_most": "gauge.y.max"})").limit_figure,
            "gauge.y.max");
}

TEST(Targets, TiersAndAbort) {
  const auto tiers = read(R"({"figure": "response_time.p95", "below": "200 ms",
                              "acceptable": "500 ms", "critical": "1 s"})");
  EXPECT_EQ(tiers.acceptable, 500e6);
  EXPECT_EQ(tiers.critical, 1e9);
  EXPECT_EQ(tiers.abort_grace, 10s) << "worse than critical ends the run";
  EXPECT_FALSE(read(R"({"figure": "rate", "at_least": "100/s", "acceptable": "50/s",
                        "critical": "20/s", "abort": false})")
                   .abort_grace);
  EXPECT_EQ(
      read(R"({"figure": "error_share", "below": "1 %", "abort": {"grace": "3 s"}})").abort_grace,
      3s);
}

TEST(Targets, TheFullFormMayHaveAStricterLimit) {
  constexpr auto text = R"({"sets": {"memory": {"targets": [
      {"figure": "service.rss.growth_per_minute", "below": "10 MB/min", "full": "1 MB/min",
       "acceptable": "20 MB/min"},
      {"figure": "rate", "at_least": "50/s", "full": "100/s"},
      {"figure": "error_share", "below": "1 %"}]}}})";
  const auto folder =
      std::filesystem::temp_directory_path() / ("dyno_targets_" + std::to_string(::getpid()));
  ASSERT_TRUE(write_file(folder / "s.json", text));
  for (const auto* form : {"quick", "standard"}) {
    const auto set = load_target_set("s/memory", folder, form);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(to_string(set->targets[0]), "service.rss.growth_per_minute < 10.0 MB/min") << form;
    EXPECT_EQ(set->targets[1].limit, 50) << form;
  }
  EXPECT_EQ(load_target_set("s/memory", folder)->targets[1].limit, 50) << "unless asked for";
  const auto set = load_target_set("s/memory", folder, "full");
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(to_string(set->targets[0]), "service.rss.growth_per_minute < 1.00 MB/min");
  EXPECT_EQ(set->targets[0].acceptable, 20e6) << "the other tiers are of every form";
  EXPECT_EQ(set->targets[1].limit, 100);
  EXPECT_EQ(set->targets[2].limit, 0.01) << "one limit is of every form";
  std::filesystem::remove_all(folder);
}

TEST(Targets, ErrorsOfTheFullForm) {
  EXPECT_THAT(error_of(R"({"figure": "rate", "at_least": "3/s", "full": "2/s"})"),
              HasSubstr("normal.targets[0].full: is not stricter than the limit that it replaces "
                        "in the full form (>= 3/s)"));
  EXPECT_THAT(error_of(R"({"figure": "error_share", "below": "1 %", "full": "1 %"})"),
              HasSubstr("full: is not stricter"));
  EXPECT_THAT(error_of(R"({"figure": "error_share", "below": "1 %", "full": "1 s"})"),
              HasSubstr("full: '1 s' is no limit for this figure: write e.g. \"1 %\""));
  EXPECT_THAT(error_of(R"({"figure": "gauge.x.max", "at_most": "gauge.y.max", "full": 1})"),
              HasSubstr("full: a limit that is a figure has no other"));
  EXPECT_THAT(error_of(R"({"figure": "rate", "full": "3/s"})"), HasSubstr("has no limit"));
}

TEST(Targets, ErrorsSayWhereAndWhatWasMeant) {
  EXPECT_THAT(
      error_of(R"({"figure": "response_tim.p95", "below": "3 s"})"),
      HasSubstr("t.json: normal.targets[0].figure: 'response_tim.p95' is no figure; did you "
                "mean 'response_time.p95'?"));
  EXPECT_THAT(error_of(R"({"figure": "rate", "at_leest": "3/s"})"),
              HasSubstr("normal.targets[0].at_leest: unknown key; did you mean 'at_least'?"));
  EXPECT_THAT(error_of(R"({"figure": "rate", "at_least": 100})"), HasSubstr("\"100/s\""));
  EXPECT_THAT(error_of(R"({"figure": "response_time.p95", "below": "3"})"), HasSubstr("2 s"));
  EXPECT_THAT(error_of(R"({"figure": "response_time.p95", "below": "3 MB"})"), HasSubstr("2 s"));
  EXPECT_THAT(error_of(R"({"figure": "service.rss.max", "below": "3 s"})"), HasSubstr("512 MB"));
  EXPECT_THAT(error_of(R"({"figure": "error_share", "below": "-1 %"})"), HasSubstr("1 %"));
  EXPECT_THAT(error_of(R"({"figure": "rate"})"), HasSubstr("has no limit"));
  EXPECT_THAT(error_of(R"({"below": "1 s"})"), HasSubstr("has no 'figure'"));
  EXPECT_THAT(error_of(R"({"figure": "rate", "below": "1/s", "above": "2/s"})"),
              HasSubstr("has both 'below' and 'above'"));
  EXPECT_THAT(error_of(R"({"figure": "response_time.p95", "below": "3 s", "acceptable": "2 s"})"),
              HasSubstr("acceptable: is stricter"));
  EXPECT_THAT(error_of(R"({"figure": "rate", "at_least": "3/s", "critical": "4/s"})"),
              HasSubstr("critical: is stricter"));
  EXPECT_THAT(error_of(R"({"figure": "rate", "at_least": "3/s", "min_samples": "many"})"),
              HasSubstr("min_samples"));
  EXPECT_THAT(error_of(R"("rate")"), HasSubstr("normal.targets[0]"));
  EXPECT_THAT(error_of("{,}"), HasSubstr("t.json:2:"));
  EXPECT_THAT(parse_targets("{}", "t.json").error().message, HasSubstr("sets"));
  EXPECT_THAT(parse_targets(R"({"sets": {"a": {"targets": []}}})", "t.json").error().message,
              HasSubstr("a.targets: write a list of at least one"));
  EXPECT_THAT(parse_targets(R"({"sets": {"a": {}, "a": {}}})", "t.json").error().message,
              HasSubstr("'a' is there twice"));
  EXPECT_FALSE(read_targets("/no/such/file.json"));
}

TEST(Targets, OfTheCostAgentAreAllThere) {
  const auto file = read_targets(DYNO_SOURCE_DIR "/fixtures/targets/cost_agent.json");
  ASSERT_TRUE(file) << file.error().message;
  for (const auto* name :
       {"normal", "peak", "stress", "breaking_point", "throughput_collection",
        "throughput_analysis", "throughput_recommendations", "operations", "database", "cache",
        "pool", "memory_growth", "fd_growth", "error_rate"}) {
    const auto set = find_set(*file, name);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(set->system, "cost_agent");
  }
  const auto normal = load_target_set("cost_agent/normal", DYNO_SOURCE_DIR "/fixtures/targets");
  ASSERT_TRUE(normal) << normal.error().message;
  EXPECT_EQ(tightest_latency(*normal), 2s);
  EXPECT_EQ(to_string(normal->targets.at(1)), "response_time.p95 < 3.00 s");
  const auto wrong = load_target_set("cost_agent/norml", DYNO_SOURCE_DIR "/fixtures/targets");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("did you mean 'normal'?"));
  EXPECT_FALSE(load_target_set("normal", DYNO_SOURCE_DIR "/fixtures/targets"));
}

}  // namespace
}  // namespace dyno::targets
