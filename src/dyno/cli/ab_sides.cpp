#include "dyno/cli/ab_sides.h"

#include <algorithm>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/ab/benchmarks.h"
#include "dyno/ab/load_runs.h"
#include "dyno/cli/command.h"
#include "dyno/cli/once_run.h"
#include "dyno/core/text.h"
#include "dyno/harness/measured_run.h"
#include "dyno/monitor/affinity.h"
#include "dyno/targets/validity.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

load::StopRequest& load_stop() {
  static load::StopRequest request;
  return request;
}

// One side, before it is known what is measured of it.
struct Place {
  std::string name;      // as people call it
  std::string commit{};  // where it is one
  fs::path folder{};     // build directory, where it is one
  std::vector<std::string> targets{};
};

Result<std::vector<int>> usable_cores(const std::vector<int>& wanted) {
  const auto allowed = monitor::allowed_cores();
  for (const int core : wanted) {
    if (std::find(allowed.begin(), allowed.end(), core) == allowed.end()) {
      return Error{
          fmt::format("--cores: core {} is not to be had, only {}", core, fmt::join(allowed, ","))};
    }
  }
  return allowed;
}

// Where benchmarks run, by default everywhere but on the first core, to which the rest of the
// machine is left: interrupts go there, and so does dyno itself while a benchmark runs.
Result<std::vector<int>> benchmark_cores(const std::vector<int>& wanted) {
  auto allowed = usable_cores(wanted);
  if (!allowed) return allowed.error();
  if (!wanted.empty()) return wanted;
  if (allowed->size() > 1) allowed->erase(allowed->begin());
  return *allowed;
}

// A line on stderr that says what is being built; on a terminal it is written over.
class BuildLine {
 public:
  void show(std::string_view what) {
    if (is_terminal(STDERR_FILENO)) {
      fmt::print(stderr, "\r\033[K{:.110}", what);
      shown_ = true;
    }
  }
  ~BuildLine() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }

 private:
  bool shown_ = false;
};

Result<Place> built(const std::string& revision, const std::string& commit, ab::BuildPlan plan) {
  fmt::print(stderr, "building {} ({}); what is built already is used again\n", revision,
             commit.substr(0, 12));
  BuildLine line;
  plan.progress = [&](std::string_view what) { line.show(what); };
  const auto result = ab::build_commit(commit, plan);
  if (!result) return result.error();
  const auto name = commit.starts_with(revision)
                        ? commit.substr(0, 12)
                        : fmt::format("{} ({})", revision, commit.substr(0, 12));
  return Place{name, commit, result->folder, result->targets};
}

struct Places {
  Place base;
  Place head;
};

Result<Places> commits_of(const AbSideArguments& arguments, const std::function<bool()>& stopped) {
  auto plan = arguments.build;
  plan.stopped = stopped;
  const auto head_revision =
      arguments.head_revision.empty() ? std::string("HEAD") : arguments.head_revision;
  // Both are looked up before one of them is built.
  const auto base_commit = ab::commit_of(arguments.base_revision, plan);
  if (!base_commit) return base_commit.error();
  const auto head_commit = ab::commit_of(head_revision, plan);
  if (!head_commit) return head_commit.error();
  auto base = built(arguments.base_revision, *base_commit, plan);
  if (!base) return base.error();
  auto head = built(head_revision, *head_commit, plan);
  if (!head) return head.error();
  ab::prune_commits(plan);
  return Places{std::move(*base), std::move(*head)};
}

Result<std::vector<fs::path>> programs_of(const Place& place) {
  if (place.commit.empty()) return ab::programs_at(place.folder);
  auto programs = ab::programs_of(place.folder, place.targets);
  if (!programs.empty()) return programs;
  return Error{
      fmt::format("{} has none of the programs {} in {}: is that where it leaves them? See "
                  "--build-folder",
                  place.name, fmt::join(place.targets, ", "), place.folder.string())};
}

Result<AbSides> benchmark_sides(const AbSideArguments& arguments, const Places& places,
                                const std::vector<std::string>& rest, const fs::path& folder,
                                const std::function<bool()>& stopped) {
  auto base = programs_of(places.base);
  if (!base) return base.error();
  auto head = programs_of(places.head);
  if (!head) return head.error();
  const auto cores = benchmark_cores(arguments.cores);
  if (!cores) return cores.error();
  AbSides sides;
  sides.cores = *cores;
  sides.what =
      fmt::format("the benchmarks of {}", counted(std::max(base->size(), head->size()), "program"));
  sides.benchmarks = {*base, *head, rest, folder, *cores, stopped};
  sides.measure = ab::measure_benchmarks(sides.benchmarks);
  return sides;
}

