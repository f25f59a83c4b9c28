// dyno run: the load of a scenario file, or of one request, without compiling anything.
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/announce.h"
#include "dyno/cli/command.h"
#include "dyno/cli/load_arguments.h"
#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/harness/measured_run.h"
#include "dyno/harness/service_under_test.h"
#include "dyno/http/address.h"
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
  std::string name;       // empty: that of the scenario file, or "run"
  fs::path out;           // folder of the results; empty: results/runs/<time>-<name>
  std::string csv;        // prefix of Locust's CSV files
  std::string targets;    // FILE:SET
  bool headless = false;  // the only way there is; taken so that Locust's command lines work
};

load::StopRequest& stop_request() {
  static load::StopRequest request;
  return request;
}

void on_signal(int signal) {
  stop_request().request(signal == SIGINT ? "stopped by SIGINT" : "stopped by SIGTERM");
}

// What a run without targets is held to: it answered, and nearly always well.
targets::TargetSet default_targets() {
  targets::Target errors;
  errors.figure = "error_share";
  errors.relation = targets::Relation::below;
  errors.limit = 0.01;
  return {"", "", "fewer than 1 % of the requests fail", {errors}};
}

Result<targets::TargetSet> targets_of(const std::string& argument) {
  if (argument.empty()) return default_targets();
  const auto colon = argument.rfind(':');
  if (colon == std::string::npos) {
    return Error{fmt::format("--targets '{}': write FILE:SET, e.g. targets.json:normal", argument)};
  }
  const auto file = targets::read_targets(argument.substr(0, colon));
  if (!file) return file.error();
  return targets::find_set(*file, argument.substr(colon + 1));
}

// On a terminal one line that is rewritten; in a log one line every ten seconds.
void show_progress(const load::Progress& progress) {
  const bool live = is_terminal(STDERR_FILENO);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.elapsed).count();
  if (!live && (seconds == 0 || seconds % 10 != 0)) return;
  const auto length = static_cast<double>(std::max<std::int64_t>(progress.point.length.count(), 1));
  fmt::print(stderr, "{}{:>4} s{}  {} users  {:.0f} requests/s  p50 {}  p95 {}  {} failed{}",
             live ? "\r\033[K" : "", seconds,
             progress.planned > Duration::zero()
                 ? fmt::format(" of {:.0f}", static_cast<double>(progress.planned.count()) / 1e9)
                 : "",
             progress.point.users, static_cast<double>(progress.point.ok) * 1e9 / length,
             to_string(progress.point.p50), to_string(progress.point.p95), progress.failures,
             live ? "" : "\n");
  if (progress.draining && live) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

fs::path folder_of(const Arguments& arguments) {
  if (!arguments.out.empty()) return arguments.out;
  return fs::path("results") / "runs" /
         fmt::format("{}-{}", to_file_stamp(utc_now()), arguments.name);
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
                           const fs::path& folder) {
  if (auto written = record::write_record(run, folder / record::record_file); !written) {
    return written;
  }
  if (auto written = report::write_run_reports(run, folder); !written) return written;
  if (arguments.csv.empty()) return {};
  return report::write_locust_csv(run, arguments.csv);
}

// What would waste the time of the whole run is found before it: nobody there to answer, or no
// place for the results.
Result<void> preflight(const std::string& origin, const fs::path& folder) {
  const auto url = http::parse_url(origin);
  if (!url) return url.error();
  const auto addresses = http::resolve(url->host, url->port);
  if (!addresses) return addresses.error();
  if (const auto tried = http::try_to_connect(*addresses, std::chrono::seconds{5}); !tried) {
    return Error{
        fmt::format("{}: {}; is the service running there?", origin, tried.error().message)};
  }
  return check_writable(folder);
}

ExitStatus run_load(Arguments arguments) {
  auto load = load_of(arguments.load);
  if (!load) return usage_error(load.error().message);
  if (arguments.name.empty()) arguments.name = name_of(load->scenario);
  const auto set = targets_of(arguments.targets);
  if (!set) return usage_error(set.error().message);
  const auto folder = folder_of(arguments);
  if (const auto checked = preflight(load->origin, folder); !checked) {
    return usage_error(checked.error().message);
  }
  fmt::print(stderr, "{}", announcement(*load));
  fmt::print(stderr, "{}\n", harness::describe_threads(load->options.threads));
  harness::MeasuredRunOptions options;
  options.run = std::move(load->options);
  options.run.name = arguments.name;
  options.run.stop = &stop_request();
  options.run.observer = show_progress;
  options.reproduce = reproduce_line(arguments.load);
  options.folder = folder;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  const auto service = harness::ServiceUnderTest::at(load->origin);
  auto run = harness::measured_run(*service, load->scenario, load->plan, std::move(options));
  if (!run) return usage_error(run.error().message);
  run->validity =
      targets::assess(*run, targets::tightest_latency(*set).value_or(targets::no_latency_judged));
  run->verdicts = targets::judge(*run, *set);
  fmt::print("{}", report::console(*run, is_terminal(STDOUT_FILENO)));
  if (const auto written = write_reports(*run, arguments, folder); !written) {
    return usage_error(written.error().message);
  }
  fmt::print("results in {}\n", folder.string());
  return targets::exit_status(run->verdicts);
}

void add_request_options(CLI::App& command, LoadArguments& load) {
  command.add_option("FILE", load.file, "A scenario file: what users do (docs/scenario.md)");
  command.add_option("-H,--host", load.host, "Where the scenario is run: http://host:port");
  command.add_option("--url", load.url, "Without a file, what to request: http://host:port/path");
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
  command.add_option("-t,--run-time", load.run_time, "How long: 300s, 20m, 1h30m (default 10s)");
  command.add_option("--rate", load.rate,
                     "Tasks begun per time, whatever was answered: 2000/s, 90/min");
  command
      .add_option("--arrivals", load.arrivals, "How they lie in time: poisson (default) or uniform")
      ->check(CLI::IsMember({"poisson", "uniform"}));
  command.add_option("--warm-up", load.warm_up, "Time before what is judged begins");
  command.add_option("-i,--iterations", load.iterations, "End after so many tasks in all");
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
  command->add_option("--csv", arguments->csv,
                      "Also write Locust's four CSV files with this prefix");
  command->add_flag("--headless", arguments->headless, "Without a page; the only way there is");
  command->footer(
      "What is given here is put in place of what FILE says about the load.\n"
      "examples:\n"
      "  dyno run shop.json --host http://127.0.0.1:8000\n"
      "  dyno run shop.json --host http://127.0.0.1:8000 -u 50 -r 5 -t 2m\n"
      "  dyno run shop.json --host http://127.0.0.1:8000 --rate 200/s -t 30s\n"
      "  dyno run --url http://127.0.0.1:8000/health -u 50 -t 10s\n"
      "  dyno run --url http://127.0.0.1:8000/health --rate 2000/s --warm-up 2s -t 30s\n"
      "  dyno run --url http://127.0.0.1:8000/api --method POST --body @request.json -u 5 -i 100\n"
      "Ctrl-C once ends the run and writes the results; twice ends it at once.");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_load(*arguments); }; });
}

}  // namespace dyno::cli
