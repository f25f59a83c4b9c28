#include "dyno/selfcheck/truth.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "dyno/load/schedule.h"

namespace dyno::selfcheck {
namespace {

// Time with the freezes cut out of it, and back.
class WorkingTime {
 public:
  WorkingTime(const Freezes& freezes, Duration first_request)
      : freezes_(freezes), begin_(first_request + freezes.first) {}

  // How much of the time up to `at` was not frozen.
  Duration until(Duration at) const {
    if (none() || at < begin_) return at;
    const auto since = at - begin_;
    const auto whole = since / freezes_.every;
    return at - whole * freezes_.length - std::min(since % freezes_.every, freezes_.length);
  }

  // The last moment at which until() gives `worked`: after a freeze, where it ends in one.
  Duration when(Duration worked) const {
    if (none() || worked < begin_) return worked;
    const auto freezes_before = (worked - begin_) / (freezes_.every - freezes_.length) + 1;
    return worked + freezes_before * freezes_.length;
  }

 private:
  bool none() const { return freezes_.length == Duration::zero(); }

  const Freezes freezes_;
  const Duration begin_;  // of the first freeze
};

}  // namespace

std::vector<Duration> arrivals_of(const load::LoadPlan& plan, std::uint64_t seed) {
  std::vector<Duration> arrivals;
  load::ArrivalSchedule schedule(plan, seed);
  while (const auto at = schedule.next()) arrivals.push_back(*at);
  return arrivals;
}

std::vector<Duration> response_times(const std::vector<Duration>& arrivals,
                                     const Discipline& discipline) {
  std::vector<Duration> times;
  if (arrivals.empty()) return times;
  times.reserve(arrivals.size());
  const WorkingTime time(discipline.freezes, arrivals.front());
  const Delay& delay = discipline.delay;
  Duration free = time.until(arrivals.front());  // when the attendant is, in working time
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    free = std::max(free, time.until(arrivals[i])) + discipline.work;
    const bool rare = delay.every > 0 && (i + 1) % delay.every == 0;
    const Duration held_until = time.when(free) + (rare ? delay.rare : delay.usual);
    times.push_back(time.when(time.until(held_until)) - arrivals[i]);
  }
  return times;
}

Duration percentile(std::vector<Duration> values, double percent) {
  if (values.empty()) return {};
  const double count = static_cast<double>(values.size());
  // Without the small term 99.9 % of 10 000 would be rank 9 991 by rounding.
  const double rank = std::ceil(percent / 100 * count - 1e-9 * count);
  const auto index = static_cast<std::size_t>(std::clamp(rank, 1.0, count)) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index),
                   values.end());
  return values[index];
}

}  // namespace dyno::selfcheck
