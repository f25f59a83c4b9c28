// JSON lets a later member of the same name hide an earlier one; in a file of targets that would
// silently drop some.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dyno::targets {

// The first member name that one object of this valid JSON (comments allowed) has twice.
std::optional<std::string> duplicate_key(std::string_view text);

}  // namespace dyno::targets
