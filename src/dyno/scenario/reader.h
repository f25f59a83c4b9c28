// Reads scenario files: JSON with comments, described in docs/scenario.md.
#pragma once

#include <filesystem>
#include <string_view>

#include "dyno/core/result.h"
#include "dyno/scenario/model.h"

namespace dyno::scenario {

// Any bytes may be given. Errors are one line, "file:12:7: what is wrong", and name what may have
// been meant where a key, a name or a list is unknown.
Result<File> parse_scenario(std::string_view text, std::string_view file_name);

// The same for a file; also fails when it cannot be read.
Result<File> read_scenario(const std::filesystem::path& path);

}  // namespace dyno::scenario
