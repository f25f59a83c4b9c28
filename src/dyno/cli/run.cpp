// dyno run: the load of a scenario file, or of one request, without compiling anything.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/announce.h"
#include "dyno/cli/command.h"
#include "dyno/cli/judged.h"
#include "dyno/cli/load_arguments.h"
#include "dyno/cli/locust_arguments.h"
#include "dyno/cli/once_run.h"
#include "dyno/cli/watch.h"
#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/harness/arithmetic.h"
#include "dyno/harness/measured_run.h"
#include "dyno/harness/service_under_test.h"
#include "dyno/http/connector.h"
#include "dyno/http/url.h"
#include "dyno/record/record_file.h"
#include "dyno/report/report.h"
#include "dyno/targets/judge.h"
#include "dyno/targets/targets.h"
#include "dyno/targets/validity.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
  LoadArguments load;
  LocustArguments locust;
  std::string name;     // empty: that of the scenario file, or "run"
  fs::path out;         // folder of the results; empty: results/runs/<time>-<name>
  std::string targets;  // FILE:SET
  bool strict = false;  // an unreachable target ends it before it begins
  bool once = false;    // one pass of everything instead of a run
  bool trace = false;   // with the whole of each request and answer
};

load::StopRequest& stop_request() {
  static load::StopRequest request;
  return request;
}

void on_signal(int signal) {
  stop_request().request(signal == SIGINT ? "stopped by SIGINT" : "stopped by SIGTERM");
}

// A run's folder is its own, also where another of its name begins in the same second.
Result<fs::path> folder_of(const Arguments& arguments) {
  Result<fs::path> folder = arguments.out;
  if (arguments.out.empty()) {
    folder = make_own_folder(fs::path("results") / "runs" /
                             fmt::format("{}-{}", to_file_stamp(utc_now()), arguments.name));
  }
  if (!folder) return folder;
  if (const auto checked = check_writable(*folder); !checked) return checked.error();
  return folder;
}

// A name that a file gives becomes part of a path.
std::string name_of(const load::Scenario& scenario) {
  if (!scenario.data) return "run";
  std::string name = scenario.name.substr(0, 60);
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (!plain) c = '_';
  }
  return name;
}

Result<void> write_reports(const record::RunRecord& run, const Arguments& arguments,
                           const fs::path& folder, const report::LocustHistory& history) {
  const LocustArguments& locust = arguments.locust;
  if (auto written = record::write_record(run, folder / record::record_file); !written) {
    return written;
  }
  if (auto written = report::write_run_reports(run, folder); !written) return written;
  if (!locust.json_file.empty()) {
    if (auto written = write_file(locust.json_file + ".json", history.json(run)); !written) {
      return written;
    }
  }
  if (locust.csv.empty()) return {};
  return report::write_locust_csv(run, locust.csv);
}

// What would waste the time of the whole run is found before it: nobody there to answer.
Result<void> preflight(const Load& load) {
  const auto url = http::parse_url(load.origin);
  if (!url) return url.error();
  const auto destination = http::make_destination(*url, load.options.http);
  if (!destination) return destination.error();
  if (const auto tried = http::try_to_connect(*destination, std::chrono::seconds{5}); !tried) {
    return Error{fmt::format("{}: {}", load.origin, tried.error().message)};
  }
  return {};
}

// What it is about to do, and what its own numbers say of that.
void announce(const Load& load, const Judged& judged, const std::vector<std::string>& warnings) {
  fmt::print(stderr, "{}", announcement(load));
  for (const auto& target : judged.set.targets) {
    fmt::print(stderr, "  held to {}{}\n", targets::to_string(target),
               target.abort_grace ? ", or it ends" : "");
  }
  for (const auto& note : load.notes) fmt::print(stderr, "note: {}\n", note);
  for (const auto& warning : warnings) fmt::print(stderr, "warning: {}\n", warning);
  fmt::print(stderr, "{}\n", harness::describe_threads(load.options.threads));
}

void handle_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

bool any_failed(const record::RunRecord& run) {
  return std::any_of(run.cells.begin(), run.cells.end(), [](const record::Cell& cell) {
    return !cell.outcome.ok() && cell.outcome.kind != metrics::OutcomeKind::cancelled &&
           cell.count > 0;
  });
}

// By Locust's convention where that is asked for; a run that a threshold has ended has failed.
int status_of(const record::RunRecord& run, const Arguments& arguments, bool aborted) {
  if (arguments.locust.exit_code_on_error && any_failed(run)) {
    return *arguments.locust.exit_code_on_error;
  }
  if (aborted) return static_cast<int>(ExitStatus::fail);
  return static_cast<int>(targets::exit_status(run.verdicts));
}

Show show_of(const LocustArguments& locust) {
  if (locust.only_summary || locust.json) return Show::nothing;
  return locust.headless ? Show::tables : Show::line;
}

