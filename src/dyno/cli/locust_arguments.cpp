#include "dyno/cli/locust_arguments.h"

#include <algorithm>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/option_values.h"

namespace dyno::cli {

namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

void take(const char* name, std::string& value) {
  if (value.empty()) value = environment(name);
}

Result<void> take_flag(const char* name, bool& flag) {
  const std::string text = environment(name);
  if (text.empty() || flag) return {};
  for (const auto* yes : {"1", "true", "True", "yes", "on"}) {
    if (text == yes) flag = true;
  }
  for (const auto* no : {"0", "false", "False", "no", "off"}) {
    if (text == no) return {};
  }
  if (flag) return {};
  return Error{fmt::format("{}='{}': write true or false", name, text)};
}

// Words with blanks or commas between them.
void take_list(const char* name, std::vector<std::string>& list) {
  if (!list.empty()) return;
  const std::string text = environment(name);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" ,", at), text.size());
    if (end > at) list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

Result<void> take_users(LoadArguments& load) {
  if (load.users || !load.rate.empty()) return {};
  const auto number = number_in_environment("LOCUST_USERS", 1, 1'000'000, "a whole number above 0");
  if (!number) return number.error();
  if (*number) load.users = **number;
  return {};
}

}  // namespace

void add_locust_options(CLI::App& command, LocustArguments& arguments) {
  const OptionGroup group(command, "As Locust");
  command.add_option("--csv", arguments.csv, "Also write Locust's four CSV files with this prefix");
  command.add_flag("--csv-full-history", arguments.full_history,
                   "With --csv: a row a second for each endpoint, not only for all");
  command.add_flag("--json", arguments.json, "Print the figures as Locust's JSON on stdout");
  command.add_option("--json-file", arguments.json_file, "Write them to this file, .json is added");
  command.add_flag("--headless", arguments.headless,
                   "Without a page (there is none yet), with Locust's table every two seconds");
  command.add_flag("--only-summary", arguments.only_summary, "Show nothing before the end");
  command.add_flag("--reset-stats", arguments.reset_stats,
                   "Leave out what came before all users were there; always so");
  command
      .add_option("--exit-code-on-error", arguments.exit_code_on_error,
                  "Exit status when any request has failed, in place of the verdict's")
      ->check(CLI::Range(0, 255));
  command.add_option("--html", arguments.html, "Planned: a report as a page");
  command.add_flag("--autostart", arguments.autostart, "Always so");
  command.add_option("--autoquit", arguments.autoquit, "Always so: the program ends with the run");
  command.add_option("-P,--web-port", arguments.web_port, "Planned: the port of a live page");
}

Result<void> take_environment(LoadArguments& load, LocustArguments& arguments) {
  if (load.url.empty()) {
    take("LOCUST_LOCUSTFILE", load.file);
    take("LOCUST_HOST", load.host);
    take_list("LOCUST_TAGS", load.tags);
    take_list("LOCUST_EXCLUDE_TAGS", load.exclude_tags);
  }
  const bool shaped = !load.stages.empty() && load.stages.front().find(':') != std::string::npos;
  if (!shaped) {
    if (const auto taken = take_users(load); !taken) return taken;
  }
  if (load.rate.empty()) take("LOCUST_SPAWN_RATE", load.spawn_rate);
  if (load.iterations == 0 && !shaped) take("LOCUST_RUN_TIME", load.run_time);
  take("LOCUST_STOP_TIMEOUT", load.stop_timeout);
  take("LOCUST_CSV", arguments.csv);
  take("LOCUST_HTML", arguments.html);
  take("LOCUST_JSON_FILE", arguments.json_file);
  take("LOCUST_AUTOQUIT", arguments.autoquit);
  take("LOCUST_WEB_PORT", arguments.web_port);
  const std::pair<const char*, bool&> flags[] = {
      {"LOCUST_HEADLESS", arguments.headless},
      {"LOCUST_AUTOSTART", arguments.autostart},
      {"LOCUST_CSV_FULL_HISTORY", arguments.full_history},
      {"LOCUST_JSON", arguments.json},
      {"LOCUST_ONLY_SUMMARY", arguments.only_summary},
      {"LOCUST_RESET_STATS", arguments.reset_stats}};
  for (const auto& [name, flag] : flags) {
    if (const auto taken = take_flag(name, flag); !taken) return taken;
  }
  if (arguments.exit_code_on_error) return {};
  const auto code =
      number_in_environment("LOCUST_EXIT_CODE_ON_ERROR", 0, 255, "a number from 0 to 255");
  if (!code) return code.error();
  if (*code) arguments.exit_code_on_error = static_cast<int>(**code);
  return {};
}

std::string notes_on(const LocustArguments& arguments) {
  std::string notes;
  if (!arguments.html.empty()) {
    notes += fmt::format("note: --html is planned; {} is not written, summary.md has the figures\n",
                         arguments.html);
  }
  if (!arguments.web_port.empty()) {
    notes += "note: a live page is planned; --web-port has no effect\n";
  }
  if (arguments.full_history && arguments.csv.empty()) {
    notes += "note: --csv-full-history needs --csv\n";
  }
  return notes;
}

}  // namespace dyno::cli