// One run of the load on a service that has just been started.
Result<record::RunRecord> run_load(LoadArguments arguments, const ab::LoadTask& task) {
  arguments.host = task.service->url();
  arguments.seed += task.number;
  auto load = load_of(arguments);
  if (!load) return load.error();
  if (!load->data->set_up.steps.empty()) {
    const auto values = set_up(*load, load_stop());
    if (!values) return values.error();
    load = load_of(arguments, *values);
    if (!load) return load.error();
  }
  harness::MeasuredRunOptions options;
  options.run = load->options;
  options.run.name = "ab";
  options.run.stop = &load_stop();
  options.folder = task.folder;
  auto run = harness::measured_run(*task.service, load->scenario, load->plan, std::move(options));
  const auto torn = tear_down(*load, load_stop());
  if (!run) return run.error();
  if (!torn.empty()) run->notes.push_back("the tear-down has failed: " + torn);
  run->validity = targets::assess(*run, std::nullopt);
  return run;
}

void replace_all(std::string& text, std::string_view place, const std::string& by) {
  for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at + by.size())) {
    text.replace(at, place.size(), by);
  }
}

// The command line that starts the service of a side.
std::string command_of(const AbSideArguments& arguments, const Place& place) {
  if (arguments.service.empty()) return place.name;
  auto command = arguments.service;
  replace_all(command, "{build}", fs::absolute(place.folder).string());
  return command;
}

// A comparison's run time is of what counts, and the warm-up before that; a run's is of all of it.
// What is no time stays, for load_of() to say so.
LoadArguments with_warm_up(LoadArguments load) {
  if (load.warm_up.empty()) load.warm_up = "1s";
  if (load.run_time.empty()) load.run_time = "10s";
  const auto warm_up = parse_duration(load.warm_up);
  const auto counted = parse_duration(load.run_time);
  if (warm_up && counted && *counted > Duration::zero()) {
    load.run_time = fmt::format("{}ns", (*warm_up + *counted).count());
  }
  return load;
}

Result<void> check_load(const AbSideArguments& arguments,
                        const std::vector<std::string>& commands) {
  if (arguments.load.rate.empty()) {
    return Error{"--load needs --rate: both sides get the same arrivals, as 500/s"};
  }
  for (const auto& command : commands) {
    if (command.find("{port}") == std::string::npos) {
      return Error{
          fmt::format("'{}' does not say where its port goes: write {{port}} for it, as in "
                      "'cost_agent --port {{port}}'",
                      command)};
    }
  }
  auto probe = with_warm_up(arguments.load);
  probe.host = "http://127.0.0.1:1";
  const auto load = load_of(probe);  // what cannot be meant is said before anything is started
  return load ? Result<void>{} : load.error();
}

Result<AbSides> load_sides(const AbSideArguments& arguments, const Places& places,
                           const std::vector<std::string>& rest, const fs::path& folder,
                           const std::function<bool()>& stopped) {
  if (!rest.empty()) {
    return Error{
        fmt::format("'{}' is one word too many: quote each service's command line", rest.front())};
  }
  const auto& given = arguments.load;
  const auto load = with_warm_up(given);
  const auto base = command_of(arguments, places.base);
  const auto head = command_of(arguments, places.head);
  if (const auto checked = check_load(arguments, {base, head}); !checked) return checked.error();
  const auto allowed = usable_cores(arguments.cores);
  if (!allowed) return allowed.error();
  AbSides sides;
  sides.cores = monitor::split_cores(*allowed).service;
  sides.what =
      fmt::format("{} at {} for {} after {} of warm-up, every time on a fresh service", load.file,
                  load.rate, given.run_time.empty() ? "10s" : given.run_time, load.warm_up);
  sides.measure =
      ab::measure_load({base, head, arguments.health,
                        [load](const ab::LoadTask& task) { return run_load(load, task); }, folder,
                        arguments.most_errors_percent / 100, 3, stopped});
  return sides;
}

