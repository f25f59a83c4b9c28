// dyno ab: is the head slower than the base? Interleaved pairs of fresh processes.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/ab/benchmarks.h"
#include "dyno/ab/campaign.h"
#include "dyno/ab/canary.h"
#include "dyno/cli/command.h"
#include "dyno/compare/accepted.h"
#include "dyno/core/text.h"
#include "dyno/monitor/affinity.h"
#include "dyno/report/report.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

struct AbArguments {
  std::string base;
  std::string head;
  std::vector<std::string> arguments;
  std::size_t pairs = 10;
  std::size_t further = 20;
  double margin_percent = 1;
  double sensitivity_percent = 5;
  std::uint64_t seed = 1;
  std::vector<int> cores;
  fs::path baselines = "results/baselines";
  std::string out;
};

std::atomic<bool> interrupted{false};

void on_interrupt(int signal) {
  if (interrupted.exchange(true)) std::_Exit(128 + signal);
}

nlohmann::json values_of(const compare::Process& process) {
  auto values = nlohmann::json::object();
  for (const auto& [key, measured] : process.figures) {
    if (measured.error.empty()) values[key.first] = measured.value;
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
                      {"base_ns", values_of(pair.base)},
                      {"head_ns", values_of(pair.head)}};
  for (const auto& canary : pair.canary) line["canary_ns"].push_back(canary.count());
  file_ << line.dump() << std::endl;
  note_failure();
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
               fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(left).count()),
               live ? "" : "\n");
    if (live && pair.number == pair.planned) fmt::print(stderr, "\n");
  }

 private:
  Clock& clock_;
  TimePoint began_;
  int made_ = 0;
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

// Where the benchmarks run, by default everywhere but on the first core, to which the rest of the
// machine is left: interrupts go there, and so does dyno itself while a benchmark runs.
Result<std::vector<int>> measured_cores(const std::vector<int>& wanted) {
  auto allowed = monitor::allowed_cores();
  for (const int core : wanted) {
    if (std::find(allowed.begin(), allowed.end(), core) == allowed.end()) {
      return Error{
          fmt::format("--cores: core {} is not to be had, only {}", core, fmt::join(allowed, ","))};
    }
  }
  if (!wanted.empty()) return wanted;
  if (allowed.size() > 1) allowed.erase(allowed.begin());
  return allowed;
}

// Where the benchmarks run is where the canary must sing.
Duration canary_on(const std::vector<int>& cores, Clock& clock) {
  const auto before = monitor::allowed_cores();
  const auto pinned = monitor::pin_thread(0, cores);
  const auto took = ab::canary(clock);
  if (pinned) static_cast<void>(monitor::pin_thread(0, before));
  return took;
}

ExitStatus run_ab(const AbArguments& arguments) {
  auto base = ab::programs_at(arguments.base);
  if (!base) return usage_error(base.error().message);
  auto head = ab::programs_at(arguments.head);
  if (!head) return usage_error(head.error().message);
  const auto folder = results_folder(arguments.out);
  if (!folder) return usage_error(folder.error().message);
  PairsFile file(*folder / "pairs.jsonl");
  if (!file.failure().empty()) return usage_error(file.failure());
  // What it says is wanted when all is measured; that it cannot be read, before.
  if (const auto read = compare::read_acceptances(arguments.baselines / compare::accepted_file);
      !read) {
    return usage_error(read.error().message);
  }
  const auto cores = measured_cores(arguments.cores);
  if (!cores) return usage_error(cores.error().message);

  SteadyClock clock;
  Progress progress(clock);
  ab::CampaignOptions options;
  options.paired.first_pairs = arguments.pairs;
  options.paired.further_pairs = arguments.further;
  options.paired.margin = arguments.margin_percent / 100;
  options.paired.sensitivity = arguments.sensitivity_percent / 100;
  options.seed = arguments.seed;
  options.stopped = [] { return interrupted.load(); };
  options.on_pair = [&](const ab::Pair& pair) {
    file.keep(pair);
    progress.show(pair);
  };
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  const auto measure = ab::measure_benchmarks(
      {*base, *head, arguments.arguments, *folder, *cores, [] { return interrupted.load(); }});
  auto campaign = ab::run_campaign(
      measure, [&] { return canary_on(*cores, clock); }, options);
  campaign.comparison.base = arguments.base;
  campaign.comparison.head = arguments.head;
  if (const auto read = compare::honour(campaign.comparison, arguments.baselines); !read) {
    return usage_error(read.error().message);
  }
  fmt::print("{}", report::console(campaign.comparison, is_terminal(STDOUT_FILENO)));
  for (const auto& figure : campaign.figures) {
    fmt::print("{}: pair noise {:.1f} %, {}\n", figure.subject,
               compare::pair_noise(figure.ratios) * 100, counted(figure.ratios.size(), "pair"));
  }
  fmt::print("measured on {} {}\n", cores->size() == 1 ? "core" : "cores", fmt::join(*cores, ","));
  if (!file.failure().empty()) {
    std::fflush(stdout);  // before anything is said on stderr
    return usage_error(file.failure());
  }
  fmt::print("every pair: {}\n", file.path().string());
  return record::exit_status(campaign.comparison);
}

}  // namespace

void add_ab(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<AbArguments>();
  auto* command = app.add_subcommand(
      "ab", "Is the head slower than the base? Interleaved pairs of fresh benchmark processes");
  command
      ->add_option("BASE", arguments->base,
                   "A Google Benchmark binary, or a build directory with *_bench")
      ->required();
  command->add_option("HEAD", arguments->head, "Likewise")->required();
  command->add_option("ARGUMENTS", arguments->arguments,
                      "For every benchmark process, after --: --benchmark_min_time=0.05");
  command->add_option("--pairs", arguments->pairs, "Pairs of processes at first")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--further", arguments->further,
                   "Further pairs for what looks changed or is not yet precise")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_option("--margin", arguments->margin_percent, "Percent within which nothing changed")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command
      ->add_option("--sensitivity", arguments->sensitivity_percent,
                   "Percent within which an interval is called equivalent")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Of the order within the pairs")
      ->capture_default_str();
  command
      ->add_option("--cores", arguments->cores,
                   "Cores for the benchmarks, as 1,2; by default all but the first")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("--baselines", arguments->baselines,
                   "Folder whose accepted.json lists the changes that are known and accepted")
      ->capture_default_str();
  command->add_option("--out", arguments->out, "Folder for the pairs; default results/ab/<time>");
  command->footer(
      "Ctrl-C decides on the pairs there are; twice ends at once.\n"
      "examples:\n"
      "  dyno ab build/before/bin/cost_agent_bench build/after/bin/cost_agent_bench\n"
      "  dyno ab build/before build/after -- --benchmark_min_time=0.05\n"
      "exit status: 0 no regression that is not accepted, 1 a regression, 2 usage, 3 "
      "inconclusive,\n"
      "4 a benchmark is missing or a process failed");
  command->callback([arguments, &action] { action = [arguments] { return run_ab(*arguments); }; });
}

}  // namespace dyno::cli
