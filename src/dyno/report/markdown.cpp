#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/environment.h"
#include "dyno/core/text.h"
#include "dyno/record/figures.h"
#include "dyno/record/names.h"
#include "dyno/report/report.h"
#include "dyno/report/rows.h"
#include "dyno/report/words.h"

namespace dyno::report {

using record::RunRecord;
using record::SuiteRecord;
using record::VerdictKind;

namespace {

std::string verdict_table(const std::vector<record::Verdict>& verdicts) {
  if (verdicts.empty()) return "No targets were set.\n";
  std::string text = "| verdict | target | evidence |\n|---|---|---|\n";
  for (const auto& verdict : verdicts) {
    text += fmt::format("| {} | {} | {} |\n", word(verdict.kind), escaped(verdict.target),
                        escaped(verdict.message));
  }
  return text;
}

std::string row_line(const Row& row) {
  const auto& times = row.response_time;
  return fmt::format("| {} | {} | {} | {} | {:.2f} | {} | {} | {} | {} | {} |\n", row.method,
                     escaped(row.name), row.requests, row.failures, row.per_second(),
                     mean_text(times), percentile_text(times, 50), percentile_text(times, 95),
                     percentile_text(times, 99), percentile_text(times, 100));
}

std::string endpoint_table(const RunRecord& record) {
  std::string text =
      "| | operation | requests | failures | per second | mean | p50 | p95 | p99 | max |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  const auto rows = endpoint_rows(record);
  for (const auto& row : rows) {
    if (row.requests > 0) text += row_line(row);
  }
  return text + row_line(aggregated(rows, shown_seconds(record)));
}

std::string stream_table(const RunRecord& record) {
  std::string lines;
  for (const auto& row : endpoint_rows(record)) {
    if (row.events == 0) continue;
    lines +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {:.2f} | {} | {:.2f} |\n",
                    row.method, escaped(row.name), percentile_text(row.first_event, 50),
                    percentile_text(row.first_event, 95), percentile_text(row.gap, 50),
                    percentile_text(row.gap, 95), percentile_text(row.gap, 99), row.events,
                    row.events_per_second(), mean_text(row.token_time), row.tokens_per_second());
  }
  if (lines.empty()) return "";
  return "\n## Streams\n\nFrom the request to its first event, from one event to the next, and of "
         "a "
         "stream from one token to the next.\n\n"
         "| | operation | first p50 | first p95 | gap p50 | gap p95 | gap p99 | events | events "
         "per "
         "second | per token | tokens per second |\n"
         "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n" +
         lines;
}

std::string failure_table(const RunRecord& record) {
  const auto all = failures(record);
  if (all.empty()) return "";
  std::string text =
      "\n## Failures\n\n| count | operation | what | first | last |\n|---:|---|---|---:|---:|\n";
  for (const auto& failure : all) {
    text += fmt::format("| {} | {} {} | {} | {} | {} |\n", failure.count, failure.method,
                        escaped(failure.name), escaped(failure.error),
                        to_string(failure.first_seen), to_string(failure.last_seen));
  }
  return text;
}

std::string resource_table(const RunRecord& record) {
  std::string lines;
  for (const auto* name : {"service.cpu_percent.mean", "service.cpu_percent.max", "service.rss.max",
                           "service.rss.growth_per_minute", "service.fds.max",
                           "service.threads.max", "engine.cpu_percent.mean", "engine.rss.max",
                           "others.cpu_percent.mean", "others.cpu_percent.max"}) {
    record::FigureQuery query;
    query.figure = name;
    const auto figure = record::figure(record, query);
    if (!figure.known()) continue;
    lines += fmt::format("| {} | {} |\n", escaped(name),
                         record::value_to_string(figure.value, figure.unit));
  }
  return lines.empty() ? "" : "\n## Resources\n\n| figure | value |\n|---|---:|\n" + lines;
}

std::string validity_text(const record::Validity& validity) {
  auto text = validity.valid ? std::string("The run can be believed.\n")
                             : "**The run cannot be believed:**\n\n" + list(validity.reasons);
  if (!validity.warnings.empty()) text += "\nWorth knowing:\n\n" + list(validity.warnings);
  return text;
}

std::string environment_text(const Environment& environment) {
  return fmt::format(
      "\n## Where\n\n{}, {} cores, kernel {}, governor {}, {}, {}, build {} ({}), commit {}, "
      "fingerprint {}\n",
      escaped(environment.cpu_model), environment.cores, environment.kernel, environment.governor,
      environment.libc, environment.compiler, environment.build_type, environment.flags,
      environment.commit, fingerprint(environment));
}

std::string case_line(const record::CaseRecord& item) {
  const auto name = item.folder.empty() ? escaped(item.name)
                                        : fmt::format("[{}]({})", escaped(item.name), item.folder);
  return fmt::format("| {} | {} | {} | {} |\n", word(item.exit), name, to_string(item.length),
                     item.figures.empty() ? escaped(item.message) : key_figures(item));
}

// Verdicts that a reader of the summary should see, case by case.
std::string misses(const SuiteRecord& suite) {
  std::string lines;
  for (const auto& item : suite.cases) {
    for (const auto& verdict : item.verdicts) {
      if (verdict.kind == VerdictKind::pass) continue;
      lines += fmt::format("| {} | {} | {} |\n", word(verdict.kind), escaped(item.name),
                           escaped(verdict.message));
    }
  }
  return lines.empty()
             ? ""
             : "\n## Not passed\n\n| verdict | case | evidence |\n|---|---|---|\n" + lines;
}

}  // namespace

std::string markdown(const RunRecord& record) {
  auto text = fmt::format("# {}\n\n{}, {}, {}. {}\n\n## Verdicts\n\n", escaped(record.name),
                          to_iso8601(record.started), to_string(record.length),
                          to_string(record.completion), escaped(headline(record)));
  text += verdict_table(record.verdicts) + "\n" + validity_text(record.validity);
  text +=
      "\n## Operations\n\nResponse times of successes, from when the plan wanted them sent.\n\n";
  text += endpoint_table(record) + stream_table(record) + failure_table(record) +
          resource_table(record);
  if (!record.notes.empty()) text += "\n## Notes\n\n" + list(record.notes);
  text += environment_text(record.environment);
  if (!record.reproduce.empty()) {
    text += fmt::format("\nRun it again:\n\n```\n{}\n```\n", record.reproduce);
  }
  return text;
}

std::string markdown(const SuiteRecord& suite) {
  auto text = fmt::format("# {}: {}\n\n{}, {}, {} form.\n\n", escaped(suite.name), word(suite.exit),
                          to_iso8601(suite.started), to_string(suite.length), suite.form);
  text += "| verdict | case | time | figures |\n|---|---|---:|---|\n";
  for (const auto& item : suite.cases) text += case_line(item);
  for (const auto& missing : suite.missing_cases) {
    text += fmt::format("| MISSING | {} | | expected, but it did not run |\n", escaped(missing));
  }
  text += misses(suite);
  if (suite.comparison) {
    text += fmt::format("\n## Comparison with {}\n\n{}", escaped(suite.comparison->base),
                        findings(*suite.comparison));
  }
  auto notes = suite.notes;
  if (auto others = disturbances(suite); !others.empty()) notes.push_back(std::move(others));
  if (!notes.empty()) text += "\n## Notes\n\n" + list(notes);
  return text + environment_text(suite.environment);
}

}  // namespace dyno::report
