// What the resource agent's performance cases share: the fixture.
#pragma once

#include <string>

#include "dyno/harness/perf_case.h"
#include "resource_agent_users.h"

namespace resource_agent_perf {

using dyno::Duration;
using dyno::harness::Lengths;
using dyno::harness::meets;
using dyno::load::LoadPlan;
using dyno::load::users;
using dyno::record::RunRecord;

class ResourceAgentPerf : public dyno::harness::PerfCase {
 protected:
  dyno::harness::ServiceSpec service_spec() const override;

  // So many users, started at so many per second; in quick form all within a second.
  LoadPlan level(std::uint32_t count, double spawned_per_second, const Lengths& lengths);

  // 50 users ("before"), 200 of them, started at 20/s ("stress"), and 50 again ("after").
  LoadPlan through_stress();

  // The task of that name alone, without waiting.
  Scenario only(const std::string& name) const;
};

}  // namespace resource_agent_perf
