// The points of a record's series, from what the recorders took in an interval.
#pragma once

#include <vector>

#include "dyno/core/spill_file.h"
#include "dyno/metrics/histogram.h"
#include "dyno/metrics/recorder.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

// `start` is an offset from the start of the run.
SeriesPoint series_point(const metrics::IntervalSummary& interval, Duration start, Duration length,
                         std::uint32_t users);

// All response times of a point to two significant digits, for percentiles that it does not carry
// itself. Empty where the point has none, or was made without them.
metrics::Histogram response_times(const SeriesPoint& point);

// The series of a run under way: its memory does not grow with the run, see SpillFile. One thread.
class SeriesLog {
 public:
  void push_back(const SeriesPoint& point);
  std::vector<SeriesPoint> all() const;

 private:
  SpillFile bytes_;
};

}  // namespace dyno::record
