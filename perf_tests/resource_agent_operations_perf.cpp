// How long each operation takes, one at a time and under medium load, and what the service uses
// meanwhile.
#include <fmt/format.h>

#include "resource_agent.h"

namespace resource_agent_perf {
namespace {

TEST_F(ResourceAgentPerf, HealthTime) {
  const auto run = load(only("health"), one_at_a_time());
  EXPECT_THAT(run, meets(targets("resource_agent/operation_health")));
}

TEST_F(ResourceAgentPerf, SystemMetricsTime) {
  const auto run = load(only("system metrics"), one_at_a_time());
  EXPECT_THAT(run, meets(targets("resource_agent/operation_metrics")));
}

TEST_F(ResourceAgentPerf, AnalysisTime) {
  const auto run = load(only("analysis"), one_at_a_time());
  EXPECT_THAT(run, meets(targets("resource_agent/operation_analysis")));
}

TEST_F(ResourceAgentPerf, LmcacheStatusTime) {
  const auto run = load(only("lmcache status"), one_at_a_time());
  EXPECT_THAT(run, meets(targets("resource_agent/operation_lmcache")));
}

TEST_F(ResourceAgentPerf, OptimizeTime) {
  const auto run = load(only("optimize"), one_at_a_time());
  EXPECT_THAT(run, meets(targets("resource_agent/operation_optimize")));
}

// A machine without GPU answers 503, and that is an answer.
TEST_F(ResourceAgentPerf, GpuInfoIsAnswered) {
  const auto run = load(only("gpu info"), one_at_a_time());
  EXPECT_THAT(run, meets(targets("resource_agent/operation_gpu")));
}

// Every endpoint that has a limit of its own, equally often, so that each gets enough answers.
TEST_F(ResourceAgentPerf, EndpointTimesUnderMediumLoad) {
  std::vector<Request> limited;
  for (Request request : ordinary_requests) {
    const std::string name = request.name;
    request.weight = 1;
    if (name == "health" || name == "system metrics" || name == "analysis" ||
        name == "lmcache status" || name == "optimize")
      limited.push_back(request);
  }
  Scenario scenario;
  scenario.name = "endpoints with limits";
  scenario.classes.push_back(
      user_class("ordinary", limited, {.low = {}, .high = {}, .every = 500ms, .mean = {}}));
  const auto run = load(scenario, level(50, 5, {15s, 15s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/endpoints")));
}

// Sequences of 384 tokens, the first 256 of which are the same in all. Token numbers stand for a
// text; which they are does not matter to the cache.
std::vector<std::string> conversations() {
  constexpr int shared = 256;
  constexpr int own = 128;
  std::vector<std::string> bodies;
  for (int conversation = 0; conversation < 40; ++conversation) {
    std::string body = "{\"tokens\":[0";
    for (int i = 1; i < shared; ++i) body += fmt::format(",{}", i);
    for (int i = 0; i < own; ++i) body += fmt::format(",{}", 1000 * (conversation + 1) + i);
    bodies.push_back(body + "]}");
  }
  return bodies;
}

// A user looks up what it is about to compute, and puts there what was not.
Task<void> converse(User& user, const std::vector<std::string>& bodies) {
  const std::string& body = bodies[user.random().below(bodies.size())];
  const auto found = co_await user.post_json("/lmcache/lookup", body, {.want_body = true});
  user.check(found, found.body.find("\"matched_tokens\":") != std::string::npos, "a match");
  if (!found.ok() || found.body.find("\"matched_tokens\":384,") != std::string::npos) co_return;
  const auto stored = co_await user.post_json("/lmcache/put", body, {.want_body = true});
  user.check(stored, stored.body.find("\"blocks\":24,") != std::string::npos, "24 blocks");
}

TEST_F(ResourceAgentPerf, PrefixCacheIsHit) {
  const auto bodies = conversations();
  Scenario scenario([&bodies](User& user) { return converse(user, bodies); });
  scenario.name = "conversations with a common beginning";
  const auto run = load(scenario, users(at_most(8)).warm_up(1s).hold(length({3s, 8s, 1min})));
  EXPECT_THAT(run, meets(targets("resource_agent/prefix_cache")));
}

TEST_F(ResourceAgentPerf, ResourcesUnderHeavyLoad) {
  spawn_service();
  const auto run = load(ordinary_users({.low = {}, .high = {}, .every = 1s, .mean = {}}),
                        users(at_most(100)).ramp(1s).warm_up(2s).hold(length({6s, 15s, 2min})));
  EXPECT_THAT(run, meets(targets("resource_agent/resources")));
}

// Growth is a slope over steady state; the warm-up takes in what threads and buffers fill once.
TEST_F(ResourceAgentPerf, MemoryDoesNotGrow) {
  spawn_service();
  const auto run = load(ordinary_users({.low = {}, .high = 100ms, .every = {}, .mean = {}}),
                        users(at_most(20))
                            .ramp(1s)
                            .warm_up(warm_up_length({5s, 15s, 1min}))
                            .hold(length({15s, 30s, 10min})));
  EXPECT_THAT(run, meets(targets("resource_agent/memory_growth")));
}

// Each request opens files for a moment. Few users leave most readings at what is open for good, so
// that the slope is of that and not of chance.
TEST_F(ResourceAgentPerf, DescriptorsDoNotGrow) {
  spawn_service();
  const auto run = load(ordinary_users({.low = 100ms, .high = 300ms, .every = {}, .mean = {}}),
                        users(at_most(5))
                            .ramp(1s)
                            .warm_up(warm_up_length({2s, 5s, 10s}))
                            .hold(length({15s, 30s, 10min})));
  EXPECT_THAT(run, meets(targets("resource_agent/fd_growth")));
}

// 20 users for half an hour: neither memory nor descriptors grow, nor does it become slower.
TEST_F(ResourceAgentPerf, EnduranceScenario) {
  spawn_service();
  const auto wanted = ending_targets("resource_agent/endurance");
  const auto third = length({22s, 22s, 10min});
  const auto run = load(ordinary_users(), users(at_most(20))
                                              .spawn_rate(dyno::load::per_second(2))
                                              .hold(third, "first third")
                                              .hold(third, "second third")
                                              .hold(third, "last third"));
  EXPECT_THAT(run, meets(wanted));
}

}  // namespace
}  // namespace resource_agent_perf