// Loads, judges, and writes all that there is to say of it.
ExitStatus measure(const Arguments& arguments, Load load, const Judged& judged,
                   const std::vector<std::string>& warnings, const fs::path& folder) {
  const LocustArguments& locust = arguments.locust;
  RunWatch watch(judged, stop_request(), show_of(locust), load.options.threads);
  if (!locust.csv.empty()) {
    const auto begun = watch.write_history(locust.csv, locust.full_history);
    if (!begun) {
      tear_down(load, stop_request());  // what the set-up has made
      return usage_error(begun.error().message);
    }
  }
  harness::MeasuredRunOptions options;
  options.run = load.options;
  options.run.name = arguments.name;
  options.run.stop = &stop_request();
  options.run.on_start = [&](const record::RunRecord& as_known) { watch.start(as_known); };
  options.run.observer = [&](const load::Progress& progress) { watch.progress(progress); };
  options.on_readings = [&](const harness::Readings& readings) { watch.add(readings); };
  options.reproduce = reproduce_line(arguments.load);
  options.folder = folder;
  const auto service = harness::ServiceUnderTest::at(load.origin, options.run.http);
  auto run = harness::measured_run(*service, load.scenario, load.plan, std::move(options));
  const std::string torn = tear_down(load, stop_request());
  if (!torn.empty()) fmt::print(stderr, "warning: the tear-down has failed: {}\n", torn);
  if (!run) return usage_error(run.error().message);
  if (!torn.empty()) run->notes.push_back("the tear-down has failed: " + torn);
  run->notes.insert(run->notes.end(), warnings.begin(), warnings.end());
  run->validity = targets::assess(
      *run, targets::tightest_latency(judged.set).value_or(targets::no_latency_judged));
  run->verdicts = targets::judge(*run, judged.set);
  // Where stdout is for the JSON, people read stderr.
  std::FILE* const out = arguments.locust.json ? stderr : stdout;
  fmt::print(out, "{}", report::console(*run, is_terminal(::fileno(out))));
  if (arguments.locust.headless) fmt::print(out, "\n{}", report::console_percentiles(*run));
  if (arguments.locust.json) fmt::print("{}", watch.history().json(*run));
  if (const auto written = write_reports(*run, arguments, folder, watch.history()); !written) {
    return usage_error(written.error().message);
  }
  fmt::print(out, "results in {}\n", folder.string());
  return static_cast<ExitStatus>(status_of(*run, arguments, watch.aborted()));
}

ExitStatus run_load(Arguments arguments) {
  if (const auto taken = take_environment(arguments.load, arguments.locust); !taken) {
    return usage_error(taken.error().message);
  }
  auto load = load_of(arguments.load);
  if (!load) return usage_error(load.error().message);
  if (arguments.name.empty()) arguments.name = name_of(load->scenario);
  const auto judged = judged_by(arguments.targets, arguments.load.thresholds, load->thresholds,
                                load->scenario.data.get());
  if (!judged) return usage_error(judged.error().message);
  if (arguments.trace && !arguments.once) {
    return usage_error("--trace shows what --once does: add --once");
  }
  // What --url asks for is a journey of one request.
  const auto warnings = harness::unreachable(
      {load->scenario, load->plan, harness::Knob::option, [](const auto&) { return 1.0; }},
      judged->set);
  if (arguments.strict && !warnings.empty() && !arguments.once) {
    return usage_error(warnings.front());
  }
  if (const auto checked = preflight(*load); !checked) {
    return usage_error(checked.error().message);
  }
  handle_signals();
  if (arguments.once) {
    return run_once(arguments.load, std::move(*load), arguments.trace, stop_request());
  }
  const auto folder = folder_of(arguments);  // or there is no place for the results
  if (!folder) return usage_error(folder.error().message);
  fmt::print(stderr, "{}", notes_on(arguments.locust));
  announce(*load, *judged, warnings);
  if (!load->data->set_up.steps.empty()) {
    const auto values = set_up(*load, stop_request());
    if (!values) {
      const auto status = usage_error(values.error().message);
      return stop_request().level() > 0 ? ExitStatus::invalid : status;
    }
    auto again = load_of(arguments.load, *values);
    if (!again) return usage_error(again.error().message);
    load = std::move(again);
  }
  return measure(arguments, std::move(*load), *judged, warnings, *folder);
}

void add_request_options(CLI::App& command, LoadArguments& load) {
  command.add_option("FILE,-f,--locustfile", load.file,
                     "A scenario file: what users do (docs/scenario.md)");
  command.add_option("-H,--host", load.host, "Where the scenario is run: http[s]://host:port");
  command.add_option("--url", load.url,
                     "Without a file, what to request: http[s]://host:port/path");
  command.add_option("--method", load.method, "HTTP method (default GET)");
  command.add_option("--body", load.body, "Body to send, as JSON; @FILE reads it from a file");
  command.add_option("--header", load.headers, "'Name: value'; may be given several times")
      ->allow_extra_args(false);
  command.add_option("--think", load.think, "Wait of a user between requests: 1s, or 1s-3s");
}

