#include "dyno/ab/commits.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <set>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/harness/child_process.h"

namespace dyno::ab {

namespace fs = std::filesystem;
using harness::ChildCommand;
using harness::ChildProcess;

namespace {

constexpr Duration build_poll = std::chrono::milliseconds{500};
constexpr std::size_t tail_lines = 15;
constexpr std::string_view used_file = "used";

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.pop_back();
  }
  return text;
}

std::vector<std::string> trimmed_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto line : lines_of(text)) lines.push_back(trimmed(std::string(line)));
  return lines;
}

std::string end_of(const fs::path& log) {
  const auto text = read_file(log);
  const auto lines = trimmed_lines(text ? *text : "");
  std::string end;
  for (auto i = lines.size() - std::min(tail_lines, lines.size()); i < lines.size(); ++i) {
    end += "\n  | " + lines[i];
  }
  return end;
}

// What a command that takes no time says, or that it has failed.
Result<std::string> answer_of(const std::vector<std::string>& argv) {
  auto name = (fs::temp_directory_path() / "dyno_XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) return Error{fmt::format("cannot write {}: {}", name, std::strerror(errno))};
  ::close(descriptor);
  ChildCommand command;
  command.argv = argv;
  command.log_file = name;
  auto child = ChildProcess::start(command);
  Result<std::string> said = child ? Result<std::string>(std::string()) : child.error();
  if (child) {
    std::optional<harness::ProcessEnd> end;
    while (!end) end = (*child)->wait(build_poll);
    const auto text = read_file(name);
    const auto words = trimmed(text ? *text : "");
    said = *end == harness::ProcessEnd{} ? Result<std::string>(words) : Error{words};
  }
  std::error_code ignored;
  fs::remove(name, ignored);
  return said;
}

Result<std::string> git(const BuildPlan& plan, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"git", "-C", plan.repository.string()});
  return answer_of(arguments);
}

Result<fs::path> cache_of(const BuildPlan& plan) {
  if (!plan.cache.empty()) return fs::absolute(plan.cache);
  const auto top = git(plan, {"rev-parse", "--show-toplevel"});
  if (!top) return top.error();
  return fs::path(*top) / "build" / "commits";
}

// Held as long as the object lives; others wait.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : descriptor_(::open((folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (descriptor_ >= 0) ::flock(descriptor_, LOCK_EX);
  }
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

// The source of the commit as it was committed, in its worktree.
Result<void> check_out(const std::string& commit, const fs::path& source, const BuildPlan& plan) {
  const auto in_source = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-C", source.string()});
    return answer_of(arguments);
  };
  std::error_code code;
  if (fs::exists(source / ".git", code)) {
    const auto head = in_source({"rev-parse", "HEAD"});
    const auto changes = in_source({"status", "--porcelain", "--untracked-files=no"});
    if (head && *head == commit && changes && changes->empty()) return {};
  }
  static_cast<void>(git(plan, {"worktree", "remove", "--force", source.string()}));
  fs::remove_all(source, code);
  static_cast<void>(git(plan, {"worktree", "prune"}));
  if (const auto added = git(plan, {"worktree", "add", "--detach", source.string(), commit});
      !added) {
    return Error{fmt::format("cannot check out {} in {}: {}", commit.substr(0, 12), source.string(),
                             trimmed_lines(added.error().message).back())};
  }
  return {};
}

class Build {
 public:
  Build(std::string commit, fs::path source, fs::path log, const BuildPlan& plan)
      : commit_(std::move(commit)),
        source_(std::move(source)),
        log_(std::move(log)),
        folder_(source_ / plan.build_folder),
        plan_(plan) {}

  Result<BuiltCommit> run() {
    std::error_code ignored;
    fs::remove(log_, ignored);
    if (const auto done = shell(plan_.configure, "configuring"); !done) return done.error();
    auto targets = plan_.targets;
    if (targets.empty()) {
      auto found = benchmark_targets();
      if (!found) return found.error();
      targets = std::move(*found);
    }
    auto command = plan_.build;
    const std::string place = "{targets}";
    if (const auto at = command.find(place); at != std::string::npos) {
      command.replace(at, place.size(), fmt::format("{}", fmt::join(targets, " ")));
    }
    if (const auto done = shell(command, "building"); !done) return done.error();
    return BuiltCommit{commit_, source_, folder_, targets};
  }

