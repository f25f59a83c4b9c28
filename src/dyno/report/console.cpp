#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/figures.h"
#include "dyno/record/names.h"
#include "dyno/report/report.h"
#include "dyno/report/rows.h"
#include "dyno/report/words.h"

namespace dyno::report {

using record::Change;
using record::Comparison;
using record::RunRecord;
using record::SuiteRecord;
using record::VerdictKind;

namespace {

std::string table_line(const Row& row, std::size_t name_width) {
  const auto& times = row.response_time;
  auto line =
      fmt::format("{:<6} {:<{}} {:>9} {:>15} |", row.method, row.name, name_width, row.requests,
                  fmt::format("{} ({:.2f} %)", row.failures, row.failed_percent()));
  line += right_in(9, mean_text(times)) + right_in(9, percentile_text(times, 0)) +
          right_in(9, percentile_text(times, 100)) + " |";
  for (const auto percentile : {50.0, 95.0, 99.0}) {
    line += right_in(9, percentile_text(times, percentile));
  }
  return line + fmt::format(" | {:>9.2f} {:>10.2f}\n", row.per_second(), row.failures_per_second());
}

std::string table(const RunRecord& record) {
  auto rows = endpoint_rows(record);
  std::size_t name_width = 10;
  for (const auto& row : rows) name_width = std::max(name_width, row.name.size());
  auto text =
      fmt::format("{:<6} {:<{}} {:>9} {:>15} |{:>9}{:>9}{:>9} |{:>9}{:>9}{:>9} | {:>9} {:>10}\n",
                  "Type", "Name", name_width, "# reqs", "# fails", "Avg", "Min", "Max", "Med",
                  "p95", "p99", "req/s", "failures/s");
  const auto rule = std::string(name_width + 119, '-') + "\n";
  text += rule;
  for (const auto& row : rows) {
    if (row.requests > 0) text += table_line(row, name_width);
  }
  return text + rule + table_line(aggregated(rows, shown_seconds(record)), name_width);
}

std::string stream_lines(const RunRecord& record) {
  std::string lines;
  for (const auto& row : endpoint_rows(record)) {
    if (row.events == 0) continue;
    lines += fmt::format("{:<6} {}: first event {} (p95 {}), gap {} (p95 {}, p99 {}), ", row.method,
                         row.name, percentile_text(row.first_event, 50),
                         percentile_text(row.first_event, 95), percentile_text(row.gap, 50),
                         percentile_text(row.gap, 95), percentile_text(row.gap, 99));
    lines +=
        fmt::format("{} events, {:.2f}/s; {} per token, {:.2f} tokens/s\n", row.events,
                    row.events_per_second(), mean_text(row.token_time), row.tokens_per_second());
  }
  return lines.empty() ? "" : "\nStreams, medians\n" + lines;
}

std::string failure_lines(const RunRecord& record) {
  const auto all = failures(record);
  if (all.empty()) return "";
  std::string text = "\nFailures, of the whole run\n";
  for (const auto& failure : all) {
    text += fmt::format("{:>9}  {} {}: {}\n", failure.count, failure.method, failure.name,
                        failure.error);
  }
  return text;
}

std::string verdict_line(const record::Verdict& verdict, bool colour) {
  return fmt::format(
      "  {} {}\n", painted(fmt::format("{:<8}", word(verdict.kind)), code_of(verdict.kind), colour),
      verdict.message);
}

std::string validity_lines(const record::Validity& validity, bool colour) {
  std::string text;
  for (const auto& reason : validity.reasons) {
    text +=
        fmt::format("  {} {}\n", painted("INVALID ", code_of(ExitStatus::invalid), colour), reason);
  }
  for (const auto& warning : validity.warnings) {
    text +=
        fmt::format("  {} {}\n", painted("note    ", code_of(VerdictKind::warn), colour), warning);
  }
  return text;
}

bool is_worth_a_line(const record::Verdict& verdict) { return verdict.kind != VerdictKind::pass; }

std::string case_lines(const record::CaseRecord& item, bool colour) {
  auto text = fmt::format(
      "{} {}{}{}\n", painted(fmt::format("{:<8}", word(item.exit)), code_of(item.exit), colour),
      item.name, item.length > Duration::zero() ? fmt::format(" ({})", to_string(item.length)) : "",
      item.figures.empty() ? "" : "  " + key_figures(item));
  if (!item.message.empty()) text += fmt::format("           {}\n", item.message);
  for (const auto& verdict : item.verdicts) {
    if (is_worth_a_line(verdict)) text += "         " + verdict_line(verdict, colour);
  }
  return text;
}

// A line each; of many (an interrupted suite) the number and the first ones: summary.md has them
// all.
std::string missing_lines(const std::vector<std::string>& missing, bool colour) {
  constexpr std::size_t most = 3;
  const auto label = painted("MISSING ", code_of(Change::missing), colour);
  std::string text;
  for (std::size_t i = 0; i < std::min(missing.size(), most); ++i) {
    text += fmt::format("{} {}: expected, but it did not run\n", label, missing[i]);
  }
  if (missing.size() > most) {
    text += fmt::format("{} {} more cases, listed in summary.md\n", label, missing.size() - most);
  }
  return text;
}

std::string comparison_lines(const Comparison& comparison,
                             std::vector<record::ComparedFigure> figures, bool colour) {
  auto text =
      fmt::format("{} against {}: {}\n", comparison.head, comparison.base, counts(comparison));
  std::stable_sort(figures.begin(), figures.end(),
                   [](const auto& a, const auto& b) { return matters_more(a.change, b.change); });
  for (const auto& figure : figures) {
    text += fmt::format(
        "  {} {}\n",
        painted(fmt::format("{:<12}", to_string(figure.change)), code_of(figure.change), colour),
        figure.message);
  }
  for (const auto& note : comparison.notes) text += fmt::format("  note         {}\n", note);
  return text;
}

// In a suite, one run a side, most figures are inconclusive; those are only counted. What cannot be
// compared at all is told by its reason.
std::string notable_lines(const Comparison& comparison, bool colour) {
  std::vector<record::ComparedFigure> notable;
  for (const auto& figure : comparison.figures) {
    if (!is_ordinary(figure.change)) notable.push_back(figure);
  }
  auto text = comparison_lines(comparison, std::move(notable), colour);
  for (const auto& why : why_no_baseline(comparison))
    text += fmt::format("  note         {}\n", why);
  return text;
}

}  // namespace

std::string console_table(const RunRecord& record) { return table(record); }

std::string console_percentiles(const RunRecord& record) {
  constexpr double shown[] = {50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100};
  auto rows = endpoint_rows(record);
  std::size_t name_width = 10;
  for (const auto& row : rows) name_width = std::max(name_width, row.name.size());
  rows.push_back(aggregated(rows, shown_seconds(record)));
  auto text = fmt::format("Response time percentiles\n{:<6} {:<{}}", "Type", "Name", name_width);
  for (const double percentile : shown) text += right_in(9, fmt::format("{}%", percentile));
  text += fmt::format("{:>10}\n{}\n", "# reqs", std::string(name_width + 116, '-'));
  for (const auto& row : rows) {
    if (row.requests == 0 && &row != &rows.back()) continue;
    text += fmt::format("{:<6} {:<{}}", row.method, row.name, name_width);
    for (const double percentile : shown) {
      text += right_in(9, percentile_text(row.response_time, percentile));
    }
    text += fmt::format("{:>10}\n", row.requests);
  }
  return text;
}

std::string console(const RunRecord& record, bool colour) {
  auto text = fmt::format("{}  {}  {}\n{}\n\n", record.name, to_iso8601(record.started),
                          to_string(record.completion), headline(record));
  text += table(record) + stream_lines(record) + failure_lines(record);
  if (!record.verdicts.empty()) text += "\nVerdicts\n";
  for (const auto& verdict : record.verdicts) text += verdict_line(verdict, colour);
  text += validity_lines(record.validity, colour);
  for (const auto& note : record.notes) text += fmt::format("  note     {}\n", note);
  return text;
}

std::string console(const Comparison& comparison, bool colour) {
  return comparison_lines(comparison, comparison.figures, colour);
}

std::string console(const SuiteRecord& suite, bool colour) {
  auto text = fmt::format("{} ({} form)  {}  commit {}\n\n", suite.name, suite.form,
                          to_iso8601(suite.started), suite.environment.commit);
  for (const auto& item : suite.cases) text += case_lines(item, colour);
  text += missing_lines(suite.missing_cases, colour);
  if (suite.comparison) text += "\n" + notable_lines(*suite.comparison, colour);
  for (const auto& note : suite.notes) text += fmt::format("note: {}\n", note);
  if (const auto others = disturbances(suite); !others.empty()) text += "note: " + others + "\n";
  return text + fmt::format("\n{}  {} cases in {}\n",
                            painted(word(suite.exit), code_of(suite.exit), colour),
                            suite.cases.size(), to_string(suite.length));
}

}  // namespace dyno::report
