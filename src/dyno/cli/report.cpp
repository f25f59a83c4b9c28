// dyno report: renders a record again, of one run or of a suite.
#include "dyno/report/report.h"

#include <filesystem>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/core/files.h"
#include "dyno/record/record_file.h"
#include "dyno/record/suite_record.h"

namespace dyno::cli {

namespace {

struct ReportArguments {
  std::filesystem::path record;
  std::filesystem::path markdown;
  std::filesystem::path csv;
  std::filesystem::path junit;
};

struct Rendered {
  std::string console;
  std::string markdown;
  std::string junit;
};

ExitStatus write_to(const std::filesystem::path& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}", text);
    return ExitStatus::pass;
  }
  if (const auto written = write_file(path, text); !written) {
    return usage_error(written.error().message);
  }
  fmt::print("wrote {}\n", path.string());
  return ExitStatus::pass;
}

ExitStatus show(const ReportArguments& arguments, const Rendered& rendered) {
  auto status = ExitStatus::pass;
  if (!arguments.markdown.empty())
    status = worst(status, write_to(arguments.markdown, rendered.markdown));
  if (!arguments.junit.empty()) status = worst(status, write_to(arguments.junit, rendered.junit));
  if (arguments.markdown.empty() && arguments.junit.empty() && arguments.csv.empty()) {
    fmt::print("{}", rendered.console);
  }
  return status;
}

ExitStatus run_report(const ReportArguments& arguments) {
  const bool colour = is_terminal(STDOUT_FILENO);
  const auto run = record::read_record(arguments.record);
  if (run) {
    auto status = show(
        arguments, {report::console(*run, colour), report::markdown(*run), report::junit(*run)});
    if (!arguments.csv.empty()) {
      const auto written = report::write_locust_csv(*run, arguments.csv);
      if (!written) status = worst(status, usage_error(written.error().message));
    }
    return status;
  }
  const auto suite = record::read_suite_record(arguments.record);
  if (!suite) return usage_error(run.error().message);
  if (!arguments.csv.empty()) {
    return usage_error("--csv is of one run: name a record below cases/ of this suite");
  }
  return show(arguments,
              {report::console(*suite, colour), report::markdown(*suite), report::junit(*suite)});
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ReportArguments>();
  auto* command =
      app.add_subcommand("report", "Render a record: on the console, Markdown, CSV, JUnit");
  command
      ->add_option("RECORD", arguments->record,
                   "A record.json, a journal.jsonl, or the folder of a run or suite")
      ->required();
  command->add_option("--md", arguments->markdown, "Write Markdown to this file (- for stdout)");
  command->add_option("--csv", arguments->csv, "Write Locust's four CSV files with this prefix");
  command->add_option("--junit", arguments->junit, "Write JUnit XML to this file (- for stdout)");
  command->footer(
      "examples:\n"
      "  dyno report results/runs/latest\n"
      "  dyno report results/runs/latest/cases/CostAgentPerf.NormalLoad --md - --csv out/normal");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_report(*arguments); }; });
}

}  // namespace dyno::cli
