// Holds an answer against what a step expects of it, and takes from it what the step extracts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/scenario/model.h"

namespace dyno::scenario {

// Views: into the buffers of whoever received it.
struct Answer {
  int status = 0;
  std::string_view head{};  // status line and headers, when the step wants them
  std::string_view body{};  // when the step wants it
  std::uint64_t body_bytes = 0;
  Duration service_time{};
};

// Whether the step takes the status for a success.
bool accepts(const Step& step, int status);

// The first check that does not hold; null when all do.
const Check* first_failed(const Step& step, const Answer& answer);

// What the steps of one user have extracted so far, by number of the variable.
struct Variables {
  std::vector<std::string> values;
  std::vector<bool> known;

  // None known; allocates the first time only.
  void reset(std::size_t count);
};

// Sets variables from an answer. The first extraction that finds nothing (null in JSON is nothing)
// and has no fallback, which leaves its variable as it was; null when all found something.
const Extraction* extract(const Step& step, const Answer& answer, Variables& variables);

}  // namespace dyno::scenario
