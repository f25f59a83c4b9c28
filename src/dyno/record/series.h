// The points of a record's series, from what the recorders took in an interval.
#pragma once

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

}  // namespace dyno::record
