// The columns of Locust's CSV files, for the writers of them.
#pragma once

#include <string>

#include "dyno/core/clock.h"
#include "dyno/metrics/histogram.h"

namespace dyno::report {

extern const char* const history_header;

// RFC 4180.
std::string csv_quoted(const std::string& text);

// ",50%,66%,…,100%" in milliseconds, and "median,average,minimum,maximum"; N/A where there is none.
std::string percentile_columns(const metrics::Histogram& histogram);
std::string summary_columns(const metrics::Histogram& histogram);

double epoch_seconds(UtcTime started, Duration offset);

}  // namespace dyno::report
