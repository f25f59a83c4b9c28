// The subcommands of dyno. Each add_*() declares one on the command line and, when it is the one
// that was called, leaves in `action` what is to be done.
#pragma once

#include <functional>
#include <string>

#include "dyno/core/exit_status.h"

namespace CLI {
class App;
}

namespace dyno::cli {

using Action = std::function<ExitStatus()>;

void add_run(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_monitor(CLI::App& app, Action& action);
void add_suite(CLI::App& app, Action& action);
void add_selfcheck(CLI::App& app, Action& action);
void add_oracle(CLI::App& app, Action& action);
void add_ab(CLI::App& app, Action& action);
void add_baseline(CLI::App& app, Action& action);
void add_selftest(CLI::App& app, Action& action);
void add_selftest_changes(CLI::App& selftest, Action& action);
void add_history(CLI::App& app, Action& action);

// Says one clear line on stderr and gives the status that goes with it.
ExitStatus usage_error(const std::string& message);

// Whether colours and a live line make sense on this descriptor: a terminal, and NO_COLOR not set.
bool is_terminal(int descriptor);

}  // namespace dyno::cli
