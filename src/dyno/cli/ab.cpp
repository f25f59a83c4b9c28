// dyno ab: is the head slower than the base? Interleaved pairs of fresh processes.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/ab/campaign.h"
#include "dyno/ab/canary.h"
#include "dyno/ab/instructions.h"
#include "dyno/cli/ab_sides.h"
#include "dyno/cli/command.h"
#include "dyno/compare/accepted.h"
#include "dyno/core/text.h"
#include "dyno/monitor/affinity.h"
#include "dyno/report/report.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

struct AbArguments {
  AbSideArguments sides;
  std::size_t pairs = 10;
  std::size_t further = 20;
  std::optional<double> margin_percent;       // default: 1, under load 2
  std::optional<double> sensitivity_percent;  // default: 5, under load 10
  bool instructions = false;
  std::uint64_t seed = 1;
  fs::path baselines = "results/baselines";
  std::string out;
};

std::atomic<bool> interrupted{false};

void on_interrupt(int signal) {
  if (interrupted.exchange(true)) std::_Exit(128 + signal);
  stop_load();
}

// Times by benchmark, in ns; everything else with the name of its figure, in the unit of that.
nlohmann::json values_of(const compare::Process& process) {
  auto values = nlohmann::json::object();
  for (const auto& [key, measured] : process.figures) {
    if (!measured.error.empty()) continue;
    values[key.second == "real_time" ? key.first : key.first + " " + key.second] = measured.value;
  }
  return values;
}

// A file with one line a pair, so that nothing measured is lost. After a failure it keeps no more,
// and says why in the end: the verdict is shown whatever the disk says.
class PairsFile {
 public:
  explicit PairsFile(fs::path path) : path_(std::move(path)), file_(path_, std::ios::app) {
    note_failure();
  }

  void keep(const ab::Pair& pair);

  const fs::path& path() const { return path_; }
  const std::string& failure() const { return failure_; }

 private:
  void note_failure() {
    if (file_ || !failure_.empty()) return;
    failure_ = fmt::format("cannot write {}: {}; free some space or give another folder with --out",
                           path_.string(), std::strerror(errno));
  }

  fs::path path_;
  std::ofstream file_;
  std::string failure_;
};

void PairsFile::keep(const ab::Pair& pair) {
  if (!failure_.empty()) return;
  nlohmann::json line{{"pair", pair.number},
                      {"head_first", pair.head_first},
                      {"discarded", pair.discarded},
                      {"base", values_of(pair.base)},
                      {"head", values_of(pair.head)}};
  for (const auto& canary : pair.canary) line["canary_ns"].push_back(canary.count());
  file_ << line.dump() << std::endl;
  note_failure();
}

// "40 s", "12 min": an estimate has no more digits.
std::string roughly(Duration time) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(time).count();
  return seconds < 120 ? fmt::format("{} s", seconds) : fmt::format("{} min", (seconds + 30) / 60);
}

class Progress {
 public:
  explicit Progress(Clock& clock) : clock_(clock), began_(clock.now()) {}

  void show(const ab::Pair& pair) {
    ++made_;
    const auto left = (clock_.now() - began_) / made_ *
                      static_cast<int>(pair.planned - std::min(pair.planned, pair.number));
    const bool live = is_terminal(STDERR_FILENO);
    fmt::print(stderr, "{}pair {} of {}{}, about {} left{}", live ? "\r\033[K" : "", pair.number,
               pair.planned, pair.discarded ? " discarded, the canary was disturbed" : "",
               roughly(left), live ? "" : "\n");
    open_ = live;
  }

  // What is said next has a line of its own.
  void end() {
    if (std::exchange(open_, false)) fmt::print(stderr, "\n");
  }

 private:
  Clock& clock_;
  TimePoint began_;
  int made_ = 0;
  bool open_ = false;  // a line on the terminal has no end yet
};

Result<fs::path> results_folder(const std::string& wanted) {
  const fs::path folder = wanted.empty() ? fs::path("results/ab") /
                                               fmt::format("{:%Y%m%dT%H%M%SZ}-{}",
                                                           fmt::gmtime(::time(nullptr)), ::getpid())
                                         : fs::path(wanted);
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    return Error{fmt::format("{} cannot be made: {}; give another folder with --out",
                             folder.string(), code.message())};
  }
  return folder;
}

// What is measured runs where the canary sings.
Duration canary_on(const std::vector<int>& cores, Clock& clock) {
  const auto before = monitor::allowed_cores();
  const auto pinned = monitor::pin_thread(0, cores);
  const auto took = ab::canary(clock);
  if (pinned) static_cast<void>(monitor::pin_thread(0, before));
  return took;
}

ab::CampaignOptions options_of(const AbArguments& arguments) {
  const bool load = !arguments.sides.load.file.empty();
  ab::CampaignOptions options;
  options.paired.first_pairs = arguments.pairs;
  options.paired.further_pairs = arguments.further;
  options.paired.margin = arguments.margin_percent.value_or(load ? 2 : 1) / 100;
  options.paired.sensitivity = arguments.sensitivity_percent.value_or(load ? 10 : 5) / 100;
  options.seed = arguments.seed;
  options.stopped = [] { return interrupted.load(); };
  return options;
}

// Of figures, the name of the benchmark alone says enough.
std::string name_of(const compare::PairedFigure& figure) {
  return figure.figure == "real_time" ? figure.subject : figure.subject + " " + figure.figure;
}

