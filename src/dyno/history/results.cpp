// What a run measured, as a line of its history: run_from_results() of store.h.
#include <algorithm>

#include <fmt/format.h>

#include "dyno/compare/side.h"
#include "dyno/core/clock.h"
#include "dyno/history/store.h"
#include "dyno/record/figures.h"
#include "dyno/record/names.h"
#include "dyno/record/record_file.h"
#include "dyno/record/suite_record.h"

namespace dyno::history {

namespace fs = std::filesystem;
using record::RunRecord;

namespace {

// Of a case as a whole. Those that a case's targets judge come besides.
constexpr const char* of_a_case[] = {
    "response_time.mean",
    "response_time.p50",
    "response_time.p95",
    "response_time.p99",
    "rate",
    "error_share",
    "first_event.p50",
    "first_event.p95",
    "gap.p95",
    "tokens_per_second.p50",
    "iteration_rate",
    "service.rss.max",
    "service.fds.max",
    "service.cpu_percent.mean",
};
constexpr const char* of_an_endpoint[] = {"response_time.p50", "response_time.p95",
                                          "response_time.p99", "rate", "error_share"};

std::string condition_of_run(const RunRecord& record) {
  return fmt::format("{}, {}, service {}", record.load.description, record.load.executor,
                     record::to_string(record.service.mode));
}

void take(Subject& subject, const RunRecord& record, const std::string& figure,
          const std::string& endpoint) {
  record::FigureQuery query;
  query.figure = figure;
  query.endpoint = endpoint;
  const auto found = record::figure(record, query);
  if (found.known()) subject.figures[figure] = found.value;
}

Subject& subject_named(HistoryRun& run, const std::string& name, const std::string& condition) {
  for (auto& subject : run.subjects) {
    if (subject.name == name) return subject;
  }
  run.subjects.push_back({name, condition, {}});
  return run.subjects.back();
}

void add_record(HistoryRun& run, const RunRecord& record, const std::string& name) {
  if (record.completion != record::Completion::complete) {
    run.left_out.push_back({name, "it ended early"});
    return;
  }
  if (!record.validity.valid) {
    run.left_out.push_back(
        {name, fmt::format("it is invalid: {}", fmt::join(record.validity.reasons, "; "))});
    return;
  }
  const auto condition = condition_of_run(record);
  auto& whole = subject_named(run, name, condition);
  for (const auto* figure : of_a_case) take(whole, record, figure, "*");
  if (record.endpoints.size() > 1) {
    for (const auto& endpoint : record.endpoints) {
      const auto text = record::to_string(endpoint);
      auto& part = subject_named(run, fmt::format("{}: {}", name, text), condition);
      for (const auto* figure : of_an_endpoint) take(part, record, figure, text);
    }
  }
  for (const auto& verdict : record.verdicts) {
    if (!verdict.measured || verdict.figure.empty()) continue;
    const bool all = verdict.endpoint.empty() || verdict.endpoint == "*";
    auto& judged =
        subject_named(run, all ? name : fmt::format("{}: {}", name, verdict.endpoint), condition);
    judged.figures.emplace(verdict.figure, *verdict.measured);
  }
}

Result<void> add_benchmarks_of(HistoryRun& run, const fs::path& path) {
  const auto process = compare::read_suite_benchmarks(path);
  if (!process) return process.error();
  for (const auto& [key, measured] : process->figures) {
    if (!measured.error.empty()) {
      run.left_out.push_back({key.first, measured.error});
      continue;
    }
    const auto condition = measured.data.empty()
                               ? measured.condition
                               : fmt::format("{}, data {}", measured.condition, measured.data);
    subject_named(run, key.first, condition).figures[key.second] = measured.value;
  }
  return {};
}

void describe(HistoryRun& run, const std::string& id, UtcTime started, const Environment& where,
              const std::string& commit) {
  run.id = id;
  run.started = to_iso8601(started);
  run.environment = where;
  run.commit = commit.empty() ? where.commit : commit;
  if (run.commit.empty()) run.commit = "unknown";
}

Result<HistoryRun> from_suite(const fs::path& folder, const record::SuiteRecord& suite,
                              const std::string& commit) {
  HistoryRun run;
  describe(run, suite.id, suite.started, suite.environment, commit);
  run.form = suite.form;
  run.exit = suite.exit;
  const auto cases = folder / "cases";
  for (const auto& path : record::records_below(cases)) {
    const auto record = record::read_record(path.parent_path());
    if (!record) return record.error();
    add_record(run, *record, path.parent_path().lexically_relative(cases).string());
  }
  if (!suite.benchmarks.empty()) {
    const auto added = add_benchmarks_of(run, folder / suite.benchmarks);
    if (!added) return added.error();
  }
  return run;
}

}  // namespace

Result<HistoryRun> run_from_results(const fs::path& path, const std::string& commit) {
  std::error_code unknown;  // then opening it says why
  const auto folder = fs::is_directory(path, unknown) ? path : path.parent_path();
  const auto suite = record::read_suite_record(path);
  HistoryRun run;
  if (suite) {
    auto of_suite = from_suite(folder, *suite, commit);
    if (!of_suite) return of_suite;
    run = std::move(*of_suite);
  } else {
    const auto record = record::read_record(path);
    if (!record) return record.error();
    describe(run, record->id, record->started, record->environment, commit);
    run.form = record->load.form;
    run.exit = record->verdicts.empty() ? ExitStatus::pass : record::exit_status(record->verdicts);
    add_record(run, *record, record->name);
  }
  const bool nothing = std::all_of(run.subjects.begin(), run.subjects.end(),
                                   [](const auto& subject) { return subject.figures.empty(); });
  if (nothing) {
    std::string why;
    for (const auto& one : run.left_out) why += fmt::format("; {}: {}", one.name, one.why);
    return Error{fmt::format("{}: measured nothing that could be kept{}", path.string(), why)};
  }
  return run;
}

}  // namespace dyno::history
