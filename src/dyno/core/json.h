// JSON files written by people: comments allowed, errors with line and column.
#pragma once

#include <filesystem>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "dyno/core/result.h"

namespace dyno {

// Parses JSON with // and /* */ comments. `name` stands before the line and column in an error.
Result<nlohmann::json> parse_json(std::string_view text, std::string_view name);

// Reads and parses a file.
Result<nlohmann::json> read_json(const std::filesystem::path& path);

}  // namespace dyno
