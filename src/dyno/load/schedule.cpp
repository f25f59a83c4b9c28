#include "dyno/load/schedule.h"

#include <algorithm>
#include <cmath>

namespace dyno::load {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration from_seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

// When, within the stage, its linear level passes `level`, which lies between its ends.
Duration passes(const Stage& stage, double level) {
  if (stage.from == stage.to) return {};
  const double share = (level - stage.from) / (stage.to - stage.from);
  return from_seconds(seconds(stage.length) * std::clamp(share, 0.0, 1.0));
}

// Arrivals in the whole stage: the area under its rate.
double arrivals_in(const Stage& stage) {
  return (stage.from + stage.to) / 2 * seconds(stage.length);
}

// When, within the stage, `count` arrivals are reached: from·t + slope·t²/2 = count. This form of
// the solution does not cancel for a slope near 0.
Duration reaches(const Stage& stage, double count) {
  const double slope = (stage.to - stage.from) / seconds(stage.length);
  const double root = std::sqrt(std::max(0.0, stage.from * stage.from + 2 * slope * count));
  const double sum = stage.from + root;
  return sum <= 0 ? Duration{} : from_seconds(2 * count / sum);
}

}  // namespace

std::vector<UserEvent> user_events(const LoadPlan& plan) {
  std::vector<UserEvent> events;
  std::uint32_t there = 0;
  Duration start{};
  for (const Stage& stage : plan.stages) {
    // A step at the start of the stage, then its slope.
    for (const double target : {stage.from, stage.to}) {
      const auto wanted = static_cast<std::uint32_t>(std::ceil(target - 1e-9));
      const bool step = target == stage.from;
      for (; there < wanted; ++there) {
        events.push_back({start + (step ? Duration{} : passes(stage, there)), there, true});
      }
      for (; there > wanted; --there) {
        events.push_back(
            {start + (step ? Duration{} : passes(stage, there - 1)), there - 1, false});
      }
    }
    start += stage.length;
  }
  return events;
}

ArrivalSchedule::ArrivalSchedule(const LoadPlan& plan, std::uint64_t seed)
    : stages_(plan.stages),
      poisson_(plan.arrivals == Arrivals::poisson),
      random_(seed),
      due_(poisson_ ? 0 : -0.5) {}

std::optional<Duration> ArrivalSchedule::next() {
  due_ += poisson_ ? -std::log1p(-random_.uniform()) : 1;
  while (stage_ < stages_.size()) {
    const Stage& stage = stages_[stage_];
    const double count = due_ - stage_begin_;
    if (count <= arrivals_in(stage)) return stage_start_ + reaches(stage, count);
    stage_begin_ += arrivals_in(stage);
    stage_start_ += stage.length;
    ++stage_;
  }
  return std::nullopt;
}

double arrivals_between(const LoadPlan& plan, Duration from, Duration to) {
  double arrivals = 0;
  Duration begin{};
  for (const Stage& stage : plan.stages) {
    const Duration end = begin + stage.length;
    const Duration low = std::clamp(from, begin, end);
    const Duration high = std::clamp(to, begin, end);
    if (high > low) {
      const auto length = static_cast<double>(stage.length.count());
      const double middle = static_cast<double>(((low - begin) + (high - begin)).count()) / 2;
      const double rate = stage.from + (stage.to - stage.from) * middle / length;
      arrivals += rate * static_cast<double>((high - low).count()) / 1e9;
    }
    begin = end;
  }
  return arrivals;
}

BegunArrivals::BegunArrivals(const LoadPlan& plan)
    : windows_(windows(plan, length(plan))), by_window_(windows_.size()) {}

}  // namespace dyno::load
