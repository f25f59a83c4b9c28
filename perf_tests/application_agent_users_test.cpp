// The users of the application agent exist twice, in C++ and as scenario files: the same requests
// with the same weights and waits.

#include "application_agent_users.h"

#include <memory>
#include <stdexcept>

#include <gmock/gmock.h>

#include "dyno/load/engine.h"
#include "journeys_for_test.h"
#include "services/application_agent/service.h"

namespace application_agent_perf {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class ApplicationAgentUsers : public testing::Test {
 protected:
  void SetUp() override {
    application_agent::Config config;
    config.size = "small";
    service_ = std::make_unique<application_agent::Service>(config);
    const auto port = service_->start();
    ASSERT_TRUE(port.ok()) << port.error().message;
    port_ = *port;
  }

  std::unique_ptr<application_agent::Service> service_;
  int port_ = 0;
};

TEST_F(ApplicationAgentUsers, AreTheSameAsDataAndInCode) {
  EXPECT_THAT(
      journeys::differences(normal_users(), journeys::read("application_agent.json"), port_),
      IsEmpty());
}

TEST_F(ApplicationAgentUsers, OfAllClassesAreTheSameAsDataAndInCode) {
  EXPECT_THAT(
      journeys::differences(all_users(), journeys::read("application_agent_classes.json"), port_),
      IsEmpty());
}

// What holds the two together here, and in the tests of the other systems, sees each kind of thing.
TEST_F(ApplicationAgentUsers, AreNotTheSameWithOneThingOtherwise) {
  const std::vector<std::pair<std::string, std::string>> otherwise = {
      {"\"weight\": 10", "\"weight\": 9"},
      {"\"1s-3s\"", "\"1s-2s\""},
      {"\"sample_size\": 100", "\"sample_size\": 50"},
      {"{\"status\": 201, ", "{"},
      {"{{choice prompts}}", "{{choice responses}}"},
      {"\"model_id\": \"{{choice models}}\"", "\"model_id\": \"{{choice models}}\", \"a\": 1"},
      {"\"Cache-Control\": \"no-cache\"", "\"Cache-Control\": \"no-store\""},
      {"/advice", "/models"},
      {"config_hash\": \"user-{{user}}\",\n", "config_hash\": \"user\",\n"},
      {"{{choice summary trends", "{{choice summary"},
      {"?models=gpt-4o", "?models=gpt-3o"},
      {"\"/analytics/*\"", "\"/analytics\""},
      {"\"Cache-Control\": \"no-cache\"", "\"X-Cache\": \"off\""},
      {"{{uniform 70 85}}", "{{uniform 70 95}}"},
      {"{{uniform 75 95}}", "{{uniform 75 95 | string}}"},
      {"{\"/status\": \"ok\"}", "{\"/status\": {\"exists\": true}}"},
      {"\"get\": \"/admin/stats\"", "\"think\": \"1s\", \"get\": \"/admin/stats\""},
  };
  const auto differences = journeys::differences(
      normal_users(), journeys::read("application_agent.json", {}, otherwise), port_);
  for (const char* seen : {
           "analyse quality, weight: 10 in C++, 9 as data",
           "longest wait, ns: 3000000000 in C++, 2000000000 as data",
           "on_start, request 1, body /sample_size: # [100..100] in C++, # [50..50] as data",
           "on_start, request 1 answered with status 200: outcomes: ",
           "analyse quality, request 1, body /prompt: ",
           "analyse quality, request 1, body /a: nothing in C++",
           "quality insights, request 1, header cache-control: ",
           "quality insights, request 1 answered with no /advice: outcomes: ",
           "detect regression, request 1, body /config_hash: \"user-#\" [0..2] in C++, \"user\"",
           "analytics, request 1, path: ",
           "analytics, request 1, query models: ",
           "analytics, outcomes: ",
           "analytics, request 1, header cache-control:  no-cache in C++, nothing as data",
           "analytics, request 1, header x-cache: nothing in C++,  off as data",
           "create validation, request 1, body /baseline_quality: # [70..85] in C++, # [70..95]",
           "create validation, request 1, body /new_quality: # [75..95] in C++, \"#\"",
           "health, request 1 answered with another /status: outcomes: ",
           "admin stats, request 1, wait before, ms: # [0..0] in C++, # [1000..1000] as data",
       })
    EXPECT_THAT(differences, Contains(HasSubstr(seen)));
}

TEST_F(ApplicationAgentUsers, TakeNoAnswerFromTheCacheUnlessTheyAskForIt) {
  const auto hits_of = [&](const dyno::load::Scenario& scenario) {
    const auto before = service_->cache().stats();
    dyno::load::RunOptions options;
    options.host = service_->url();
    const auto run = dyno::load::run(scenario, dyno::load::users(2).operations(40), options);
    EXPECT_TRUE(run) << run.error().message;
    return service_->cache().stats().hits - before.hits;
  };
  EXPECT_EQ(hits_of(only("analytics")), 0u);
  EXPECT_EQ(hits_of(only("quality insights")), 0u);
  EXPECT_GT(hits_of(cached_analytics()), 0u);
}

TEST_F(ApplicationAgentUsers, OfAllClassesDifferInTheirThinking) {
  const auto all = all_users();
  ASSERT_EQ(all.classes.size(), 3u);
  EXPECT_EQ(all.classes[1].wait.low, 500ms);
  EXPECT_EQ(all.classes[2].wait.high, 500ms);
  for (const auto& users : all.classes) EXPECT_EQ(users.tasks.size(), user_tasks.size());
  EXPECT_THROW(only("nothing"), std::logic_error);
}

}  // namespace
}  // namespace application_agent_perf
