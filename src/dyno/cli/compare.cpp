// dyno compare: two sides, each a file or a directory of files, one per process.
#include "dyno/compare/compare.h"

#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/cli/command.h"
#include "dyno/compare/accepted.h"
#include "dyno/compare/baseline.h"
#include "dyno/core/files.h"
#include "dyno/record/suite_record.h"
#include "dyno/report/report.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

struct CompareArguments {
  std::string first;     // the base; with a stored baseline, the head
  std::string second;    // the head
  std::string baseline;  // its name
  fs::path baselines = "results/baselines";
  double margin_percent = 1;
  double sensitivity_percent = 5;
  std::string time = "real";
  bool any_machine = false;
  std::vector<std::string> more;
  std::vector<std::string> less;
  bool all = false;  // figures in the table
  std::string json;
  std::string markdown;
};

compare::Options options_of(const CompareArguments& arguments) {
  compare::Options options;
  options.margin = arguments.margin_percent / 100;
  options.sensitivity = arguments.sensitivity_percent / 100;
  options.any_machine = arguments.any_machine;
  options.reading = {.counters = true,
                     .cpu_time = arguments.time == "cpu",
                     .more = arguments.more,
                     .less = arguments.less};
  return options;
}

// A comparison that has nothing to compare with, and says why.
record::Comparison without_baseline(const CompareArguments& arguments, const std::string& why) {
  record::Comparison comparison{"baseline " + arguments.baseline, arguments.first, {}, {}};
  record::ComparedFigure figure;
  figure.change = record::Change::no_baseline;
  figure.subject = "everything";
  figure.figure = "-";
  figure.message = why;
  comparison.figures.push_back(figure);
  return comparison;
}

Result<record::Comparison> compared(const CompareArguments& arguments) {
  const auto options = options_of(arguments);
  if (arguments.baseline.empty()) {
    return compare::compare_paths(arguments.first, arguments.second, options);
  }
  const auto head = compare::load_side(arguments.first, options.reading);
  if (!head) return head.error();
  const auto found = compare::find_baseline(arguments.baselines, head->processes.front().machine,
                                            arguments.baseline);
  if (!found.folder) return without_baseline(arguments, found.why_not);
  const auto base = compare::load_side(*found.folder, options.reading);
  if (!base) return base.error();
  return compare::compare(*base, *head, options);
}

// "-" is stdout.
Result<void> put(const std::string& file, const std::string& text) {
  if (file != "-") return write_file(file, text);
  fmt::print("{}", text);
  return {};
}

std::string json_text(const record::Comparison& comparison) {
  auto json = record::to_json(comparison);
  json["schema"] = "dyno.comparison";
  json["schema_version"] = 1;
  json["exit_status"] = static_cast<int>(record::exit_status(comparison));
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string why_not_sides(const CompareArguments& arguments) {
  if (!arguments.baseline.empty() && !arguments.second.empty()) {
    return "compare: with --baseline NAME give the HEAD only; see dyno compare --help";
  }
  if (arguments.baseline.empty() && arguments.second.empty()) {
    return "compare: give BASE and HEAD, each a file or a directory of files, or --baseline NAME "
           "and "
           "HEAD; see dyno compare --help";
  }
  return "";
}

ExitStatus run_compare(const CompareArguments& arguments) {
  if (const auto why = why_not_sides(arguments); !why.empty()) return usage_error(why);
  auto comparison = compared(arguments);
  if (!comparison) return usage_error(comparison.error().message);
  if (const auto read = compare::honour(*comparison, arguments.baselines); !read) {
    return usage_error(read.error().message);
  }
  if (arguments.json != "-" && arguments.markdown != "-") {
    fmt::print("{}",
               report::comparison_table(*comparison, is_terminal(STDOUT_FILENO), arguments.all));
    std::fflush(stdout);  // before anything is said on stderr
  }
  Result<void> done;
  if (!arguments.json.empty()) done = put(arguments.json, json_text(*comparison));
  if (done && !arguments.markdown.empty()) {
    done = put(arguments.markdown, report::markdown(*comparison));
  }
  if (!done) return usage_error(done.error().message);
  return record::exit_status(*comparison);
}

void add_options(CLI::App& command, CompareArguments& arguments) {
  command.add_option("--baseline", arguments.baseline,
                     "Name of a stored baseline of the head's machine, in place of BASE");
  command
      .add_option("--baselines", arguments.baselines,
                  "Folder of the baselines; its accepted.json lists changes that are accepted")
      ->capture_default_str();
  command.add_option("--margin", arguments.margin_percent, "Percent within which nothing changed")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command
      .add_option("--sensitivity", arguments.sensitivity_percent,
                  "Percent within which an interval is called equivalent")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  command.add_option("--time", arguments.time, "Which time of a benchmark: real or cpu")
      ->check(CLI::IsMember({"real", "cpu"}))
      ->capture_default_str();
  command.add_flag("--any-machine", arguments.any_machine,
                   "Compare though the machines or builds differ");
  command
      .add_option("--more-is-better", arguments.more,
                  "Counters (globs) to judge, of which more is better")
      ->allow_extra_args(false);
  command
      .add_option("--less-is-better", arguments.less,
                  "Counters (globs) to judge, of which less is better")
      ->allow_extra_args(false);
  command.add_flag("--all", arguments.all,
                   "Show every figure: without it more than 40 that are equivalent, inconclusive "
                   "or without a baseline are only counted");
  command.add_option("--json", arguments.json,
                     "Write the comparison as JSON to a file; - is stdout");
  command.add_option("--md", arguments.markdown, "Write it as Markdown to a file; - is stdout");
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CompareArguments>();
  auto* command = app.add_subcommand(
      "compare", "Compare two sides: records or Google Benchmark JSON, one file per process");
  command
      ->add_option("BASE", arguments->first,
                   "A file, or a directory of files, one per process; with --baseline, the head")
      ->required();
  command->add_option("HEAD", arguments->second, "Likewise");
  add_options(*command, *arguments);
  command->footer(
      "examples:\n"
      "  dyno compare before.json after.json       one process a side: shows, proves nothing\n"
      "  dyno compare runs/base/ runs/head/        one file per process in each directory\n"
      "  dyno compare --baseline nightly head/     with what dyno baseline save kept\n"
      "  dyno compare base/ head/ --json comparison.json --md - >>\"$GITHUB_STEP_SUMMARY\"\n"
      "exit status: 0 no regression that is not accepted, 1 a regression, 2 a file that cannot be\n"
      "read, 3 inconclusive or no baseline, 4 a benchmark is missing or errored");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_compare(*arguments); }; });
}

}  // namespace dyno::cli
