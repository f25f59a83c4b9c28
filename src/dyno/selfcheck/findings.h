// What a self-check found, as plain data, the bounds that it is held to, and how it is told: as a
// table, as Markdown, as JSON. It measures nothing (selfcheck.h does).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "dyno/core/clock.h"
#include "dyno/core/environment.h"
#include "dyno/metrics/histogram.h"

namespace dyno::selfcheck {

// A measured percentile may differ from the truth by the larger of these.
inline constexpr double tolerated_share = 0.02;
inline constexpr Duration tolerated = std::chrono::microseconds{500};
// A percentile is judged on at least so many requests beyond it.
inline constexpr double judged_tail = 10;
// The engine's p99 lateness may exceed the bare timer's by so much, and so many of the scheduled
// arrivals must have been sent.
inline constexpr Duration tolerated_lateness = std::chrono::microseconds{50};
inline constexpr double least_sent = 0.999;

// One percentile of one case.
struct Row {
  double percentile = 0;
  Duration truth{};
  Duration response_time{};  // measured, likewise
  Duration service_time{};
  bool judged = true;  // there were enough requests

  Duration off_by() const { return response_time - truth; }
  bool within() const;
};

// One case: requests of a known schedule to an oracle of a known discipline.
struct CaseFinding {
  std::string name;
  std::string what;             // the load and the discipline, in words
  std::uint64_t scheduled = 0;  // arrivals
  std::uint64_t answered = 0;   // successes
  std::vector<Row> rows{};
  Duration oracle_late_p99{};  // the oracle's own answers, after they were due
  Duration oracle_late_max{};

  bool within() const;
};

// The engine's open loop and a loop that does nothing but wait: at the same time on the same core,
// so that what keeps a thread from that core keeps both, and alone before it.
struct LatenessFinding {
  std::string what;
  std::uint64_t scheduled = 0;  // in all rounds, likewise below
  std::uint64_t sent = 0;
  metrics::Histogram engine{};
  metrics::Histogram bare_timer{};  // at the same time
  metrics::Histogram alone{};       // the same loop on a machine that is not under load

  Duration beyond(double percentile) const;  // engine - bare timer
  bool within() const;
};

struct Findings {
  Environment environment;
  std::vector<int> engine_cores;  // empty: not bound
  std::vector<int> oracle_cores;
  std::vector<CaseFinding> cases;
  std::vector<LatenessFinding> lateness;  // one or none

  bool within() const;
};

// What to do, one line each; empty when all is within bounds.
std::vector<std::string> advice(const Findings& findings);

std::string to_text(const Findings& findings);
std::string to_markdown(const Findings& findings);
nlohmann::json to_json(const Findings& findings);

}  // namespace dyno::selfcheck