void print(const ab::Campaign& campaign, const std::vector<int>& cores) {
  fmt::print("{}", report::console(campaign.comparison, is_terminal(STDOUT_FILENO)));
  for (const auto& figure : campaign.figures) {
    fmt::print("{}: pair noise {:.1f} %, {}\n", name_of(figure),
               compare::pair_noise(figure.ratios) * 100, counted(figure.ratios.size(), "pair"));
  }
  fmt::print("measured on {} {}\n", cores.size() == 1 ? "core" : "cores", fmt::join(cores, ","));
  std::fflush(stdout);  // before anything is said on stderr
}

ExitStatus run_ab(AbArguments arguments) {
  const auto folder = results_folder(arguments.out);
  if (!folder) return usage_error(folder.error().message);
  PairsFile file(*folder / "pairs.jsonl");
  if (!file.failure().empty()) return usage_error(file.failure());
  // What it says is wanted when all is measured; that it cannot be read, before.
  if (const auto read = compare::read_acceptances(arguments.baselines / compare::accepted_file);
      !read) {
    return usage_error(read.error().message);
  }
  if (arguments.instructions && !ab::find_valgrind()) {
    return usage_error("--instructions needs valgrind: install it, or leave the option out");
  }
  if (arguments.instructions && !arguments.sides.load.file.empty()) {
    return usage_error("--instructions are of benchmarks, --load measures services");
  }
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  auto options = options_of(arguments);
  arguments.sides.load.seed = arguments.seed;
  const auto sides = sides_of(arguments.sides, *folder, options.stopped);
  if (!sides) return usage_error(sides.error().message);

  SteadyClock clock;
  fmt::print(stderr, "measuring {}: {} at first\n", sides->what, counted(arguments.pairs, "pair"));
  Progress progress(clock);
  options.on_pair = [&](const ab::Pair& pair) {
    file.keep(pair);
    progress.show(pair);
  };
  auto campaign = ab::run_campaign(
      sides->measure, [&] { return canary_on(sides->cores, clock); }, options);
  progress.end();
  auto& comparison = campaign.comparison;
  if (arguments.instructions && campaign.complete) {
    fmt::print(stderr, "counting instructions\n");
    ab::compare_instructions(comparison, sides->benchmarks, options.paired.margin);
  }
  comparison.base = sides->base;
  comparison.head = sides->head;
  comparison.base_commit = sides->base_commit;
  comparison.head_commit = sides->head_commit;
  const auto honoured = compare::honour(comparison, arguments.baselines);
  print(campaign, sides->cores);
  if (!honoured) return usage_error(honoured.error().message);
  if (const auto written = report::write_comparison_reports(comparison, *folder); !written) {
    return usage_error(written.error().message);
  }
  if (!file.failure().empty()) return usage_error(file.failure());
  fmt::print("every pair: {}; summary.md and junit.xml are beside it\n", file.path().string());
  return record::exit_status(comparison);
}

}  // namespace

void add_ab(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<AbArguments>();
  auto* command = app.add_subcommand(
      "ab", "Is the head slower than the base? Interleaved pairs of fresh processes");
  add_side_options(*command, arguments->sides);
  command->add_option("--pairs", arguments->pairs, "Pairs of processes at first")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--further", arguments->further,
                   "Further pairs for what looks changed or is not yet precise")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command
      ->add_option("--margin", arguments->margin_percent,
                   "Percent within which nothing changed (default 1, with --load 2)")
      ->check(CLI::Range(0.0, 100.0));
  command
      ->add_option("--sensitivity", arguments->sensitivity_percent,
                   "Percent within which an interval is called equivalent (default 5, with --load "
                   "10)")
      ->check(CLI::Range(0.0, 1000.0));
  command->add_flag("--instructions", arguments->instructions,
                    "Count the instructions of every benchmark too, with callgrind");
  command->add_option("--seed", arguments->seed, "Of the order within the pairs")
      ->capture_default_str();
  command
      ->add_option("--baselines", arguments->baselines,
                   "Folder whose accepted.json lists the changes that are known and accepted")
      ->capture_default_str();
  command->add_option("--out", arguments->out, "Folder for the results; default results/ab/<time>");
  command->footer(
      "Ctrl-C decides on the pairs there are; twice ends at once.\n"
      "examples:\n"
      "  dyno ab build/before/bin/cost_agent_bench build/after/bin/cost_agent_bench\n"
      "  dyno ab build/before build/after -- --benchmark_min_time=0.05\n"
      "  dyno ab --base main --head HEAD --target cost_agent_bench -- --benchmark_min_time=0.05\n"
      "  dyno ab --load shop.json --rate 500/s -t 5s 'old/shop --port {port}' 'new/shop --port "
      "{port}'\n"
      "  dyno ab --base main --target shop --service '{build}/bin/shop --port {port}' \\\n"
      "    --load shop.json --rate 500/s -t 5s\n"
      "exit status: 0 no regression that is not accepted, 1 a regression, 2 usage, or a commit "
      "that\n"
      "cannot be built, 3 inconclusive, 4 a benchmark is missing, a process failed, or too many\n"
      "requests did");
  command->callback([arguments, &action] { action = [arguments] { return run_ab(*arguments); }; });
}

}  // namespace dyno::cli
