#include "dyno/core/rate.h"

#include <cmath>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno {

Duration Rate::interval() const {
  return Duration{static_cast<Duration::rep>(std::llround(1e9 / per_second_))};
}

Result<Rate> parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  const auto number = parse_number(text.substr(0, slash));
  const auto unit = slash == std::string_view::npos ? "s" : text.substr(slash + 1);
  const double seconds = unit == "s" || unit == "sec"   ? 1
                         : unit == "m" || unit == "min" ? 60
                         : unit == "h"                  ? 3600
                                                        : 0;
  if (!number || seconds == 0 || !(*number > 0)) {
    return Error{
        fmt::format("'{}' is not a rate: write a number above 0 per time, e.g. 2000/s or "
                    "90/min",
                    text)};
  }
  return Rate::per_second(*number / seconds);
}

std::string to_string(Rate rate) { return fmt::format("{:.6g}/s", rate.per_second()); }

}  // namespace dyno
