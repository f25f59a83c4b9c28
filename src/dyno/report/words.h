// Words and marks that console and Markdown share.
#pragma once

#include <string>

#include "dyno/core/exit_status.h"
#include "dyno/metrics/histogram.h"
#include "dyno/record/comparison.h"
#include "dyno/record/run_record.h"
#include "dyno/record/suite_record.h"

namespace dyno::report {

// "PASS", "FAIL", "NO DATA" …
std::string word(record::VerdictKind kind);
std::string word(ExitStatus status);

// "12.3 ms"; "-" for a histogram of nothing.
std::string percentile_text(const metrics::Histogram& histogram, double percentile);
std::string mean_text(const metrics::Histogram& histogram);

// What service, how much load, which window: one line.
std::string headline(const record::RunRecord& record);

// "p95 12.3 ms, 130/s, 0.5 % failed" from the key figures of a case.
std::string key_figures(const record::CaseRecord& item);

// "2 regressed, 3 equivalent, 5 inconclusive".
std::string counts(const record::Comparison& comparison);

}  // namespace dyno::report
