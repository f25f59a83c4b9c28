#include "dyno/cli/option_values.h"

#include <cmath>
#include <cstdlib>

#include <CLI/CLI.hpp>
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

Result<std::optional<std::uint32_t>> number_in_environment(const char* name, std::uint32_t low,
                                                           std::uint32_t high, const char* wanted) {
  const char* const text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::optional<std::uint32_t>();
  const auto number = parse_number(text);
  if (!number || *number < low || *number > high || *number != std::floor(*number)) {
    return Error{fmt::format("{}='{}': write {}", name, text, wanted)};
  }
  return std::optional(static_cast<std::uint32_t>(*number));
}

OptionGroup::OptionGroup(CLI::App& command, const char* name)
    : command_(command), before_(command.option_defaults()->get_group()) {
  command_.option_defaults()->group(name);
}

OptionGroup::~OptionGroup() { command_.option_defaults()->group(before_); }

}  // namespace dyno::cli
