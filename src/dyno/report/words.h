// Words and marks that console and Markdown share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

// "other programs had 23 % of the CPU while CASE was measured, and over 10 % in 2 other cases", of
// the case in which it was most; empty where in none more than that.
std::string disturbances(const record::SuiteRecord& suite);

// "2 regressed, 3 equivalent, 5 inconclusive".
std::string counts(const record::Comparison& comparison);

// Whether a figure's verdict is the ordinary one of a few runs, in which there is nothing to act
// on: equivalent, inconclusive, or without a baseline.
bool is_ordinary(record::Change change);

// By how much they matter: what regressed first, what is equivalent last; for std::stable_sort.
bool matters_more(record::Change a, record::Change b);

// Why figures have no baseline, each reason once, however many it is said of.
std::vector<std::string> why_no_baseline(const record::Comparison& comparison);

// How bad it is, as a code of ANSI colours, and text in such a colour, if `colour` at all.
const char* code_of(record::VerdictKind kind);
const char* code_of(ExitStatus status);
const char* code_of(record::Change change);
std::string painted(const std::string& text, const char* code, bool colour);

// Blanks before, or behind, what takes fewer columns: µ takes two bytes and one column.
std::string right_in(std::size_t columns, const std::string& text);
std::string left_in(std::size_t columns, const std::string& text);

// For a cell of a Markdown table: no bars, no line ends, no tags.
std::string escaped(std::string_view text);
// A list in Markdown of such texts.
std::string list(const std::vector<std::string>& lines);

// What a comparison found, in Markdown without a heading, fit for a comment: what has changed or
// could not be decided, worst first, and the rest folded.
std::string findings(const record::Comparison& comparison);

}  // namespace dyno::report
