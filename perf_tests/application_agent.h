// What the application agent's performance cases share: the fixture.
#pragma once

#include "application_agent_users.h"
#include "dyno/harness/perf_case.h"

namespace application_agent_perf {

using dyno::Duration;
using dyno::harness::Lengths;
using dyno::harness::meets;
using dyno::load::LoadPlan;
using dyno::load::users;
using dyno::record::RunRecord;

class ApplicationAgentPerf : public dyno::harness::PerfCase {
 protected:
  dyno::harness::ServiceSpec service_spec() const override;

  // So many users, started at so many per second; in quick form all within a second.
  LoadPlan level(std::uint32_t count, double spawned_per_second, const Lengths& lengths);
};

}  // namespace application_agent_perf
