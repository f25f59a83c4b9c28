// The chat backend's answers, streams, queries, cache and endpoints. Names follow the document's
// test classes and tests: TestAgentResponseTime, TestTimeToFirstByte, TestStreamingPerformance,
// TestDatabaseQueryPerformance, TestCachePerformance, TestAPIEndpointPerformance.
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "chat_backend.h"
#include "dyno/metrics/outcome.h"
#include "dyno/record/figures.h"
#include "services/common/cache.h"

namespace chat_backend_perf {
namespace {

using dyno::load::BlockingUser;
using dyno::metrics::Outcome;
using dyno::metrics::OutcomeKind;

// One question after the other.
TEST_F(ChatBackendPerf, AgentResponseTimeSimpleQuery) {
  const auto run =
      load(invoking(), users(1)
                           .hold(std::max<Duration>(length({30s, 30s, 1min}), 30s))
                           .operations(settings().form == dyno::harness::Form::quick ? 5 : 20));
  EXPECT_THAT(run, meets(targets("chat_backend/agent_response_single")));
}

// Enough of them for a p95.
TEST_F(ChatBackendPerf, AgentResponseTime95thPercentile) {
  const auto run =
      load(invoking(), users(asking(40)).hold(length({30s, 30s, 5min})).operations(240));
  EXPECT_THAT(run, meets(targets("chat_backend/agent_response")));
}

TEST_F(ChatBackendPerf, AnthropicTtfb) {
  const auto run =
      load(streaming(known().anthropic), users(asking(10)).hold(length({6s, 10s, 1min})));
  EXPECT_THAT(run, meets(targets("chat_backend/ttfb_anthropic")));
}

TEST_F(ChatBackendPerf, OpenaiTtfb) {
  const auto run = load(streaming(known().openai), users(asking(10)).hold(length({6s, 10s, 1min})));
  EXPECT_THAT(run, meets(targets("chat_backend/ttfb_openai")));
}

TEST_F(ChatBackendPerf, StreamingChunkLatency) {
  const auto run = load(streaming(), users(asking(20)).hold(length({5s, 8s, 1min})));
  EXPECT_THAT(run, meets(targets("chat_backend/streaming")));
}

// As many answers under way at once as the load levels have users.
TEST_F(ChatBackendPerf, ConcurrentStreams) {
  const auto run = load(streaming(), users(asking(100)).ramp(1s).hold(length({6s, 10s, 1min})));
  EXPECT_THAT(run, meets(targets("chat_backend/concurrent_streams")));
}

// The query itself: past the result cache.
TEST_F(ChatBackendPerf, AgentListQueryPerformance) {
  const auto run = load(Scenario(list_agents_uncached), one_at_a_time());
  EXPECT_THAT(run, meets(targets("chat_backend/database")));
}

// Any page of any channel, old ones as well as new ones.
TEST_F(ChatBackendPerf, MessagePaginationPerformance) {
  const Known& world = known();
  const auto run =
      load(Scenario([&world](User& user) { return read_page(user, world); }), one_at_a_time());
  EXPECT_THAT(run, meets(targets("chat_backend/database")));
}

// Many queries at once, by fewer users than the pool has connections.
TEST_F(ChatBackendPerf, ConcurrentPages) {
  const Known& world = known();
  const auto run = load(Scenario([&world](User& user) { return read_page(user, world); }),
                        users(at_most(12)).warm_up(500ms).hold(length({3s, 6s, 30s})));
  EXPECT_THAT(run, meets(targets("chat_backend/concurrent_pages")));
}

TEST_F(ChatBackendPerf, CacheHitRateAgents) {
  const auto run = load(Scenario(list_agents), users(at_most(10)).hold(length({3s, 5s, 30s})));
  EXPECT_THAT(run, meets(targets("chat_backend/cache_hit_rate")));
}

// How many fewer queries reach the database than requests ask for agents: 60 % and more, of those
// in the window alone.
TEST_F(ChatBackendPerf, CacheQueryReduction) {
  const auto run = load(Scenario(list_agents), users(at_most(10)).hold(length({3s, 5s, 30s})));
  EXPECT_THAT(run, meets(targets("chat_backend/query_reduction")));
  const auto queries =
      figure(run, {.figure = R"(gauge.db_queries_total{query="agents"}.increase)"});
  const auto requests = figure(run, {.figure = "requests"});
  if (!queries.known() || !requests.known()) return;
  fmt::print("{} requests, {} queries\n", requests.value, queries.value);
  EXPECT_LE(queries.value, 0.4 * requests.value) << "so many requests asked the database";
}

std::unique_ptr<service::Cache> cache_of_environment() {
  const char* url = std::getenv("DYNO_REDIS_URL");
  if (url == nullptr || *url == '\0') return service::make_embedded_cache();
  service::RedisCacheOptions options;
  options.url = url;
  options.prefix = "chat_backend_perf:";
  auto cache = service::make_redis_cache(options);
  if (!cache) throw std::runtime_error(cache.error().message);
  return std::move(*cache);
}

// The cache itself, without HTTP, with values as long as the list of agents.
TEST_F(ChatBackendPerf, CacheSetGetPerformance) {
  const auto cache = cache_of_environment();
  const auto run = load_blocking(
      [&](BlockingUser& user) {
        const auto key = "key:" + std::to_string(user.random().below(1000));
        const auto value = std::string(8000, 'v') + key;
        user.operation("cache set", [&] {
          cache->set(key, value, 1min);
          return Outcome{};
        });
        user.operation("cache get", [&] {
          return cache->get(key) == value ? Outcome{} : Outcome{OutcomeKind::check_failed};
        });
      },
      users(4).operations(2000));
  EXPECT_THAT(run, meets(targets("chat_backend/cache")));
}

TEST_F(ChatBackendPerf, HealthCheckPerformance) {
  const auto run = load(Scenario(check_health), one_at_a_time());
  EXPECT_THAT(run, meets(targets("chat_backend/endpoint")));
}

TEST_F(ChatBackendPerf, AgentListEndpointPerformance) {
  const auto run = load(Scenario(list_agents), one_at_a_time());
  EXPECT_THAT(run, meets(targets("chat_backend/endpoint")));
}

}  // namespace
}  // namespace chat_backend_perf
