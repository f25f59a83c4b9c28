// Google Benchmark's JSON made valid. It writes numbers that are none (NaN, Infinity), and a
// counter of a benchmark may have the name of a member that the row has already.
#pragma once

#include <string>
#include <string_view>

namespace dyno::compare {

// Added to the name of a member that its object has already.
inline constexpr std::string_view again = " (again)";

// The same text with null for such numbers, later members of one name renamed, and what stands
// before the first line that begins with '{' (warnings, where both outputs went to one file)
// blanked. Lines keep their numbers. What else is wrong with it stays so.
std::string with_valid_json(std::string_view text);

}  // namespace dyno::compare
