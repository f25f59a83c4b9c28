// The options of `dyno run` that Locust's command lines have besides those of the load, and
// Locust's environment variables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dyno/cli/load_arguments.h"

namespace CLI {
class App;
}

namespace dyno::cli {

struct LocustArguments {
  std::string csv;  // prefix of the four files
  bool full_history = false;
  std::string html;
  bool json = false;
  std::string json_file;  // without its ending .json
  bool only_summary = false;
  bool headless = false;
  bool reset_stats = false;
  bool autostart = false;
  std::string autoquit;
  std::string web_port;
  std::optional<int> exit_code_on_error;
};

void add_locust_options(CLI::App& command, LocustArguments& arguments);

// What LOCUST_USERS and others say, where the command line says nothing: neither the same nor what
// would contradict it. Fails for a value that means nothing.
Result<void> take_environment(LoadArguments& load, LocustArguments& arguments);

// A line for each option that is taken but has no effect, or not yet; empty for none.
std::string notes_on(const LocustArguments& arguments);

}  // namespace dyno::cli
