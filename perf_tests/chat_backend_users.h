// Who uses the chat backend: what there is to ask for in the data that the service holds, who
// answers for its agents, and the journeys. fixtures/scenarios/chat_backend.json says the same as
// chatting(), as data, and chat_backend_users_test.cpp holds the two together.
#pragma once

#include <cstdint>
#include <string>

#include "dyno/load/scenario.h"
#include "dyno/load/user.h"

namespace chat_backend_perf {

using namespace std::chrono_literals;
using dyno::Duration;
using dyno::load::Task;
using dyno::load::User;

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

// What reading and writing messages are counted as.
inline constexpr const char* messages_endpoint = "/api/channels/*/messages";

// One request each, with a check of its answer.
Task<void> check_health(User& user);
Task<void> list_agents(User& user);
Task<void> list_agents_uncached(User& user);
Task<void> read_page(User& user, const Known& known);  // any page of any channel
Task<void> invoke(User& user, const Known& known, const Format& format);
Task<void> stream(User& user, const Known& known, const Format& format);

// A round: who is there, which channels there are, a message to one of them, and what was said
// there; after each of the four it thinks. A step that fails does not keep it from the next.
Task<void> chat(User& user, const Known& known);

// Users that do this round after round. `known` must outlive it.
dyno::load::Scenario chatting(const Known& known);

}  // namespace chat_backend_perf
