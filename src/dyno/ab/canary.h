// A fixed piece of work whose time tells how quick the machine is at the moment, whatever is being
// measured.
#pragma once

#include "dyno/core/clock.h"

namespace dyno::ab {

// Some 10 ms of integer arithmetic and of reads and writes over 256 KiB, by the clock. Any thread.
Duration canary(Clock& clock);

}  // namespace dyno::ab
