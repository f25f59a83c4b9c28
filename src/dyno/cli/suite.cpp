// dyno suite: gathers the cases of a results folder, compares with the baseline, writes the record
// and the reports, and says what it comes to. scripts/perf ends with it.
#include "dyno/harness/suite.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/compare/baseline.h"
#include "dyno/core/files.h"
#include "dyno/record/suite_record.h"
#include "dyno/report/report.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

struct SuiteArguments {
  harness::SuiteSources sources;
  fs::path baselines;
  bool save_baseline = false;
  bool require_baseline = false;
  bool part = false;
};

// In a suite an inconclusive comparison is the ordinary case (one run a side) and no fault; what it
// adds to the verdict is a regression or something that vanished.
ExitStatus comparison_status(const record::Comparison& comparison) {
  auto status = ExitStatus::pass;
  for (const auto& figure : comparison.figures) {
    if (!figure.accepted.empty()) continue;
    if (figure.change == record::Change::regressed) status = worst(status, ExitStatus::fail);
    if (figure.change == record::Change::missing || figure.change == record::Change::errored) {
      status = worst(status, ExitStatus::invalid);
    }
  }
  return status;
}

// Of a part of the suite, what the baseline has besides was not asked for. Whether it has.
bool leave_out_what_was_not_asked_for(record::SuiteRecord& suite) {
  auto& figures = suite.comparison->figures;
  const auto asked_for = [&](const record::ComparedFigure& figure) {
    const auto begins = [&](const std::string& name) {
      return figure.subject.starts_with(name + ":") || figure.subject.starts_with(name + "/") ||
             ("benchmarks/" + figure.subject).starts_with(name + ":");
    };
    return std::any_of(suite.missing_cases.begin(), suite.missing_cases.end(), begins) ||
           std::any_of(suite.cases.begin(), suite.cases.end(),
                       [&](const record::CaseRecord& one) { return begins(one.name); });
  };
  const auto gone = std::erase_if(figures, [&](const record::ComparedFigure& figure) {
    return figure.change == record::Change::missing && !asked_for(figure);
  });
  if (gone > 0)
    suite.notes.emplace_back("a part of the suite: what else the baseline has was not run");
  return gone > 0;
}

// Why the baseline that there is must not give way to this run; empty when nothing speaks against
// it. It would be lost, and the next run of its kind would have nothing to be compared with.
std::string why_keep_the_old(const record::SuiteRecord& suite, bool old_has_more) {
  constexpr const char* remedy = "dyno baseline save RUN --name NAME keeps this run beside it";
  if (old_has_more) return fmt::format("the one there is holds what was not run; {}", remedy);
  if (!suite.comparison) return "";
  const auto& figures = suite.comparison->figures;
  const auto of_other_data = [](const record::ComparedFigure& figure) {
    return figure.change == record::Change::no_baseline && figure.figure == "data";
  };
  if (std::none_of(figures.begin(), figures.end(), of_other_data)) return "";
  return fmt::format("the one there is was measured on other data; {}", remedy);
}

// Whether the baseline holds more than was run.
Result<bool> compare_with_baseline(const SuiteArguments& arguments, record::SuiteRecord& suite) {
  if (arguments.baselines.empty()) return false;
  auto found = compare::compare_with_baseline(arguments.baselines, arguments.sources.folder, suite);
  if (!found) return found.error();
  if (found->comparison) {
    suite.comparison = std::move(found->comparison);
    const bool has_more = arguments.part && leave_out_what_was_not_asked_for(suite);
    suite.exit = worst(suite.exit, comparison_status(*suite.comparison));
    return has_more;
  }
  suite.notes.push_back(found->why_not);
  if (arguments.require_baseline) suite.exit = worst(suite.exit, ExitStatus::inconclusive);
  return false;
}

Result<void> write_results(const fs::path& folder, const record::SuiteRecord& suite) {
  if (auto written = record::write_suite_record(suite, folder / "record.json"); !written) {
    return written;
  }
  return report::write_suite_reports(suite, folder);
}

ExitStatus run_suite(const SuiteArguments& arguments) {
  auto suite = harness::gather_suite(arguments.sources);
  if (!suite) return usage_error(suite.error().message);
  // Two results folders are compared as they lie on the disk, so this one's record comes first.
  // What was found is shown whatever the disk says.
  const auto& folder = arguments.sources.folder;
  auto done = record::write_suite_record(*suite, folder / "record.json");
  Result<bool> old_has_more = false;
  if (done) old_has_more = compare_with_baseline(arguments, *suite);
  if (!old_has_more) done = old_has_more.error();
  if (done) done = write_results(folder, *suite);
  fmt::print("{}", report::console(*suite, is_terminal(STDOUT_FILENO)));
  std::fflush(stdout);  // before anything is said on stderr
  if (!done) return usage_error(done.error().message);
  if (!arguments.save_baseline) return suite->exit;
  if (suite->exit != ExitStatus::pass) {
    fmt::print("not kept as a baseline: it did not pass\n");
    return suite->exit;
  }
  if (const auto why = why_keep_the_old(*suite, *old_has_more); !why.empty()) {
    fmt::print("not kept as a baseline: {}\n", why);
    return suite->exit;
  }
  const auto saved = compare::save_baseline(arguments.baselines, folder, *suite);
  if (!saved) {
    fmt::print(stderr, "error: not saved as a baseline: {}\n", saved.error().message);
    return worst(suite->exit, ExitStatus::usage);
  }
  fmt::print("saved as the baseline of this machine: {}\n", saved->string());
  return suite->exit;
}

}  // namespace

void add_suite(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SuiteArguments>();
  auto* command = app.add_subcommand(
      "suite", "Gather the cases of a results folder, judge, compare, report (scripts/perf)");
  auto& sources = arguments->sources;
  command->add_option("folder", sources.folder, "Results folder, with cases/")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--form", sources.form, "quick, standard or full")
      ->check(CLI::IsMember({"quick", "standard", "full"}));
  command
      ->add_option("--benchmarks", sources.benchmarks,
                   "Google Benchmark's JSON of a system: FOLDER/SYSTEM.json; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--targets", sources.targets, "Folder of the target files")->required();
  command->add_option("--baselines", arguments->baselines, "Folder of the baselines");
  command->add_flag("--save-baseline", arguments->save_baseline,
                    "Keep this run, if it passes, as this machine's baseline");
  command->add_flag("--require-baseline", arguments->require_baseline,
                    "Without a baseline the exit status is 3");
  command->add_flag("--part", arguments->part,
                    "Not all cases were to run: only those that were are missed");
  command->add_flag("--interrupted", sources.interrupted, "The run was ended early");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_suite(*arguments); }; });
}

}  // namespace dyno::cli
