// What the cost agent's performance cases share: the fixture, what there is to ask for in the data
// that the service holds, and the journeys of its users.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dyno/harness/perf_case.h"
#include "dyno/load/scenario.h"
#include "dyno/load/user.h"

namespace cost_agent_perf {

using namespace std::chrono_literals;
using dyno::Duration;
using dyno::harness::Lengths;
using dyno::harness::meets;
using dyno::load::rate;
using dyno::load::Scenario;
using dyno::load::Task;
using dyno::load::User;
using dyno::load::users;
using dyno::record::RunRecord;

// The requests that the service's data admits, rendered once: every choice a user has.
struct Requests {
  std::vector<std::string> collect;          // bodies: one provider-day each
  std::vector<std::string> costs;            // paths: 30 days by service, region, account, day
  std::vector<std::string> analyse;          // bodies: 30 days each
  std::vector<std::string> recommend;        // bodies: one customer each
  std::vector<std::string> recommendations;  // paths: one customer each
};

// Asks the service what data it holds (/health) and renders the requests. Throws
// std::runtime_error, with one line, when it does not answer as a cost agent does.
Requests requests_for(const std::string& service_url);

// One request each, with a check of its answer. The uncached forms ask the service to compute.
Task<void> collect(User& user, const Requests& requests);
Task<void> read_costs(User& user, const Requests& requests);
Task<void> analyse(User& user, const Requests& requests);
Task<void> recommend(User& user, const Requests& requests);
Task<void> read_recommendations(User& user, const Requests& requests);
Task<void> query_costs_uncached(User& user, const Requests& requests);
Task<void> analyse_uncached(User& user, const Requests& requests);
Task<void> recommend_uncached(User& user, const Requests& requests);

class CostAgentPerf : public dyno::harness::PerfCase {
 protected:
  dyno::harness::ServiceSpec service_spec() const override;

  // Rendered on first use, which starts the service.
  const Requests& requests();

  // The mix of an ordinary day, with think time between requests: mostly reading, some analysis,
  // now and then a collection.
  Scenario ordinary_day(Duration think_low, Duration think_high);

  // One of the operations above as a scenario, without think time.
  using Operation = Task<void> (*)(User&, const Requests&);
  Scenario only(const std::string& name, Operation operation);

 private:
  std::unique_ptr<Requests> requests_;
};

}  // namespace cost_agent_perf
