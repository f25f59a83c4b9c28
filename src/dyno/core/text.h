// Reading and writing the small texts of command lines, files and reports: numbers, durations,
// sizes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno {

// A finite decimal number that fills the whole text; nothing otherwise.
std::optional<double> parse_number(std::string_view text);

// Locust's and Go's forms: "300" (seconds), "300s", "20m", "1h30m", "250ms", "1.5s", "50us", "7ns".
// Fails on anything else and on negative values.
Result<Duration> parse_duration(std::string_view text);

// Three significant digits in the unit that suits: "812 ns", "1.24 ms", "2.00 s", "3 min 5 s".
std::string to_string(Duration duration);

// "512 MB" (decimal, as the documents' targets are), "1.5 GB".
std::string bytes_to_string(double bytes);

// "1 pair", "2 pairs".
std::string counted(std::size_t count, std::string_view noun);

// The candidate nearest to `word` by edit distance, if one is near enough to be what was meant.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

// What stands between line ends; a last line needs none. Views into `text`.
std::vector<std::string_view> lines_of(std::string_view text);

// As one word of a POSIX shell: quoted where it must be.
std::string for_shell(const std::string& text);

// Columns that UTF-8 takes on a terminal, a character each: "µs" is two.
std::size_t columns_of(std::string_view text);

// Shell-like match of a whole text: '*' is any run of characters.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace dyno
