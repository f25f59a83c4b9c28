// Text from a file, fit to stand in a message of one line.
#pragma once

#include <string>
#include <string_view>

namespace dyno::scenario {

// In double quotes, control characters escaped, cut at 60 bytes (between characters).
std::string in_quotes(std::string_view text);

// Without its control characters, which become spaces.
std::string one_line(std::string text);

}  // namespace dyno::scenario
