// What the chat backend's performance cases share: the fixture.
#pragma once

#include <cstdint>
#include <memory>

#include "chat_backend_users.h"
#include "dyno/harness/perf_case.h"
#include "dyno/load/scenario.h"

namespace chat_backend_perf {

using dyno::Duration;
using dyno::harness::meets;
using dyno::load::LoadPlan;
using dyno::load::Scenario;
using dyno::load::users;
using dyno::record::RunRecord;

// Asks the service what it holds and who answers (/health). Throws std::runtime_error, with one
// line, when it does not answer as a chat backend does.
Known known_of(const std::string& service_url);

class ChatBackendPerf : public dyno::harness::PerfCase {
 protected:
  dyno::harness::ServiceSpec service_spec() const override;

  // Asked on first use, which starts the service.
  const Known& known();

  // Real providers limit how often they are asked, and cost money: a few users are enough there.
  std::uint32_t asking(std::uint32_t wanted);

  // As PerfCase::load(). Where real providers may answer the record has a note on calls and cost;
  // where a cap on these kept calls from being made, the case ends and says so: what was measured
  // then is the cap.
  RunRecord load(const Scenario& scenario, LoadPlan plan, const std::string& label = {});

  Scenario chatting();
  Scenario invoking();  // either format, at random
  Scenario streaming(const Format& format);
  Scenario streaming();  // either format, at random

 private:
  std::unique_ptr<Known> known_;
};

}  // namespace chat_backend_perf
