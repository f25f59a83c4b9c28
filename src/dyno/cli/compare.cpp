// dyno compare: two sides, each a file or a directory of files, one per process.
#include "dyno/compare/compare.h"

#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/report/report.h"

namespace dyno::cli {

namespace {

struct CompareArguments {
  std::string base;
  std::string head;
  double margin_percent = 1;
  double sensitivity_percent = 5;
};

ExitStatus run_compare(const CompareArguments& arguments) {
  compare::Options options;
  options.margin = arguments.margin_percent / 100;
  options.sensitivity = arguments.sensitivity_percent / 100;
  const auto comparison = compare::compare_paths(arguments.base, arguments.head, options);
  if (!comparison) return usage_error(comparison.error().message);
  fmt::print("{}", report::console(*comparison, is_terminal(STDOUT_FILENO)));
  return record::exit_status(*comparison);
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CompareArguments>();
  auto* command = app.add_subcommand(
      "compare", "Compare two sides: records or Google Benchmark JSON, one file per process");
  command->add_option("BASE", arguments->base, "A file, or a directory of files, one per process")
      ->required();
  command->add_option("HEAD", arguments->head, "Likewise")->required();
  command->add_option("--margin", arguments->margin_percent, "Percent within which nothing changed")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command
      ->add_option("--sensitivity", arguments->sensitivity_percent,
                   "Percent within which an interval is called equivalent")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  command->footer(
      "examples:\n"
      "  dyno compare before.json after.json       one process a side: shows, proves nothing\n"
      "  dyno compare runs/base/ runs/head/        one file per process in each directory\n"
      "exit status: 0 no regression, 1 a regression, 2 a file that cannot be read,\n"
      "3 inconclusive or no baseline, 4 a benchmark is missing");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_compare(*arguments); }; });
}

}  // namespace dyno::cli
