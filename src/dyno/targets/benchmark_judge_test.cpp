#include "dyno/targets/benchmark_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dyno::targets {
namespace {

using record::VerdictKind;

TargetSet one(const std::string& figure, const std::string& endpoint, double limit) {
  Target target;
  target.figure = figure;
  target.endpoint = endpoint;
  target.limit = limit;
  return {"cost_agent", "benchmarks", "", {target}};
}

nlohmann::json file(const nlohmann::json& benchmark) { return {{"benchmarks", {benchmark}}}; }

const nlohmann::json collection{
    {"name", "Collect/1"}, {"run_type", "iteration"}, {"iterations", 300}, {"real_time", 4.0},
    {"time_unit", "ms"},   {"p95_ns", 6e6},           {"samples", 300.0}};

TEST(JudgeBenchmarks, AMeanIsInTheUnitOfTheBenchmark) {
  EXPECT_EQ(judge_benchmarks(file(collection), one("response_time.mean", "Collect/*", 5e6))[0].kind,
            VerdictKind::pass);
  const auto missed =
      judge_benchmarks(file(collection), one("response_time.mean", "Collect/*", 3e6));
  EXPECT_EQ(missed[0].kind, VerdictKind::fail);
  EXPECT_THAT(missed[0].message, testing::HasSubstr("of Collect/1: 4.00 ms"));
}

TEST(JudgeBenchmarks, OfRepetitionsTheMiddleOneIsJudged) {
  auto paused = collection;
  paused["real_time"] = 40.0;
  const auto set = one("response_time.mean", "Collect/1", 5e6);
  const auto kinds = [&](const nlohmann::json& rows) {
    std::vector<VerdictKind> all;
    for (const auto& one : judge_benchmarks({{"benchmarks", rows}}, set)) all.push_back(one.kind);
    return all;
  };
  using testing::ElementsAre;
  EXPECT_THAT(kinds({collection, paused, collection}), ElementsAre(VerdictKind::pass));
  EXPECT_THAT(kinds({paused, collection, paused}), ElementsAre(VerdictKind::fail));
  auto failed = collection;
  failed["error_occurred"] = true;
  EXPECT_THAT(kinds({collection, collection, failed}), ElementsAre(VerdictKind::no_data));
}

TEST(JudgeBenchmarks, APercentileNeedsItsSamples) {
  const auto set = one("response_time.p95", "Collect/1", 7e6);
  EXPECT_EQ(judge_benchmarks(file(collection), set)[0].kind, VerdictKind::pass);
  auto few = collection;
  few["samples"] = 199.0;
  EXPECT_EQ(judge_benchmarks(file(few), set)[0].kind, VerdictKind::no_data);
  few.erase("p95_ns");
  EXPECT_EQ(judge_benchmarks(file(few), set)[0].kind, VerdictKind::no_data);
}

TEST(JudgeBenchmarks, AFailedOrMissingBenchmarkIsNoPass) {
  auto failed = collection;
  failed["error_occurred"] = true;
  failed["error_message"] = "down";
  const auto set = one("response_time.mean", "Collect/1", 5e6);
  EXPECT_EQ(judge_benchmarks(file(failed), set)[0].kind, VerdictKind::no_data);
  EXPECT_EQ(judge_benchmarks(nlohmann::json::object(), set)[0].kind, VerdictKind::no_data);
}

}  // namespace
}  // namespace dyno::targets
