#include "dyno/ab/load_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/record/test_records.h"

namespace dyno::ab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Percentiles = std::vector<double>;

compare::Measured figure(const compare::Process& process, const std::string& name) {
  const auto found = process.figures.find({"all requests", name});
  EXPECT_NE(found, process.figures.end()) << name;
  return found == process.figures.end() ? compare::Measured{} : found->second;
}

record::RunRecord valid_record() {
  auto run = record::test_record();
  run.completion = record::Completion::complete;
  run.validity = {};
  return run;
}

TEST(LoadFigures, AreOfAllRequestsWithTheirDirection) {
  const auto process = figures_of_load(valid_record(), {50, 95}, 0.05);
  EXPECT_EQ(process.figures.size(), 3u);
  const auto p95 = figure(process, "response_time.p95");
  EXPECT_GT(p95.value, figure(process, "response_time.p50").value);
  EXPECT_EQ(p95.unit, "ns");
  const auto rate = figure(process, "rate");
  EXPECT_GT(rate.value, 0);
  EXPECT_EQ(rate.error, "");
}

TEST(LoadFigures, ErrorsAreNeverCompared) {
  const auto process = figures_of_load(valid_record(), {50}, 0.001);
  for (const auto& [key, measured] : process.figures) {
    EXPECT_THAT(measured.error, AllOf(HasSubstr("of the requests failed"), HasSubstr("0.1 %")))
        << key.second;
  }
}

TEST(LoadFigures, NorIsARunThatCannotBeBelieved) {
  auto run = valid_record();
  run.validity.valid = false;
  run.validity.reasons = {"the engine was late"};
  EXPECT_THAT(figure(figures_of_load(run, {50}, 1), "rate").error, HasSubstr("engine was late"));
  run = valid_record();
  run.completion = record::Completion::partial;
  EXPECT_THAT(figure(figures_of_load(run, {50}, 1), "rate").error, HasSubstr("ended early"));
}

TEST(LoadFigures, PercentilesNeedSamples) {
  EXPECT_EQ(percentiles_for(19), Percentiles{});
  EXPECT_EQ(percentiles_for(200), (Percentiles{50, 95}));
  EXPECT_EQ(percentiles_for(1000), (Percentiles{50, 95, 99}));
}

// A program that ends at once is no service; what it said is passed on.
TEST(LoadRuns, AServiceThatDoesNotStartEndsIt) {
  LoadSides sides;
  sides.base = "echo 'port {port} is cursed'; exit 7";
  sides.head = sides.base;
  sides.health = "/health";
  sides.folder = std::filesystem::path(testing::TempDir()) / "ab_load_start";
  sides.run = [](const LoadTask&) -> Result<record::RunRecord> { return Error{"never"}; };
  const auto process = measure_load(sides)(Which::base, {});
  ASSERT_FALSE(process);
  EXPECT_THAT(process.error().message, AllOf(HasSubstr("the base"), HasSubstr("is cursed")));
}

}  // namespace
}  // namespace dyno::ab
