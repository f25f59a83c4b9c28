// How long a user waits: plain data, the same for a class of users and for a step.
#pragma once

#include "dyno/core/clock.h"

namespace dyno::scenario {

// Waiting after a task or a step. At most one of the three is meant: a time from `low` to `high`,
// uniformly; with `mean`, an exponential time; with `every`, pacing: one round every so often.
struct Wait {
  Duration low{};
  Duration high{};
  Duration every{};
  Duration mean{};

  bool none() const {
    return high <= Duration::zero() && every <= Duration::zero() && mean <= Duration::zero();
  }
};

}  // namespace dyno::scenario
