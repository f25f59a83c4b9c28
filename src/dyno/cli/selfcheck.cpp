// dyno selfcheck: by how much the engine is off on this machine; and dyno oracle, the server that
// it is checked against, to be loaded by hand or by other tools.
#include "dyno/selfcheck/selfcheck.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/selfcheck/oracle_server.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

struct SelfcheckArguments {
  std::string rate = "10000/s";
  std::vector<std::string> only;
  bool thorough = false;
  std::uint64_t seed = 1;
  fs::path json;
  fs::path markdown;
};

Result<selfcheck::Options> options_of(const SelfcheckArguments& arguments) {
  const auto wanted = [&](const std::string& name) {
    return arguments.only.empty() ||
           std::ranges::find(arguments.only, name) != arguments.only.end();
  };
  const auto rate = parse_rate(arguments.rate);
  if (!rate) return Error{fmt::format("--rate: {}", rate.error().message)};
  selfcheck::Options options;
  options.seed = arguments.seed;
  for (auto& checked : selfcheck::cases(arguments.thorough)) {
    if (wanted(checked.name)) options.cases.push_back(std::move(checked));
  }
  if (wanted("lateness")) {
    options.lateness.push_back({.rate = *rate});
    if (arguments.thorough) options.lateness.back().rounds *= 5;
  }
  options.progress = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  return options;
}

// The whole run must not have been for nothing.
Result<void> check_places(const SelfcheckArguments& arguments) {
  for (const auto& path : {arguments.json, arguments.markdown}) {
    if (path.empty()) continue;
    const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (const auto checked = check_writable(folder); !checked) return checked;
  }
  return {};
}

ExitStatus run_selfcheck(const SelfcheckArguments& arguments) {
  const auto options = options_of(arguments);
  if (!options) return usage_error(options.error().message);
  if (const auto checked = check_places(arguments); !checked) {
    return usage_error(checked.error().message);
  }
  const auto findings = selfcheck::check_engine(*options);
  if (!findings) return usage_error(findings.error().message);
  fmt::print("{}", selfcheck::to_text(*findings));
  auto written = arguments.json.empty()
                     ? Result<void>{}
                     : write_file(arguments.json, selfcheck::to_json(*findings).dump(2) + "\n");
  if (written && !arguments.markdown.empty()) {
    written = write_file(arguments.markdown, selfcheck::to_markdown(*findings));
  }
  if (!written) return usage_error(written.error().message);
  return findings->within() ? ExitStatus::pass : ExitStatus::fail;
}

ExitStatus run_oracle(const selfcheck::OracleOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto oracle = selfcheck::OracleServer::start(options);
  if (!oracle) return usage_error(oracle.error().message);
  fmt::print("listening on {}\n", (*oracle)->url());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  const auto figures = (*oracle)->stop();
  fmt::print("{} answers, late by p50 {}, p99 {}, max {}; {} refused\n", figures.answers,
             to_string(figures.lateness.percentile(50)), to_string(figures.lateness.percentile(99)),
             to_string(figures.lateness.max()), figures.refused);
  return ExitStatus::pass;
}

}  // namespace

void add_selfcheck(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SelfcheckArguments>();
  auto* command = app.add_subcommand("selfcheck", "By how much the engine is off on this machine");
  command->add_option("--rate", arguments->rate, "Arrivals at which lateness is looked at")
      ->capture_default_str();
  command->add_option("--only", arguments->only, "Parts: fixed, bimodal, freeze, lateness")
      ->delimiter(',')
      ->check(CLI::IsMember({"fixed", "bimodal", "freeze", "lateness"}));
  command->add_flag("--long", arguments->thorough,
                    "Two minutes instead of seconds: enough requests to judge a p99.9 by");
  command->add_option("--seed", arguments->seed, "Of the arrivals")->capture_default_str();
  command->add_option("--json", arguments->json, "Also write what was found to this file");
  command->add_option("--md", arguments->markdown, "Likewise as Markdown");
  command->footer(
      "It loads an oracle server, whose every answer comes when it is known to be due, compares\n"
      "percentiles with the truth, and the engine's lateness with that of a bare timer loop.\n"
      "examples:\n"
      "  dyno selfcheck\n"
      "  dyno selfcheck --only lateness --rate 10000/s\n"
      "  dyno selfcheck --long --only freeze --json freeze.json\n"
      "exit status: 0 within bounds, 1 out of them (it says what to do), 2 usage or I/O");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_selfcheck(*arguments); }; });
}

void add_oracle(CLI::App& app, Action& action) {
  auto options = std::make_shared<selfcheck::OracleOptions>();
  auto* command = app.add_subcommand("oracle", "Serve answers that come when they are known to");
  command->add_option("--port", options->port, "Where to listen; 0: a free port")
      ->capture_default_str();
  command->add_option("--address", options->address, "IPv4 address")->capture_default_str();
  command->add_option("--cores", options->cores, "Cores that it is bound to")->delimiter(',');
  command->footer(
      "A request says how it is answered:\n"
      "  Oracle-Delay: 5ms            after 5 ms;  2ms/20ms/10: after 2 ms, every tenth after 20\n"
      "  Oracle-Work: 1ms             one at a time, 1 ms each, in the order of their coming\n"
      "  Oracle-Freeze: 1s/10s/4s     frozen for 1 s every 10 s, first 4 s after this request\n"
      "examples:\n"
      "  dyno oracle --port 8099 --cores 0\n"
      "  dyno run --url http://127.0.0.1:8099/ --rate 500/s --header 'Oracle-Delay: 5ms'\n"
      "Ctrl-C ends it; it then says how late its own answers were.");
  command->callback([options, &action] { action = [options] { return run_oracle(*options); }; });
}

}  // namespace dyno::cli
