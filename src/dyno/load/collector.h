// Gathers what the threads of a run record into one RunRecord: interval by interval while it runs,
// for the observer and the series, and whole at the end. Belongs to the thread that called run();
// the same for both executors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/load/endpoints.h"
#include "dyno/load/engine.h"
#include "dyno/load/plan.h"
#include "dyno/metrics/recorder.h"
#include "dyno/record/run_record.h"
#include "dyno/record/series.h"

namespace dyno::load {

// From starting the threads of a run to its first user, so that none begins late.
inline constexpr Duration lead = std::chrono::milliseconds{10};

// How often the thread that has started a run looks for a stop.
inline constexpr Duration stop_poll = std::chrono::milliseconds{20};

// Room is made for so many before a run: a connection, and in the same process the service's end of
// it, and what that opens for an answer.
inline constexpr std::uint64_t descriptors_of_a_user = 4;

// The record as it is known before the first request.
record::RunRecord planned_record(const LoadPlan& plan, const RunOptions& options,
                                 const std::string& executor);

// The windows that recorders of a run under this plan need: the last one, the drain, is long
// enough.
std::vector<metrics::Window> recorder_windows(const LoadPlan& plan);

class Collector {
 public:
  // The start of the run is `start`. All but `record` must outlive this.
  Collector(record::RunRecord record, const LoadPlan& plan, const RunOptions& options,
            const Endpoints& endpoints, TimePoint start);

  // A further thread's samples. Before the first tick.
  void add(metrics::Recorder& recorder) { recorders_.push_back(&recorder); }

  // When the interval under way ends.
  TimePoint next_tick() const { return tick_ + options_.interval; }

  // How many iterations have ended since the start: before tick() and finish().
  void iterated(std::uint64_t total) { iterations_ = total; }

  // Open model: a thread's sessions that began, by window of the plan. Before finish().
  void begun(const std::vector<std::uint64_t>& by_window);

  // Ends the interval under way, and shows it to the observer.
  void tick(TimePoint now, std::uint32_t users, bool draining);

  // For the record's notes; `invalid` makes the record invalid as well.
  void note(std::string text) { record_.notes.push_back(std::move(text)); }
  void invalid(std::string reason) { record_.validity.reasons.push_back(std::move(reason)); }
  void stopped(const char* reason);

  // Ends the last interval and the record.
  record::RunRecord finish(TimePoint now);

 private:
  void gather();
  void note_sessions();
  void tell_arrivals();

  record::RunRecord record_;
  const LoadPlan& plan_;
  const RunOptions& options_;
  const Endpoints& endpoints_;
  const TimePoint start_;
  std::vector<metrics::Recorder*> recorders_;
  record::SeriesLog series_;  // into the record at the end: until then it is not in memory
  TimePoint tick_;
  metrics::CellTable interval_;
  metrics::CellTable total_;
  std::uint64_t requests_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t iterations_ = 0;
  std::uint64_t iterations_shown_ = 0;
  std::vector<std::uint64_t> begun_;
};

}  // namespace dyno::load
