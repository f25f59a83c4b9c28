// For the tests that hold the users of a system together, who exist twice: in C++ and as a scenario
// file. Both are run for real, task by task, against the service in this process, through a server
// in between that notes what is sent and may change what is answered. Users think in a time of
// their own, so nothing here takes as long as it says. It measures nothing.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "dyno/load/scenario.h"
#include "dyno/scenario/reader.h"

namespace journeys {

// fixtures/scenarios/`name`, with the texts replaced; each must be there. `files` instead of those
// that its feeders name. Throws std::runtime_error when that is no scenario.
dyno::scenario::File read(const std::string& name, const dyno::scenario::FileSource& files = {},
                          const std::vector<std::pair<std::string, std::string>>& replaced = {});

// What is not the same, a line each:
// - classes, tasks, weights and waits, as they are declared;
// - what three users send for a task, for on_start and for on_stop: method, path, query, headers
// and
//   body, each with all texts that it takes; of the numbers in them, the range to a tenth; and how
//   long they wait before each request;
// - the name that a request is counted by;
// - whether an answer is a success: the service's own, which must be; that with another status,
// with
//   a member less, with a text or a truth in it changed, and one that is no JSON. What numbers an
//   answer may hold is not compared.
// The service listens on `port` of this machine, and holds what both ask for.
std::vector<std::string> differences(const dyno::load::Scenario& code,
                                     const dyno::scenario::File& data, int port);

}  // namespace journeys
