// What of a scenario is done once, outside of the load: `dyno run --once`, set-up, tear-down.
#pragma once

#include <map>
#include <string>

#include "dyno/cli/load_arguments.h"
#include "dyno/core/exit_status.h"
#include "dyno/core/result.h"
#include "dyno/load/once.h"

namespace dyno::cli {

// One user of each class does its start, each of its tasks once, and its end; set-up comes before
// and tear-down after. A line for each request on stdout; with `trace` the whole of request and
// answer, in which what looks like a secret is replaced. Waits are left out. A pass when no request
// has failed; invalid when it was stopped.
// Of all here: once `stop` is asked for, what remains is left out but for the tear-down; a second
// time ends that too, and the request under way.
ExitStatus run_once(const LoadArguments& arguments, Load load, bool trace,
                    const load::StopRequest& stop);

// Does the set-up and gives what it has extracted. When it fails or is stopped, the tear-down is
// done, and the error says what has failed.
Result<std::map<std::string, std::string>> set_up(const Load& load, const load::StopRequest& stop);

// Does the tear-down; the first failure in a line, empty for none.
std::string tear_down(const Load& load, const load::StopRequest& stop);

}  // namespace dyno::cli
