// Shows records: pure renderers to text, and the functions that put the usual set of files into a
// results folder. What is shown of a run is its steady window (all of it, where that holds
// nothing); latencies are response times of successes, so that neither warm-up nor fast errors
// flatter them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/record/comparison.h"
#include "dyno/record/run_record.h"
#include "dyno/record/suite_record.h"

namespace dyno::report {

// For a terminal: Locust's table, the failures, the verdicts with their evidence. `colour` adds
// ANSI colours.
std::string console(const record::RunRecord& record, bool colour);
std::string console(const record::SuiteRecord& suite, bool colour);
std::string console(const record::Comparison& comparison, bool colour);

// Of that, the table of endpoints alone; and a table with more percentiles, as Locust's.
std::string console_table(const record::RunRecord& record);
std::string console_percentiles(const record::RunRecord& record);

// Every figure of a comparison in a table, what matters most first, then the evidence, what is
// concluded and what not, and what to do next. Where many figures are equivalent, inconclusive or
// without a baseline, these are only counted, unless `all` are asked for.
std::string comparison_table(const record::Comparison& comparison, bool colour, bool all = false);

std::string markdown(const record::RunRecord& record);
std::string markdown(const record::SuiteRecord& suite);
// Fit for a comment: what has changed or could not be decided, as a table, and the rest folded.
std::string markdown(const record::Comparison& comparison);

// JUnit XML: a target is a test case; a miss is a failure, an invalid run or missing data an error,
// what does not apply is skipped.
std::string junit(const record::RunRecord& record);
std::string junit(const record::SuiteRecord& suite);
// A figure is a test case; what could not be decided, or is accepted, is skipped.
std::string junit(const record::Comparison& comparison, UtcTime started);

// Locust's four CSV files, with exactly its columns, times in milliseconds. `N/A` where there is
// nothing. All are of what is shown, as Locust's with --reset-stats: the totals of the history
// begin anew with the steady window, those of its last line are those of the stats, and the
// failures add up to the Failure Count there.
struct LocustCsv {
  std::string stats;
  std::string history;
  std::string failures;
  std::string exceptions;
};

// Of several runs, one after the other: names of operations then begin with that of their run.
LocustCsv locust_csv(const std::vector<record::RunRecord>& runs);

// PREFIX_stats.csv, PREFIX_failures.csv and PREFIX_exceptions.csv: without the history, which was
// written while the run went on (locust_history.h).
Result<void> write_locust_csv(const record::RunRecord& record, const std::filesystem::path& prefix);

// summary.md, junit.xml and the CSV files with the prefix `locust`, into a run's folder.
Result<void> write_run_reports(const record::RunRecord& record,
                               const std::filesystem::path& folder);

// Likewise for a suite, whose cases' records are read from below `folder`.
Result<void> write_suite_reports(const record::SuiteRecord& suite,
                                 const std::filesystem::path& folder);

// summary.md and junit.xml of a comparison that stands alone.
Result<void> write_comparison_reports(const record::Comparison& comparison,
                                      const std::filesystem::path& folder);

}  // namespace dyno::report
