#include "dyno/cli/option_values.h"

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::cli {

Error of_option(const char* option, const Error& error) {
  return Error{fmt::format("{}: {}", option, error.message)};
}

Result<Duration> optional_duration(const char* option, const std::string& text,
                                   Duration otherwise) {
  if (text.empty()) return otherwise;
  const auto time = parse_duration(text);
  if (!time) return of_option(option, time.error());
  if (*time <= Duration::zero()) return Error{fmt::format("{} must be above 0", option)};
  return *time;
}

}  // namespace dyno::cli
