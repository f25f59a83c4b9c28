#include "dyno/core/exit_status.h"

namespace dyno {

namespace {

int severity(ExitStatus status) {
  switch (status) {
    case ExitStatus::usage:
      return 4;
    case ExitStatus::invalid:
      return 3;
    case ExitStatus::fail:
      return 2;
    case ExitStatus::inconclusive:
      return 1;
    case ExitStatus::pass:
      return 0;
  }
  return 4;
}

}  // namespace

ExitStatus worst(ExitStatus a, ExitStatus b) { return severity(a) >= severity(b) ? a : b; }

}  // namespace dyno
