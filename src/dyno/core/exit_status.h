// What a dyno program tells its caller, and how several answers become one.
#pragma once

namespace dyno {

enum class ExitStatus {
  pass = 0,
  fail = 1,          // a target missed or a regression
  usage = 2,         // usage, configuration or I/O error
  inconclusive = 3,  // inconclusive, or no baseline
  invalid = 4,       // an invalid run, or missing data
};

// The one that counts where several apply: usage, then invalid, fail, inconclusive, pass.
ExitStatus worst(ExitStatus a, ExitStatus b);

}  // namespace dyno
