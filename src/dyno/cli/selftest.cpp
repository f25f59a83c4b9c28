// dyno selftest: how far the verdicts themselves can be believed.
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/selftest/verdict_rates.h"

namespace dyno::cli {

namespace {

struct SelftestArguments {
  std::uint64_t suites = 1000;
  std::vector<std::size_t> benchmarks{6, 20, 50};
  std::vector<double> noise{0.5, 1.7, 3.5, 8.0, 17.0};
  std::vector<double> effects{3, 5};
  std::size_t pairs = 30;
  std::uint64_t seed = 1;
};

std::string share_text(const selftest::Share& share) {
  if (share.of == 0) return "–";
  return fmt::format("{:.2f} % ({:.2f} to {:.2f})", share.value() * 100, share.low() * 100,
                     share.high() * 100);
}

// Above 0.1 % of unchanged suites with an alarm cannot be the family level's doing.
bool beyond_level(const selftest::Rates& rates, const compare::PairedOptions& options) {
  return rates.false_alarms.low() > options.family_level;
}

ExitStatus run_verdicts(const SelftestArguments& arguments) {
  compare::PairedOptions options;
  options.first_pairs = std::min(options.first_pairs, arguments.pairs);
  options.further_pairs = arguments.pairs - options.first_pairs;
  bool wrong = false;
  std::string heading = "| noise | pair noise | benchmarks | false alarms | undecided | pairs |";
  std::string rule = "|---|---|---|---|---|---|";
  std::vector<double> ratios;
  for (const auto effect : arguments.effects) {
    ratios.push_back(1 + effect / 100);
    heading += fmt::format(" {:+g} % found |", effect);
    rule += "---|";
  }
  fmt::print("{}\n{}\n", heading, rule);
  for (const auto percent : arguments.noise) {
    for (const auto& noise : selftest::noise_models(percent / 100)) {
      for (const auto benchmarks : arguments.benchmarks) {
        const auto rates = selftest::simulate({.noise = noise,
                                               .benchmarks = benchmarks,
                                               .effects = ratios,
                                               .suites = arguments.suites,
                                               .seed = arguments.seed,
                                               .options = options});
        wrong = wrong || beyond_level(rates, options);
        fmt::print("| {} | {} % | {} | {} | {:.1f} % | {:.1f} |", noise.name, percent, benchmarks,
                   share_text(rates.false_alarms), rates.undecided.value() * 100, rates.mean_pairs);
        for (const auto& found : rates.found) fmt::print(" {} |", share_text(found));
        fmt::print("\n");
        std::fflush(stdout);
      }
    }
  }
  fmt::print(
      "\nSimulated: {} suites a row, decided as `dyno ab` decides measured ones, at most {} "
      "pairs a benchmark.\n",
      arguments.suites, arguments.pairs);
  for (const auto& noise : selftest::noise_models(0)) {
    fmt::print("- {}: {}\n", noise.name, noise.what);
  }
  return wrong ? ExitStatus::fail : ExitStatus::pass;
}

}  // namespace

void add_selftest(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("selftest", "How far verdicts can be believed");
  command->require_subcommand(1);
  add_selftest_changes(*command, action);
  auto arguments = std::make_shared<SelftestArguments>();
  auto* verdicts = command->add_subcommand(
      "verdicts", "Simulate suites with known changes: false alarms, and changes found");
  verdicts->add_option("--suites", arguments->suites, "Simulated suites a row")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  verdicts->add_option("--benchmarks", arguments->benchmarks, "Benchmarks in a suite")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verdicts->add_option("--noise", arguments->noise, "Pair noise, percent")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  verdicts->add_option("--effects", arguments->effects, "Changes of one benchmark, percent")
      ->check(CLI::Range(-90.0, 1000.0))
      ->capture_default_str();
  verdicts->add_option("--pairs", arguments->pairs, "Most pairs a benchmark")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  verdicts->add_option("--seed", arguments->seed, "Of the simulation")->capture_default_str();
  verdicts->footer(
      "examples:\n"
      "  dyno selftest verdicts\n"
      "  dyno selftest verdicts --suites 20000 --benchmarks 50 --noise 3.5 --effects 5 10\n"
      "exit status: 0 no more false alarms than promised, 1 more");
  verdicts->callback(
      [arguments, &action] { action = [arguments] { return run_verdicts(*arguments); }; });
}

}  // namespace dyno::cli