 private:
  Result<void> shell(const std::string& line, std::string_view doing) {
    ChildCommand command;
    command.argv = {"/bin/sh", "-c", line};
    command.directory = source_;
    command.log_file = log_;
    auto child = ChildProcess::start(command);
    if (!child) return child.error();
    auto end = (*child)->wait(build_poll);
    while (!end) {
      if (plan_.stopped && plan_.stopped()) {
        (*child)->signal(SIGKILL);
        return Error{fmt::format("stopped while {} {}", doing, commit_.substr(0, 12))};
      }
      if (plan_.progress)
        plan_.progress(fmt::format("{} {}: {}", doing, commit_.substr(0, 12), last_words()));
      end = (*child)->wait(build_poll);
    }
    if (*end == harness::ProcessEnd{}) return {};
    return Error{fmt::format("{} {} failed: `{}` {}; whole output: {}{}", doing,
                             commit_.substr(0, 12), line, to_string(*end), log_.string(),
                             end_of(log_))};
  }

  std::string last_words() const {
    const auto text = read_file(log_);
    const auto lines = trimmed_lines(text ? *text : "");
    return lines.empty() ? "" : lines.back().substr(0, 80);
  }

  // Of all that the build system knows, as `cmake --build --target help` lists it: "name: phony"
  // with Ninja, "... name" with Make.
  Result<std::vector<std::string>> benchmark_targets() const {
    const auto listed = answer_of({"cmake", "--build", folder_.string(), "--target", "help"});
    std::set<std::string> names;
    for (auto line : trimmed_lines(listed ? *listed : "")) {
      if (line.starts_with("... ")) line.erase(0, 4);
      const auto name = line.substr(0, line.find_first_of(": "));
      if (name.ends_with("_bench") && name.find('/') == std::string::npos) names.insert(name);
    }
    if (names.empty()) {
      return Error{fmt::format("{} has no target *_bench: name what is to be built with --target",
                               commit_.substr(0, 12))};
    }
    return std::vector<std::string>(names.begin(), names.end());
  }

  std::string commit_;
  fs::path source_;
  fs::path log_;
  fs::path folder_;
  const BuildPlan& plan_;
};

bool is_runnable(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> commit_of(const std::string& revision, const BuildPlan& plan) {
  if (const auto inside = git(plan, {"rev-parse", "--git-dir"}); !inside) {
    return Error{fmt::format("{} is in no git repository; go to one, or name it with --repository",
                             fs::absolute(plan.repository).lexically_normal().string())};
  }
  auto commit =
      git(plan, {"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  if (!commit) {
    return Error{
        fmt::format("revision '{}' is unknown in this repository; is it spelled right, and "
                    "has it been fetched?",
                    revision)};
  }
  const auto changes = git(plan, {"status", "--porcelain", "--untracked-files=no"});
  if (!plan.ignore_changes && changes && !changes->empty()) {
    return Error{fmt::format(
        "the working tree has changes that no commit holds and that would not be measured ({}); "
        "commit or stash them, or give --ignore-changes",
        trimmed_lines(*changes).front())};
  }
  return commit;
}

Result<BuiltCommit> build_commit(const std::string& commit, const BuildPlan& plan) {
  const auto cache = cache_of(plan);
  if (!cache) return cache.error();
  const auto folder = *cache / commit.substr(0, 12);
  if (const auto writable = check_writable(folder); !writable) return writable.error();
  const FolderLock lock(folder);
  const auto source = folder / "source";
  if (const auto there = check_out(commit, source, plan); !there) return there.error();
  auto built = Build(commit, source, folder / "build.log", plan).run();
  static_cast<void>(write_file(folder / used_file, ""));  // its age decides what is removed
  return built;
}

void prune_commits(const BuildPlan& plan) {
  const auto cache = cache_of(plan);
  if (!cache) return;
  std::vector<std::pair<fs::file_time_type, fs::path>> unused;
  std::error_code code;
  for (fs::directory_iterator it(*cache, code), end; !code && it != end; it.increment(code)) {
    std::error_code never;
    const auto used = fs::last_write_time(it->path() / used_file, never);
    if (!never) unused.emplace_back(used, it->path());
  }
  std::sort(unused.begin(), unused.end());
  for (std::size_t i = 0; i + plan.kept < unused.size(); ++i) {
    const auto& folder = unused[i].second;
    static_cast<void>(git(plan, {"worktree", "remove", "--force", (folder / "source").string()}));
    fs::remove_all(folder, code);
  }
}

std::vector<fs::path> programs_of(const fs::path& folder, const std::vector<std::string>& names) {
  std::vector<fs::path> programs;
  for (const auto& name : names) {
    for (const auto& place : {folder / "bin" / name, folder / name}) {
      if (!is_runnable(place)) continue;
      programs.push_back(place);
      break;
    }
    if (!programs.empty() && programs.back().filename() == name) continue;
    std::error_code code;
    for (fs::recursive_directory_iterator it(folder, code), end; it != end; it.increment(code)) {
      if (it->path().filename() != name || !is_runnable(it->path())) continue;
      programs.push_back(it->path());
      break;
    }
  }
  return programs;
}

}  // namespace dyno::ab
