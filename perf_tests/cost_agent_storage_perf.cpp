// Database, cache and connection pool of the cost agent.
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "cost_agent.h"
#include "dyno/metrics/outcome.h"
#include "services/common/cache.h"

namespace cost_agent_perf {
namespace {

using dyno::load::BlockingUser;
using dyno::metrics::Outcome;
using dyno::metrics::OutcomeKind;

// An aggregation by the database, past every result cache.
TEST_F(CostAgentPerf, DatabaseQueryTime) {
  const auto run = load(only("query", query_costs_uncached), one_at_a_time());
  EXPECT_THAT(run, meets(targets("cost_agent/database")));
}

std::unique_ptr<service::Cache> cache_of_environment() {
  const char* url = std::getenv("DYNO_REDIS_URL");
  if (url == nullptr || *url == '\0') return service::make_embedded_cache();
  service::RedisCacheOptions options;
  options.url = url;
  options.prefix = "cost_agent_perf:";
  auto cache = service::make_redis_cache(options);
  if (!cache) throw std::runtime_error(cache.error().message);
  return std::move(*cache);
}

// The cache itself, without HTTP: what the service calls, called by four threads.
TEST_F(CostAgentPerf, CacheSetAndGetTime) {
  const auto cache = cache_of_environment();
  const auto run = load_blocking(
      [&](BlockingUser& user) {
        const auto key = "key:" + std::to_string(user.random().below(1000));
        const auto value = std::string(1000, 'v') + key;
        user.operation("cache set", [&] {
          cache->set(key, value, 1min);
          return Outcome{};
        });
        user.operation("cache get", [&] {
          return cache->get(key) == value ? Outcome{} : Outcome{OutcomeKind::check_failed};
        });
      },
      users(4).operations(2000));
  EXPECT_THAT(run, meets(targets("cost_agent/cache")));
}

// Cached answers come back from the cache, and stay right while many ask.
TEST_F(CostAgentPerf, CachedReads) {
  const auto run = load(only("cached costs", read_costs),
                        users(at_most(20)).warm_up(1s).hold(length({3s, 10s, 30s})));
  EXPECT_THAT(run, meets(targets("cost_agent/cached_reads")));
}

// With more users than connections each waits its turn and none is turned away.
TEST_F(CostAgentPerf, PoolStaysWithinItsBounds) {
  const auto run = load(only("query", query_costs_uncached),
                        users(at_most(100)).ramp(1s).hold(length({3s, 10s, 1min})));
  EXPECT_THAT(run, meets(targets("cost_agent/pool")));
}

}  // namespace
}  // namespace cost_agent_perf
