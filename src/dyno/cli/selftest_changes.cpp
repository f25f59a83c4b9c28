// dyno selftest changes: how far change points can be believed.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/cli/command.h"
#include "dyno/selftest/changes/change_rates.h"

namespace dyno::cli {

namespace {

struct ChangesSelftest {
  std::uint64_t series = 100;
  std::vector<std::size_t> points{100, 1000};
  std::size_t after = 20;
  double noise = 2;
  std::vector<double> effects{5, 10};
  bool nightly = false;
  bool json = false;
  std::uint64_t seed = 1;
};

// What was simulated of one model and length.
struct Row {
  const selftest::SeriesModel* model = nullptr;
  std::size_t points = 0;
  selftest::Share false_alarms;
  std::vector<selftest::Share> found;  // of each effect
  bool beyond = false;                 // more false alarms than promised, surely
};

// Promised, per 1 000 points: 0.1, and 0.5 where points resemble the one before.
double promised(const selftest::SeriesModel& model) { return model.resemblance > 0 ? 0.5 : 0.1; }

std::string per_1000(const selftest::Share& share) {
  return fmt::format("{:.3f} ({:.3f} to {:.3f})", share.value() * 1000, share.low() * 1000,
                     share.high() * 1000);
}

std::string percent_text(const selftest::Share& share) {
  return fmt::format("{:.2f} % ({:.2f} to {:.2f})", share.value() * 100, share.low() * 100,
                     share.high() * 100);
}

Row simulate_row(const ChangesSelftest& arguments, const selftest::SeriesModel& model,
                 std::size_t points) {
  selftest::SeriesTrial trial{.model = model,
                              .points = points,
                              .after = std::min(arguments.after, points / 2),
                              .nightly = arguments.nightly,
                              .seed = arguments.seed};
  // As many unchanged points for short series as for long ones.
  const auto longest = *std::max_element(arguments.points.begin(), arguments.points.end());
  trial.series = arguments.series * longest / points;
  Row row{&model, points, selftest::simulate(trial).false_alarms, {}, false};
  row.beyond = row.false_alarms.low() * 1000 > promised(model);
  trial.series = arguments.series;
  for (const auto effect : arguments.effects) {
    trial.effect = 1 + effect / 100;
    row.found.push_back(selftest::simulate(trial).found);
  }
  return row;
}

nlohmann::json share_json(const selftest::Share& share) {
  return {{"hits", share.hits}, {"of", share.of}};
}

void print_row(const Row& row) {
  fmt::print("| {} | {} | {} |", row.model->name, row.points, per_1000(row.false_alarms));
  for (const auto& share : row.found) fmt::print(" {} |", percent_text(share));
  fmt::print("\n");
  std::fflush(stdout);
}

nlohmann::json row_json(const Row& row) {
  nlohmann::json json = {{"noise", row.model->name},
                         {"points", row.points},
                         {"false_alarms", share_json(row.false_alarms)},
                         {"found", nlohmann::json::array()}};
  for (const auto& share : row.found) json["found"].push_back(share_json(share));
  return json;
}

void print_heading(const ChangesSelftest& arguments) {
  std::string heading = "| noise | points | false alarms per 1 000 points |";
  std::string rule = "|---|---|---|";
  for (const auto effect : arguments.effects) {
    heading += fmt::format(" {:+g} % found |", effect);
    rule += "---|";
  }
  fmt::print("{}\n{}\n", heading, rule);
}

ExitStatus run_changes_selftest(const ChangesSelftest& arguments) {
  const auto models = selftest::series_models(arguments.noise / 100);
  auto list = nlohmann::json::array();
  bool wrong = false;
  if (!arguments.json) print_heading(arguments);
  for (const auto& model : models) {
    for (const auto points : arguments.points) {
      const auto row = simulate_row(arguments, model, points);
      wrong = wrong || row.beyond;
      if (arguments.json) {
        list.push_back(row_json(row));
      } else {
        print_row(row);
      }
    }
  }
  if (arguments.json) {
    fmt::print("{}\n", list.dump());
    return wrong ? ExitStatus::fail : ExitStatus::pass;
  }
  fmt::print(
      "\nSimulated: {} series a row for each change, which is found when it is seen within three "
      "points, {} points after it; 95 % intervals.{}\n",
      arguments.series, arguments.after,
      arguments.nightly ? " Unchanged series are analysed anew after each point, and a change that "
                          "was not seen before counts."
                        : "");
  for (const auto& model : models) fmt::print("- {}: {}\n", model.name, model.what);
  return wrong ? ExitStatus::fail : ExitStatus::pass;
}

}  // namespace

void add_selftest_changes(CLI::App& selftest, Action& action) {
  auto arguments = std::make_shared<ChangesSelftest>();
  auto* command = selftest.add_subcommand(
      "changes", "Simulate series with known steps: false change points, and steps found");
  command->add_option("--series", arguments->series, "Simulated series a row, of the longest")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--points", arguments->points, "Points in a series")
      ->check(CLI::Range(2, 1'000'000))
      ->capture_default_str();
  command->add_option("--after", arguments->after, "Points after the step")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--noise", arguments->noise, "Noise of a point, percent")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--effects", arguments->effects, "Steps, percent")
      ->check(CLI::Range(-90.0, 1000.0))
      ->capture_default_str();
  command->add_flag("--nightly", arguments->nightly,
                    "Analyse unchanged series anew after each point, as a nightly job does");
  command->add_flag("--json", arguments->json, "Counts as JSON in place of the table");
  command->add_option("--seed", arguments->seed, "Of the simulation")->capture_default_str();
  command->footer(
      "examples:\n"
      "  dyno selftest changes\n"
      "  dyno selftest changes --series 1000 --points 40 --noise 2 --effects 5\n"
      "  dyno selftest changes --series 20 --points 200 --nightly\n"
      "exit status: 0 no more false alarms than promised (0.1 per 1 000 points; 0.5 where points\n"
      "resemble the one before), 1 more");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_changes_selftest(*arguments); }; });
}

}  // namespace dyno::cli
