// What the cost agent's performance cases share: the fixture.
#pragma once

#include <memory>
#include <string>

#include "cost_agent_users.h"
#include "dyno/harness/perf_case.h"

namespace cost_agent_perf {

using dyno::Duration;
using dyno::harness::Lengths;
using dyno::harness::meets;
using dyno::load::rate;
using dyno::load::users;
using dyno::record::RunRecord;

class CostAgentPerf : public dyno::harness::PerfCase {
 protected:
  dyno::harness::ServiceSpec service_spec() const override;

  // Rendered on first use, which starts the service.
  const Requests& requests();

  // The mix of an ordinary day, with think time between requests.
  Scenario ordinary_day(Duration think_low, Duration think_high);

  // One of the operations above as a scenario, without think time.
  Scenario only(const std::string& name, Operation operation);

 private:
  std::unique_ptr<Requests> requests_;
};

}  // namespace cost_agent_perf
