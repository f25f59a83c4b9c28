// Reading and writing whole files so that nothing already there is ever lost: a write goes to a
// temporary file beside the target, is flushed to the disk, and then takes the target's name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "dyno/core/result.h"

namespace dyno {

// Fails with the path and the system's reason.
Result<std::string> read_file(const std::filesystem::path& path);

// Creates missing folders. On failure (a full disk, say) an earlier file of that name is intact.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);

// Whether results can be written to a folder, for before they cost time: creates it where it is
// missing, and writes and removes a small file in it.
Result<void> check_writable(const std::filesystem::path& folder);

// Creates `wanted`, or `wanted`-2, -3 … where that is there already, and says which: two processes
// that ask at once never get the same. Creates missing folders above it.
Result<std::filesystem::path> make_own_folder(const std::filesystem::path& wanted);

// Makes `link` point to `target` (relative to the link's folder), replacing an older link
// atomically.
Result<void> replace_symlink(const std::filesystem::path& target,
                             const std::filesystem::path& link);

}  // namespace dyno
