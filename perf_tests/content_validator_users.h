// Who uses the content validator: its tools as journeys of clients, each with an MCP session of its
// own, on the documents and validations that there are. fixtures/scenarios/content_validator.json
// says the same as mixed_operations, as data, and content_validator_users_test.cpp holds the two
// together.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/load/scenario.h"
#include "dyno/load/user.h"

namespace content_validator_perf {

using dyno::load::Response;
using dyno::load::Scenario;
using dyno::load::Task;
using dyno::load::User;

// What all clients of a load share. The two lists are not changed while one runs.
class Clients {
 public:
  std::vector<std::string> paths;         // of the documents
  std::vector<std::int64_t> validations;  // made so far

  std::int64_t next_pending();  // each once; after the last one the first again
  void begin_with_the_first() { next_ = 0; }

  // A session for the user, and its end.
  Task<void> begin(User& user);
  Task<void> end(User& user);
  void give_session(std::uint32_t user, const std::string& id) { sessions_.at(user).id = id; }

  // One call of a tool in the user's session. The texts must live until it has been awaited.
  Task<Response> call(User& user, std::string_view tool, std::string_view arguments);

 private:
  struct Session {
    std::string id;
  };
  std::vector<Session> sessions_{2000};  // by user
  std::atomic<std::size_t> next_{0};
};

using Journey = Task<void> (*)(User&, Clients&);

// One call each, with a check of its answer.
Task<void> validate_file(User& user, Clients& of);
Task<void> list_validations(User& user, Clients& of);
Task<void> get_validation(User& user, Clients& of);
Task<void> get_stats(User& user, Clients& of);
Task<void> get_recommendations(User& user, Clients& of);
Task<void> approve(User& user, Clients& of);  // one that nobody has decided yet
Task<void> enhance(User& user, Clients& of);

struct Weighted {
  const char* name;
  double weight;
  Journey journey;
};

// Half validations, 30 % lists, 20 % statistics.
extern const std::vector<Weighted> mixed_operations;

// Each user begins a session of its own and ends it, unless all have been given one.
enum class Sessions { own, given };

// Users that do these without thinking. `clients` must outlive it.
Scenario scenario_of(const std::string& name, const std::vector<Weighted>& tasks, Clients& clients,
                     Sessions sessions = Sessions::own);

}  // namespace content_validator_perf
