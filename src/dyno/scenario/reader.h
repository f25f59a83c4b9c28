// Reads scenario files: JSON with comments, described in docs/scenario.md.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "dyno/core/result.h"
#include "dyno/scenario/model.h"

namespace dyno::scenario {

// Gives the text of a file that a feeder names.
using FileSource = std::function<Result<std::string>(const std::filesystem::path&)>;

struct ReadOptions {
  // What the "set_up" of the file has extracted, by name. When there is any, it has been done: it
  // is not read again, and its values are put in where their names stand.
  std::map<std::string, std::string> given{};
  FileSource files{};  // none: a feeder that names a file is an error
};

// Any bytes may be given. Errors are one line, "file:12:7: what is wrong", and name what may have
// been meant where a key, a name or a list is unknown.
Result<File> parse_scenario(std::string_view text, std::string_view file_name,
                            ReadOptions options = {});

// The same for a file; also fails when it cannot be read. Feeders are read from its folder.
Result<File> read_scenario(const std::filesystem::path& path,
                           std::map<std::string, std::string> given = {});

// Fails when no step of the scenario is what the threshold speaks of.
Result<void> check_threshold(const Threshold& threshold, const Scenario& scenario);

}  // namespace dyno::scenario
