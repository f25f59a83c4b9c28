// Who uses the resource agent. There are three classes of users: the ordinary one over ten tasks, a
// light one that looks in now and then, and a heavy one that asks for the dear answers.
// fixtures/scenarios/resource_agent*.json say the same as data, and resource_agent_users_test.cpp
// holds the two together.
#pragma once

#include <string>
#include <vector>

#include "dyno/load/scenario.h"
#include "dyno/load/user.h"

namespace resource_agent_perf {

using namespace std::chrono_literals;
using dyno::load::Scenario;
using dyno::load::Task;
using dyno::load::User;
using dyno::load::Wait;

// One task of a class: a request, and a piece of text that its answer holds. A wrong answer that is
// fast must not pass.
struct Request {
  const char* name;
  double weight;
  const char* method;
  const char* path;
  const char* holds;
};

// /gpu/info, where a machine without GPU rightly answers 503.
bool may_be_absent(const Request& request);

extern const std::vector<Request> ordinary_requests;
extern const std::vector<Request> light_requests;
extern const std::vector<Request> heavy_requests;

inline constexpr Wait ordinary_wait{.low = 1s, .high = 3s, .every = {}, .mean = {}};
inline constexpr Wait light_wait{.low = 5s, .high = 10s, .every = {}, .mean = {}};
inline constexpr Wait heavy_wait{.low = 500ms, .high = 1500ms, .every = {}, .mean = {}};

// Sends it and checks the answer.
Task<void> send(User& user, const Request& request);

// Users of one class; each begins with GET /health/. `requests` must outlive it.
dyno::load::UserClass user_class(const std::string& name, const std::vector<Request>& requests,
                                 Wait wait);

Scenario ordinary_users(Wait wait = ordinary_wait);
Scenario light_users();
Scenario heavy_users();
Scenario all_users();  // all three in equal parts

}  // namespace resource_agent_perf
