// What the chat backend's performance cases share: the fixture, what there is to ask for in the
// data that the service holds, who answers for its agents, and the journeys of its users.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dyno/harness/perf_case.h"
#include "dyno/load/scenario.h"
#include "dyno/load/user.h"

namespace chat_backend_perf {

using namespace std::chrono_literals;
using dyno::Duration;
using dyno::harness::meets;
using dyno::load::LoadPlan;
using dyno::load::Scenario;
using dyno::load::Task;
using dyno::load::User;
using dyno::load::users;
using dyno::record::RunRecord;

// One provider's wire format as the service speaks it.
struct Format {
  std::string provider;  // "anthropic" or "openai"
  bool simulated = true;
  // The endpoints that its answers are counted as: "/api/agents/*/stream anthropic simulated", or
  // with the model's name where a provider is real, so that no record can take one for the other.
  std::string invoke;
  std::string stream;
};

struct Known {
  std::uint64_t agents = 0;
  std::uint64_t channels = 0;
  std::uint64_t messages = 0;
  Format anthropic;
  Format openai;

  bool simulated() const { return anthropic.simulated && openai.simulated; }
};

// Asks the service what it holds and who answers (/health). Throws std::runtime_error, with one
// line, when it does not answer as a chat backend does.
Known known_of(const std::string& service_url);

// One request each, with a check of its answer.
Task<void> check_health(User& user);
Task<void> list_agents(User& user);
Task<void> list_agents_uncached(User& user);
Task<void> read_page(User& user, const Known& known);  // any page of any channel
Task<void> invoke(User& user, const Known& known, const Format& format);
Task<void> stream(User& user, const Known& known, const Format& format);

// agents → 0.5 s → channels → 0.5 s → send a message → 2 s → read the messages → 1 s
Task<void> chat(User& user, const Known& known);

class ChatBackendPerf : public dyno::harness::PerfCase {
 protected:
  dyno::harness::ServiceSpec service_spec() const override;

  // Asked on first use, which starts the service.
  const Known& known();

  // One request after the other, as many as a p95 needs.
  LoadPlan one_at_a_time() const;

  // Real providers limit how often they are asked, and cost money: a few users are enough there.
  std::uint32_t asking(std::uint32_t wanted);

  Scenario chatting();
  Scenario invoking();  // either format, at random
  Scenario streaming(const Format& format);
  Scenario streaming();  // either format, at random

 private:
  std::unique_ptr<Known> known_;
};

}  // namespace chat_backend_perf
