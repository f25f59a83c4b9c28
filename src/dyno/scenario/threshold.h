// What a run must hold, as k6 writes it: a metric, with tags that say of what, and an expression.
//
//   http_req_duration{name:/items}   p(95)<500
//   http_req_failed                  rate<0.01
//
// This is the reading of it, into a figure of the run record by name (docs/record.md); it judges
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::scenario {

struct Threshold {
  // `equal` and `unequal` are of counts. A share that is to be 0 or 1 is to be at its end, or not.
  enum class Relation : std::uint8_t { below, at_most, at_least, above, equal, unequal };

  std::string text;    // as it was written
  std::string figure;  // "response_time.p95"
  Relation relation = Relation::below;
  double limit = 0;                  // in the figure's unit, as the two that follow
  std::optional<double> acceptable;  // up to here it is a warning
  std::optional<double> critical;    // what ends the run, where it may be ended
  double unit = 1;                   // of the figure's unit in one of k6's (milliseconds): 1e6

  // Of what: all of these.
  std::string method;  // empty: any
  std::string name;    // of the endpoint, a glob; empty: any
  std::string tag;     // empty: any
  std::string window;  // kind or name of a window; empty: the steady ones
  bool of_failures = false;

  bool aborts = false;  // the run ends when it does not hold
  Duration grace{};     // for so long without a break
  Duration delay{};     // and not before
};

// `metric` with its tags. The error says what is wrong, and what may have been meant.
Result<Threshold> parse_threshold(std::string_view metric, std::string_view expression);

// Both in one text: "http_req_duration{tag:write}: p(95)<500".
Result<Threshold> parse_threshold(std::string_view text);

// A limit as an expression has it, in the figure's unit: "500" or "500ms" of a duration.
Result<double> parse_limit(const Threshold& threshold, std::string_view text);

}  // namespace dyno::scenario
