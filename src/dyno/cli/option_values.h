// Values of options that several groups of options read alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace CLI {
class App;
}

namespace dyno::cli {

// `error`, preceded by the option that it is about.
Error of_option(const char* option, const Error& error);

// A time above 0 such as 200ms; `otherwise` where the option is not given, which is an empty text.
Result<Duration> optional_duration(const char* option, const std::string& text,
                                   Duration otherwise = {});

// A whole number in an environment variable, `low` to `high`; nothing where it is not set or empty.
// `wanted` is what to write otherwise: "a whole number above 0".
Result<std::optional<std::uint32_t>> number_in_environment(const char* name, std::uint32_t low,
                                                           std::uint32_t high, const char* wanted);

// While it lives, the options that are added to `command` stand under `name` in its help.
class OptionGroup {
 public:
  OptionGroup(CLI::App& command, const char* name);
  ~OptionGroup();
  OptionGroup(const OptionGroup&) = delete;
  OptionGroup& operator=(const OptionGroup&) = delete;

 private:
  CLI::App& command_;
  std::string before_;
};

}  // namespace dyno::cli
