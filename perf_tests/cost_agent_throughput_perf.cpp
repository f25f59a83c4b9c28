// How much of each operation the service does a second, result caches off, and how long one takes
// when nothing else is asked for.
#include "cost_agent.h"

namespace cost_agent_perf {
namespace {

constexpr std::uint32_t throughput_users = 8;

TEST_F(CostAgentPerf, CollectionThroughput) {
  const auto run = load(only("collection", collect),
                        users(at_most(throughput_users)).warm_up(1s).hold(length({4s, 10s, 1min})));
  EXPECT_THAT(run, meets(targets("cost_agent/throughput_collection")));
}

TEST_F(CostAgentPerf, AnalysisThroughput) {
  const auto run = load(only("analysis", analyse_uncached),
                        users(at_most(throughput_users)).warm_up(1s).hold(length({4s, 10s, 1min})));
  EXPECT_THAT(run, meets(targets("cost_agent/throughput_analysis")));
}

TEST_F(CostAgentPerf, RecommendationsThroughput) {
  const auto run = load(only("recommendations", recommend_uncached),
                        users(at_most(throughput_users)).warm_up(1s).hold(length({4s, 10s, 1min})));
  EXPECT_THAT(run, meets(targets("cost_agent/throughput_recommendations")));
}

TEST_F(CostAgentPerf, CollectionTime) {
  const auto run = load(only("collection", collect), one_at_a_time());
  EXPECT_THAT(run, meets(targets("cost_agent/operation_collection")));
}

TEST_F(CostAgentPerf, AnalysisTime) {
  const auto run = load(only("analysis", analyse_uncached), one_at_a_time());
  EXPECT_THAT(run, meets(targets("cost_agent/operation_analysis")));
}

TEST_F(CostAgentPerf, RecommendationsTime) {
  const auto run = load(only("recommendations", recommend_uncached), one_at_a_time());
  EXPECT_THAT(run, meets(targets("cost_agent/operation_recommendations")));
}

}  // namespace
}  // namespace cost_agent_perf
