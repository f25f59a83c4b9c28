// dyno: load, judge, compare, report. Each subcommand lives in a file of its own.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/cli/command.h"
#include "dyno/core/build_info.h"
#include "dyno/http/redact.h"

namespace dyno::cli {

ExitStatus usage_error(const std::string& message) {
  fmt::print(stderr, "error: {}\n", message);
  return ExitStatus::usage;
}

bool is_terminal(int descriptor) {
  return isatty(descriptor) != 0 && std::getenv("NO_COLOR") == nullptr;
}

namespace {

constexpr const char* footer =
    "examples:\n"
    "  dyno run --url http://127.0.0.1:8000/health -u 50 -t 10s\n"
    "  dyno run --url http://127.0.0.1:8000/health --rate 2000/s -t 10s\n"
    "  dyno selfcheck\n"
    "  dyno monitor --port 8000 -t 1m\n"
    "  dyno compare results/runs/A/record.json results/runs/B/record.json\n"
    "  dyno report results/runs/latest --md summary.md\n"
    "  dyno history add results/runs/latest\n"
    "\n"
    "exit status: 0 pass, 1 a target missed or a regression, 2 usage, configuration or I/O,\n"
    "3 inconclusive or no baseline, 4 an invalid run or missing data";

// The names of unknown options alone, where there are any: what stands at them may be a secret.
std::string unexpected(std::vector<std::string> words) {
  const auto is_option = [](const std::string& word) { return word.starts_with('-'); };
  const auto name_of = [](const std::string& word) {
    return word.substr(0, word.starts_with("--") ? word.find('=') : 2);
  };
  if (std::any_of(words.begin(), words.end(), is_option)) {
    std::erase_if(words, [&](const std::string& word) { return !is_option(word); });
  }
  for (std::string& word : words) {
    word = is_option(word) ? name_of(word) : http::redacted_body(word);
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

int run(int argc, char** argv) {
  CLI::App app{"dyno measures services: load, verdicts, comparisons, reports", "dyno"};
  app.footer(footer);
  app.set_version_flag("--version", std::string("dyno ") + build::version);
  Action action;
  add_run(app, action);
  add_compare(app, action);
  add_report(app, action);
  add_monitor(app, action);
  add_suite(app, action);
  add_selfcheck(app, action);
  add_oracle(app, action);
  add_ab(app, action);
  add_baseline(app, action);
  add_selftest(app, action);
  add_history(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    return static_cast<int>(usage_error(
        fmt::format("not expected: {}; see dyno --help", unexpected(app.remaining(true)))));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return static_cast<int>(
        usage_error(fmt::format("{}; see dyno --help", http::redacted_body(error.what()))));
  }
  if (!action) return static_cast<int>(usage_error("no command was given; see dyno --help"));
  try {
    return static_cast<int>(action());
  } catch (const std::filesystem::filesystem_error& error) {
    // A path that the system cannot even look at: a name too long, links in a circle, a folder that
    // may not be entered.
    return static_cast<int>(usage_error(fmt::format(
        "cannot read {}: {}; check the path", error.path1().string(), error.code().message())));
  }
}

}  // namespace
}  // namespace dyno::cli

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is then an error like a full disk
  return dyno::cli::run(argc, argv);
}
