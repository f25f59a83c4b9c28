#include "dyno/monitor/find_process.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "dyno/monitor/procfs.h"

namespace dyno::monitor {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<pid_t> all_processes(const fs::path& proc) {
  std::vector<pid_t> pids;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(proc, gone)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && end == name.data() + name.size()) pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

bool is_named(const fs::path& folder, std::string_view name) {
  std::string kernel_name = content_of(folder / "comm");
  if (kernel_name.ends_with('\n')) kernel_name.pop_back();
  if (kernel_name == name) return true;
  const std::string arguments = content_of(folder / "cmdline");
  const fs::path program = arguments.substr(0, arguments.find('\0'));
  return !program.empty() && program.filename() == name;
}

// The pids that are in no way descended from another of them.
std::vector<pid_t> without_descendants(const std::vector<pid_t>& pids, const Procfs& procfs) {
  const std::set<pid_t> all(pids.begin(), pids.end());
  std::vector<pid_t> result;
  for (const pid_t pid : pids) {
    pid_t above = pid;
    bool descends = false;
    while (!descends) {
      const auto stat = procfs.stat(above);
      if (!stat || stat->parent <= 0) break;
      above = stat->parent;
      descends = all.contains(above);
    }
    if (!descends) result.push_back(pid);
  }
  return result;
}

// What somebody asked for, of one and of several.
struct Wanted {
  std::string is;    // "is named 'nginx'"
  std::string are;   // "are named 'nginx'"
  std::string help;  // where there is none
};

Result<pid_t> the_one(const std::vector<pid_t>& pids, const Procfs& procfs, const Wanted& wanted) {
  const auto tops = without_descendants(pids, procfs);
  if (tops.size() == 1) return tops.front();
  if (tops.empty()) return Error{fmt::format("no process {}; {}", wanted.is, wanted.help)};
  std::string list;
  for (const pid_t pid : tops) list += fmt::format("{}{}", list.empty() ? "" : ", ", pid);
  return Error{
      fmt::format("{} processes {}: {}; name one with --pid", tops.size(), wanted.are, list)};
}

// Inodes of the sockets that listen on the port. A line of /proc/net/tcp is "0: 0100007F:1F90
// 00000000:0000 0A …", with the state in the fourth column and the inode in the tenth.
std::set<std::string> listening_inodes(std::uint16_t port, const fs::path& proc) {
  std::set<std::string> inodes;
  const std::string wanted = fmt::format(":{:04X}", port);
  for (const char* file : {"net/tcp", "net/tcp6"}) {
    std::istringstream lines(content_of(proc / file));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      const std::vector<std::string> column{std::istream_iterator<std::string>(words), {}};
      if (column.size() > 9 && column[1].ends_with(wanted) && column[3] == "0A")
        inodes.insert(column[9]);
    }
  }
  return inodes;
}

bool holds_socket(const fs::path& folder, const std::set<std::string>& inodes) {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(folder / "fd", gone)) {
    const std::string target = fs::read_symlink(entry.path(), gone).string();
    if (target.starts_with("socket:[") &&
        inodes.contains(target.substr(8, target.size() - 9)))  // without the bracket at its end
      return true;
  }
  return false;
}

}  // namespace

Result<pid_t> process_named(std::string_view name, const fs::path& proc) {
  std::vector<pid_t> pids;
  for (const pid_t pid : all_processes(proc)) {
    if (pid != ::getpid() && is_named(proc / std::to_string(pid), name)) pids.push_back(pid);
  }
  return the_one(pids, Procfs(proc),
                 {fmt::format("is named '{}'", name), fmt::format("are named '{}'", name),
                  "start it first, or give --pid"});
}

Result<pid_t> process_listening(std::uint16_t port, const fs::path& proc) {
  const auto inodes = listening_inodes(port, proc);
  if (inodes.empty())
    return Error{fmt::format("no process listens on port {}; start it first", port)};
  std::vector<pid_t> pids;
  for (const pid_t pid : all_processes(proc)) {
    if (holds_socket(proc / std::to_string(pid), inodes)) pids.push_back(pid);
  }
  return the_one(
      pids, Procfs(proc),
      {fmt::format("whose descriptors may be seen listens on port {}", port),
       fmt::format("listen on port {}", port), "run this as its user or as root, or give --pid"});
}

Result<pid_t> process_with_pid(pid_t pid, const fs::path& proc) {
  const auto stat = Procfs(proc).stat(pid);
  if (stat && stat->state != 'Z' && stat->state != 'X') return pid;
  return Error{fmt::format("there is no process {}", pid)};
}

}  // namespace dyno::monitor
