// A commit of a repository as a build directory: its source in a git worktree of its own, built in
// release form, both kept in a cache folder by commit, so that the next question about the same
// commit costs nothing. It knows CMake projects by their preset `release`, others by the commands
// that it is given.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/result.h"

namespace dyno::ab {

struct BuildPlan {
  std::filesystem::path repository = ".";  // any folder of it
  std::filesystem::path cache{};           // empty: build/commits of the repository
  std::vector<std::string> targets{};      // empty: all whose name ends with _bench
  // Both are run by the shell in the source of the commit. {targets} stands for their names.
  std::string configure = "cmake --preset release";
  std::string build = "cmake --build build/release --target {targets}";
  std::string build_folder = "build/release";  // where these leave programs, below the source
  bool ignore_changes = false;                 // of the working tree, which no commit holds
  // Of the commits that nobody has asked for since, so many are kept.
  std::size_t kept = 6;
  std::function<void(std::string_view what)> progress{};  // one line, whenever it changes
  std::function<bool()> stopped{};                        // ends what runs
};

struct BuiltCommit {
  std::string commit;            // all 40 digits
  std::filesystem::path source;  // the worktree
  std::filesystem::path folder;  // the build directory
  std::vector<std::string> targets;
};

// The commit that a revision ("main", "HEAD~3", a tag, digits) names. Fails on what is no
// repository, on an unknown revision, and, unless the plan is to go without them, where the working
// tree has changes: these would not be measured.
Result<std::string> commit_of(const std::string& revision, const BuildPlan& plan);

// Has the commit built. Fails with the end of the log, and where all of it is, when it cannot be;
// what has been built by then is used by the next attempt. Two at a time wait for each other.
Result<BuiltCommit> build_commit(const std::string& commit, const BuildPlan& plan);

// Removes the worktrees of the cache that were used longest ago, all but `plan.kept`. Best effort.
void prune_commits(const BuildPlan& plan);

// The programs of these names below a build directory, in the order of the names; those that it
// does not hold are left out.
std::vector<std::filesystem::path> programs_of(const std::filesystem::path& folder,
                                               const std::vector<std::string>& names);

}  // namespace dyno::ab