void add_load_options(CLI::App& command, LoadArguments& load) {
  command.add_option("-u,--users", load.users,
                     "Users, each with a connection of its own (default 1)");
  command.add_option("-r,--spawn-rate", load.spawn_rate,
                     "Users started per second (default: at once)");
  command.add_option("-t,--run-time", load.run_time,
                     "How long in all, from the first user on: 300s, 20m, 1h30m (default: 10s "
                     "after users are started and warm)");
  command.add_option("--rate", load.rate,
                     "Tasks begun per time, whatever was answered: 2000/s, 90/min");
  command
      .add_option("--arrivals", load.arrivals, "How they lie in time: poisson (default) or uniform")
      ->check(CLI::IsMember({"poisson", "uniform"}));
  command.add_option("--warm-up", load.warm_up, "Part of the time, before what is judged begins");
  command
      .add_option(
          "--stage", load.stages,
          "How the load changes: spike, step, endurance (soak), of the level and time given; "
          "or TIME:USERS as k6, several times")
      ->allow_extra_args(false);
  command.add_option("-T,--tags", load.tags, "Only tasks with one of these tags")->delimiter(',');
  command.add_option("-E,--exclude-tags", load.exclude_tags, "Only tasks with none of these")
      ->delimiter(',');
  command.add_option("-s,--stop-timeout", load.stop_timeout,
                     "At the end, for tasks that are under way (default 10s)");
  command.add_option("-i,--iterations", load.iterations,
                     "End after so many tasks in all, or after -t where that is given");
  command.add_option("--timeout", load.timeout, "Of one request (default 30s)");
  command.add_option("--send-timeout", load.send_timeout,
                     "For the service to take the request, within --timeout");
  command.add_option("--first-byte-timeout", load.first_byte_timeout,
                     "From there to the first byte of the answer");
  command.add_option("--idle-timeout", load.idle_timeout, "Longest silence within an answer");
  command.add_flag("--compressed", load.compressed, "Ask for gzip");
  command.add_flag(
      "--stream", load.stream,
      "Read the answer event by event (server-sent events, chunks) and record the gaps");
  command.add_option("--event-timeout", load.event_timeout,
                     "With --stream: the longest wait for an event");
  command.add_option("--seed", load.seed, "Of all random choices")->capture_default_str();
  command
      .add_option("--threads", load.threads,
                  "Threads of the engine, each bound to a core of its own as long as one is "
                  "left to the service; one is enough for most services")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  add_session_options(command, load.session);
  add_connection_options(command, load.connection);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("run", "Put load on a service, measure and judge");
  add_request_options(*command, arguments->load);
  add_load_options(*command, arguments->load);
  command->add_option("--name", arguments->name, "Of the run (default: the scenario's)");
  command->add_option("--targets", arguments->targets,
                      "FILE:SET of targets (default: fewer than 1 % of requests fail)");
  command->add_option("--out", arguments->out, "Folder of the results (default results/runs/...)");
  command
      ->add_option("--threshold", arguments->load.thresholds,
                   "As k6: 'http_req_duration{name:/items}: p(95)<500', several times; in place of "
                   "those of FILE")
      ->allow_extra_args(false);
  command->add_flag("--strict", arguments->strict,
                    "Refuse a target on a rate that users and waits put out of reach");
  command->add_flag("--once", arguments->once,
                    "No load: one user does everything once, a line for each request");
  command->add_flag("--trace", arguments->trace,
                    "With --once: every request and answer as a whole, but for secrets");
  add_locust_options(*command, arguments->locust);
  command->footer(
      "What is given here is put in place of what FILE says about the load.\n"
      "examples:\n"
      "  dyno run shop.json --host http://127.0.0.1:8000\n"
      "  dyno run shop.json --host http://127.0.0.1:8000 -u 50 -r 5 -t 2m\n"
      "  dyno run shop.json --host http://127.0.0.1:8000 --rate 200/s -t 30s\n"
      "  dyno run shop.json --host http://127.0.0.1:8000 -u 50 --stage spike -t 5m\n"
      "  dyno run shop.json --host http://127.0.0.1:8000 --once --trace\n"
      "  dyno run --url http://127.0.0.1:8000/health -u 50 -t 10s\n"
      "  dyno run --url http://127.0.0.1:8000/health --rate 2000/s --warm-up 2s -t 30s\n"
      "  dyno run --url http://127.0.0.1:8000/api --method POST --body @request.json -u 5 -i 100\n"
      "LOCUST_USERS, LOCUST_HOST and the like are taken where the command line says nothing.\n"
      "Ctrl-C once ends the run and writes the results; twice ends it at once.");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_load(*arguments); }; });
}

}  // namespace dyno::cli
