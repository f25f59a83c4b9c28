// What a run is going to do, said before it does it.
#pragma once

#include <string>

#include "dyno/cli/load_arguments.h"

namespace dyno::cli {

// Several lines: the load and its length, the host, and of a scenario file each class of users with
// its share and its wait, and each task with its share and what it requests.
std::string announcement(const Load& load);

}  // namespace dyno::cli