void add_commit_options(CLI::App& command, AbSideArguments& arguments) {
  auto& build = arguments.build;
  command.add_option("--base", arguments.base_revision, "A commit to build, in place of BASE");
  command.add_option("--head", arguments.head_revision, "Likewise of HEAD (default: HEAD)");
  command
      .add_option("--target", build.targets,
                  "What to build of a commit, several times (default: every *_bench)")
      ->allow_extra_args(false);
  command.add_option("--repository", build.repository, "Where the commits are (default: here)");
  command.add_option("--configure", build.configure, "Run in a commit's source before --build")
      ->capture_default_str();
  command.add_option("--build", build.build, "Builds it; {targets} stands for the names")
      ->capture_default_str();
  command.add_option("--build-folder", build.build_folder, "Where that leaves the programs")
      ->capture_default_str();
  command.add_option("--cache", build.cache,
                     "Folder for the commits' sources and builds (default build/commits of the "
                     "repository)");
  command.add_flag("--ignore-changes", build.ignore_changes,
                   "Measure the commits though the working tree has changes");
}

void add_load_side_options(CLI::App& command, AbSideArguments& arguments) {
  auto& load = arguments.load;
  command.add_option("--load", load.file,
                     "A scenario file: compare services under its load. BASE and HEAD are then the "
                     "command lines that start them, with {port}");
  command.add_option(
      "--service", arguments.service,
      "With --load, of both sides: '{build}/bin/shop --port {port}'; BASE and HEAD are "
      "build directories or commits");
  command.add_option("--health", arguments.health, "Answers 2xx when the service is ready")
      ->capture_default_str();
  command.add_option("--rate", load.rate, "Tasks begun per time, whatever was answered: 500/s");
  command.add_option("-t,--run-time", load.run_time, "Of each run, after --warm-up (default 10s)");
  command.add_option("--warm-up", load.warm_up, "Of each run, before what counts (default 1s)");
  command.add_option("--arrivals", load.arrivals, "poisson (default) or uniform")
      ->check(CLI::IsMember({"poisson", "uniform"}));
  command.add_option("--timeout", load.timeout, "Of one request (default 30s)");
  command
      .add_option("--max-errors", arguments.most_errors_percent,
                  "Percent of the requests that may fail; a side with more is not compared")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
}

}  // namespace

void add_side_options(CLI::App& command, AbSideArguments& arguments) {
  command.add_option("BASE", arguments.base,
                     "A Google Benchmark binary, or a build directory with *_bench");
  command.add_option("HEAD", arguments.head, "Likewise");
  command.add_option("ARGUMENTS", arguments.arguments,
                     "For every benchmark process, after --: --benchmark_min_time=0.05");
  add_commit_options(command, arguments);
  add_load_side_options(command, arguments);
  command
      .add_option("--cores", arguments.cores,
                  "Cores for the benchmarks, as 1,2; by default all but the first")
      ->delimiter(',')
      ->allow_extra_args(false);
}

Result<AbSides> sides_of(const AbSideArguments& arguments, const fs::path& folder,
                         const std::function<bool()>& stopped) {
  auto rest = arguments.arguments;
  for (const auto* word : {&arguments.head, &arguments.base}) {
    if (!word->empty()) rest.insert(rest.begin(), *word);
  }
  Places places;
  if (!arguments.base_revision.empty()) {
    if (!arguments.load.file.empty() && arguments.service.empty()) {
      return Error{"commits under load need --service: '{build}/bin/NAME --port {port}'"};
    }
    auto commits = commits_of(arguments, stopped);
    if (!commits) return commits.error();
    places = std::move(*commits);
  } else if (!arguments.head_revision.empty()) {
    return Error{"--head is a commit: say with --base which one it is compared with"};
  } else if (rest.size() < 2) {
    return Error{"BASE and HEAD are needed, or --base and --head for commits; see dyno ab --help"};
  } else {
    places.base = {rest[0], "", rest[0], {}};
    places.head = {rest[1], "", rest[1], {}};
    rest.erase(rest.begin(), rest.begin() + 2);
  }
  auto sides = arguments.load.file.empty()
                   ? benchmark_sides(arguments, places, rest, folder, stopped)
                   : load_sides(arguments, places, rest, folder, stopped);
  if (!sides) return sides;
  sides->base = places.base.name;
  sides->head = places.head.name;
  sides->base_commit = places.base.commit;
  sides->head_commit = places.head.commit;
  return sides;
}

void stop_load() noexcept { load_stop().request("stopped by a signal"); }

}  // namespace dyno::cli
