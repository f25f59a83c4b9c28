// The journey of the content validator's clients as a scenario file: the documented mix, and every
// step of it answered by the service as its checks want.

#include <map>

#include <gtest/gtest.h>

#include "dyno/load/engine.h"
#include "dyno/record/figures.h"
#include "dyno/scenario/reader.h"
#include "services/content_validator/service.h"

namespace content_validator_perf {
namespace {

dyno::scenario::File journey() {
  auto file =
      dyno::scenario::read_scenario(DYNO_SOURCE_DIR "/fixtures/scenarios/content_validator.json");
  EXPECT_TRUE(file) << file.error().message;
  return std::move(*file);
}

// Half validations, 30 % lists, 20 % statistics, as the case MixedConcurrentOperations.
TEST(ContentValidatorScenario, HasTheDocumentedMix) {
  const auto file = journey();
  ASSERT_EQ(file.scenario->classes.size(), 1u);
  std::map<std::string, double> weights;
  for (const auto& task : file.scenario->classes[0].tasks)
    if (task.steps.size() == 1) weights[task.steps[0].group] += task.weight;
  EXPECT_EQ(weights["tools/call validate_content"] + weights["tools/call validate_file"], 50);
  EXPECT_EQ(weights["tools/call list_validations"], 30);
  EXPECT_EQ(weights["tools/call get_stats"], 20);
}

TEST(ContentValidatorScenario, IsAnsweredAsItsChecksWant) {
  content_validator::Config config;
  config.data_size = "small";
  config.data_seed = 7;
  config.cache_dir = DYNO_TEST_CACHE_DIR;
  content_validator::Service service(config);
  ASSERT_TRUE(service.start().ok());
  const auto file = journey();
  dyno::load::RunOptions options;
  options.host = service.url();
  const auto run = dyno::load::run(dyno::load::Scenario(file.scenario),
                                   dyno::load::users(4).operations(150), options);
  ASSERT_TRUE(run) << run.error().message;
  const auto requests = [&](const std::string& figure, const std::string& endpoint) {
    return dyno::record::figure(*run, {.figure = figure, .endpoint = endpoint, .window = "*"})
        .value;
  };
  EXPECT_EQ(requests("failures", "*"), 0);
  for (const char* step : {"*initialize", "*notifications/initialized", "*validate_folder",
                           "*validate_content", "*validate_file", "*list_validations", "*get_stats",
                           "*enhance", "*approve", "*end of session"})
    EXPECT_GT(requests("requests", step), 0) << step;
}

}  // namespace
}  // namespace content_validator_perf
