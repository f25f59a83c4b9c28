// How often something happens: a count per time, kept as a number per second.
#pragma once

#include <string>
#include <string_view>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno {

class Rate {
 public:
  constexpr Rate() = default;
  static constexpr Rate per_second(double value) { return Rate{value}; }
  static constexpr Rate per_minute(double value) { return Rate{value / 60}; }

  constexpr double per_second() const { return per_second_; }

  // Mean time between two events; undefined for a rate of 0.
  Duration interval() const;

  auto operator<=>(const Rate&) const = default;

 private:
  explicit constexpr Rate(double value) : per_second_(value) {}
  double per_second_ = 0;
};

// "2000", "2000/s", "120/m", "90/min", "3600/h". Fails on anything else, and on 0 or less.
Result<Rate> parse_rate(std::string_view text);

// "2000/s", "0.5/s".
std::string to_string(Rate rate);

}  // namespace dyno
