// How the oracle server answers, as plain data, and how a request tells it so in its headers. It is
// all that the server (attendant.h) and the truth that its answers are compared with (truth.h) have
// in common: neither computes with code of the other.
//
// The discipline, in full:
// - One attendant takes the requests in the order in which they come and works for `work` on each.
// - An answer is then held back for `delay`, any number of them side by side.
// - In a freeze nothing is read, worked on or answered. Work goes on after it where it stopped, and
//   what was held back into it goes out at its end, in order.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::selfcheck {

// Every `every`-th answer is held back for `rare`, the others for `usual`; 0: all for `usual`.
struct Delay {
  Duration usual{};
  Duration rare{};
  std::uint32_t every = 0;
  bool operator==(const Delay&) const = default;
};

// The first begins `first` after the first request, then one every `every`, each `length` long;
// a length of zero: none. A freeze holds its first moment and not its last.
struct Freezes {
  Duration length{};
  Duration every{};
  Duration first{};
  bool operator==(const Freezes&) const = default;
};

struct Discipline {
  Duration work{};
  Delay delay;
  Freezes freezes;
  bool operator==(const Discipline&) const = default;
};

// Names of the headers. Values: "Oracle-Delay: 5ms" or "2ms/20ms/10" (usual, rare, every);
// "Oracle-Work: 1ms"; "Oracle-Freeze: 1s/10s/4s" (length, every, first). The units of
// parse_duration().
inline constexpr std::string_view delay_header = "Oracle-Delay";
inline constexpr std::string_view work_header = "Oracle-Work";
inline constexpr std::string_view freeze_header = "Oracle-Freeze";

Result<Delay> parse_delay(std::string_view text);
Result<Duration> parse_work(std::string_view text);
Result<Freezes> parse_freezes(std::string_view text);

// The headers that ask for a discipline; those that would ask for nothing are left out.
std::vector<std::pair<std::string, std::string>> headers_for(const Discipline& discipline);

}  // namespace dyno::selfcheck
