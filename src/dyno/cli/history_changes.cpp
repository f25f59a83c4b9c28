// dyno history changes and plot: where a series changed its level.
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/cli/history.h"
#include "dyno/compare/accepted.h"
#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/history/change_points.h"
#include "dyno/history/csv_series.h"
#include "dyno/history/plot.h"
#include "dyno/history/review.h"

namespace dyno::cli {

namespace {

struct ChangesArguments {
  HistoryChoice choice;
  std::filesystem::path csv;
  std::string worse = "up";
  std::filesystem::path baselines = "results/baselines";
  std::filesystem::path alert;
  std::filesystem::path out = "history.svg";
  bool json = false;
  bool fail_on_change = false;
  double budget_percent = 5;
  double least_percent = 1;
  double false_alarms = history::ChangeOptions{}.false_alarms_per_1000;
};

history::ChangeOptions change_options(const ChangesArguments& arguments) {
  history::ChangeOptions options;
  options.least_change = arguments.least_percent / 100;
  options.false_alarms_per_1000 = arguments.false_alarms;
  return options;
}

// As it was written: a number where it is one.
nlohmann::json index_json(const std::string& text) {
  const auto number = parse_number(text);
  if (!number) return text;
  if (std::floor(*number) == *number && std::abs(*number) < 9e15) {
    return static_cast<std::int64_t>(*number);
  }
  return *number;
}

// What a reader of the JSON would miss goes to the standard error.
void say_limits(const history::Analysis& analysis, const std::string& name) {
  if (!analysis.cannot.empty()) fmt::print(stderr, "{}: {}\n", name, analysis.cannot);
  if (analysis.missing > 0) {
    fmt::print(stderr, "{}: {} missing value{} left out\n", name, analysis.missing,
               analysis.missing == 1 ? "" : "s");
  }
}

bool is_worse(const history::ChangePoint& change, const std::string& worse) {
  return worse == "both" || (change.after > change.before) == (worse == "up");
}

std::string name_of(const std::filesystem::path& csv) {
  return csv == "-" ? "standard input" : csv.string();
}

Result<history::CsvSeries> read_series(const std::filesystem::path& csv) {
  const auto text = read_file(csv == "-" ? "/dev/stdin" : csv);
  if (!text) return text.error();
  return history::read_csv_series(*text, name_of(csv));
}

ExitStatus changes_of_csv(const ChangesArguments& arguments) {
  const auto series = read_series(arguments.csv);
  if (!series) return usage_error(series.error().message);
  const auto analysis = history::find_changes(series->values, change_options(arguments));
  auto list = nlohmann::json::array();
  bool worse = false;
  for (const auto& change : analysis.changes) {
    nlohmann::json entry = {{"index", index_json(series->index[change.at])},
                            {"before", change.before},
                            {"after", change.after},
                            {"change", change.change ? nlohmann::json(*change.change) : nullptr},
                            {"p", change.p}};
    if (!series->commit.empty()) entry["commit"] = series->commit[change.at];
    list.push_back(std::move(entry));
    worse = worse || is_worse(change, arguments.worse);
  }
  fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  say_limits(analysis, name_of(arguments.csv));
  return worse && arguments.fail_on_change ? ExitStatus::fail : ExitStatus::pass;
}

// There while there is something to look at, and only then.
ExitStatus write_alert(const std::filesystem::path& file, bool alerts, const std::string& json) {
  if (!alerts) {
    std::error_code code;
    std::filesystem::remove(file, code);
    return code ? usage_error(fmt::format("cannot remove {}: {}", file.string(), code.message()))
                : ExitStatus::pass;
  }
  const auto written = write_file(file, json);
  return written ? ExitStatus::pass : usage_error(written.error().message);
}

ExitStatus changes_of_history(const ChangesArguments& arguments) {
  const auto chart = read_chart(arguments.choice);
  if (!chart) return usage_error(chart.error().message);
  const auto accepted = compare::read_acceptances(arguments.baselines / compare::accepted_file);
  if (!accepted) return usage_error(accepted.error().message);
  history::ReviewOptions options;
  options.change = change_options(arguments);
  options.budget = arguments.budget_percent / 100;
  const auto review = history::review(*chart, *accepted, compare::today(), options);
  const auto json = history::review_json(*chart, review);
  fmt::print("{}", arguments.json ? json : history::review_text(*chart, review, options));
  auto status = ExitStatus::pass;
  if (!arguments.alert.empty()) status = write_alert(arguments.alert, review.alerts(), json);
  if (arguments.fail_on_change && review.alerts()) status = worst(status, ExitStatus::fail);
  return status;
}

Result<std::vector<history::Panel>> panels_of(const ChangesArguments& arguments) {
  std::vector<history::Panel> panels;
  if (!arguments.csv.empty()) {
    auto series = read_series(arguments.csv);
    if (!series) return series.error();
    const auto analysis = history::find_changes(series->values, change_options(arguments));
    const auto sense = arguments.worse == "up"     ? history::Sense::lower_is_better
                       : arguments.worse == "down" ? history::Sense::higher_is_better
                                                   : history::Sense::neither;
    panels.push_back({name_of(arguments.csv), "", series->values,
                      series->commit.empty() ? series->index : series->commit, analysis.changes,
                      sense});
    return panels;
  }
  const auto chart = read_chart(arguments.choice);
  if (!chart) return chart.error();
  std::vector<std::string> labels;
  for (const auto& run : chart->runs) labels.push_back(run.commit);
  std::vector<history::Panel> others;
  const auto options = history::shared_by(chart->series.size(), change_options(arguments));
  for (const auto& series : chart->series) {
    auto analysis = history::find_changes(series.values, options);
    auto& where = analysis.changes.empty() ? others : panels;
    where.push_back({series.subject + "  " + series.figure, series.unit, series.values, labels,
                     std::move(analysis.changes), history::sense_of(series.figure)});
  }
  panels.insert(panels.end(), others.begin(), others.end());
  return panels;
}

ExitStatus run_plot(const ChangesArguments& arguments) {
  constexpr std::size_t most_panels = 40;
  auto panels = panels_of(arguments);
  if (!panels) return usage_error(panels.error().message);
  const auto all = panels->size();
  if (all > most_panels) panels->resize(most_panels);
  const auto svg = history::svg_of(*panels);
  if (arguments.out == "-") {
    fmt::print("{}", svg);
    return ExitStatus::pass;
  }
  if (const auto written = write_file(arguments.out, svg); !written) {
    return usage_error(written.error().message);
  }
  fmt::print("wrote {}: {} of {} figures, those with changes first{}\n", arguments.out.string(),
             panels->size(), all, all > panels->size() ? "; choose others with --figure" : "");
  return ExitStatus::pass;
}

void add_detection(CLI::App& command, ChangesArguments& arguments) {
  add_history_choice(command, arguments.choice);
  command.add_option(
      "--csv", arguments.csv,
      "Instead of a history a series of yours, columns index,value[,commit]; - is the standard "
      "input");
  command.add_option("--worse", arguments.worse, "With --csv: up, down or both is worse")
      ->check(CLI::IsMember({"up", "down", "both"}))
      ->capture_default_str();
  command.add_option("--least", arguments.least_percent, "Smallest change shown, percent")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  command
      .add_option(
          "--false-alarms", arguments.false_alarms,
          "Aimed at, per 1 000 points in random order; a history of many figures takes fewer, "
          "so that all of them raise one in 1 000 runs")
      ->check(CLI::Range(1e-6, 100.0))
      ->capture_default_str();
}

}  // namespace

void add_history_changes(CLI::App& history, Action& action) {
  auto arguments = std::make_shared<ChangesArguments>();
  auto* command = history.add_subcommand("changes", "Where figures changed their level");
  add_detection(*command, *arguments);
  command->add_flag("--json", arguments->json, "JSON in place of text (--csv always prints it)");
  command->add_flag("--fail-on-change", arguments->fail_on_change,
                    "Exit status 1 when something became worse, stayed so, and is not accepted");
  command->add_option("--alert", arguments->alert,
                      "File that is there, as JSON, while there is such a thing");
  command
      ->add_option("--budget", arguments->budget_percent,
                   "Percent a figure may creep above its best accepted level")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  command
      ->add_option("--baselines", arguments->baselines,
                   "Folder whose accepted.json lists the changes that are known and accepted")
      ->capture_default_str();
  command->footer(
      "--csv prints [{\"index\": of the first point after the change, \"before\", \"after\":\n"
      "medians, \"change\": after / before - 1, \"p\": that noise alone looks so anywhere in the\n"
      "series, \"commit\": where there is that column}]\n"
      "examples:\n"
      "  dyno history changes --fail-on-change --alert alert.json\n"
      "  dyno history changes --figure '* response_time.p95' --json\n"
      "  dyno history changes --csv latency.csv\n"
      "  dyno history changes --csv throughput.csv --worse down --fail-on-change\n"
      "exit status: 0; with --fail-on-change 1 when something became worse; 2 no history, or what\n"
      "cannot be read");
  command->callback([arguments, &action] {
    action = [arguments] {
      return arguments->csv.empty() ? changes_of_history(*arguments) : changes_of_csv(*arguments);
    };
  });
}

void add_history_plot(CLI::App& history, Action& action) {
  auto arguments = std::make_shared<ChangesArguments>();
  auto* command = history.add_subcommand("plot", "Figures over the runs as SVG, changes marked");
  add_detection(*command, *arguments);
  command->add_option("-o,--out", arguments->out, "File to write; - is the standard output")
      ->capture_default_str();
  command->footer(
      "examples:\n"
      "  dyno history plot --figure 'CostAgentPerf.* response_time.p95' -o history.svg\n"
      "  dyno history plot --csv latency.csv -o latency.svg\n"
      "exit status: 0, 2 no history, or what cannot be read or written");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_plot(*arguments); }; });
}

}  // namespace dyno::cli
