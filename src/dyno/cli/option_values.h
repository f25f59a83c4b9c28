// Values of options that several groups of options read alike.
#pragma once

#include <string>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::cli {

// `error`, preceded by the option that it is about.
Error of_option(const char* option, const Error& error);

// A time above 0 such as 200ms; `otherwise` where the option is not given, which is an empty text.
Result<Duration> optional_duration(const char* option, const std::string& text,
                                   Duration otherwise = {});

}  // namespace dyno::cli
