// A /proc of a test's own making: a temporary folder with the files that Procfs reads. For tests
// only.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <fmt/format.h>

namespace dyno::monitor {

// The time that so many of the kernel's clock ticks are.
inline Duration ticks(int count) {
  return Duration(std::chrono::seconds{1}) / sysconf(_SC_CLK_TCK) * count;
}

struct FakeProcess {
  int pid = 1;
  int parent = 0;
  std::string name = "service";
  char state = 'S';
  int user_ticks = 0;
  int system_ticks = 0;
  int reaped_ticks = 0;
  int threads = 1;
  int started = 1000;
  int rss_pages = 0;
};

class FakeProc {
 public:
  FakeProc() {
    std::string name = (std::filesystem::temp_directory_path() / "dyno-proc-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) root_ = name;
  }
  ~FakeProc() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;

  const std::filesystem::path& root() const { return root_; }

  void write(const std::string& file, const std::string& content) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << content;
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }

  void process(const FakeProcess& p) const { write(fmt::format("{}/stat", p.pid), stat_line(p)); }
  void thread(int pid, int tid, const std::string& name, long long cpu_ns) const {
    write(fmt::format("{}/task/{}/comm", pid, tid), name + "\n");
    write(fmt::format("{}/task/{}/schedstat", pid, tid), fmt::format("{} 500 7\n", cpu_ns));
  }
  void io(const std::string& folder, long long read, long long written) const {
    write(folder + "/io", fmt::format("rchar: 99\nwchar: 98\nsyscr: 5\nsyscw: 4\nread_bytes: {}\n"
                                      "write_bytes: {}\ncancelled_write_bytes: 3\n",
                                      read, written));
  }
  void descriptors(int pid, int count) const {
    remove(fmt::format("{}/fd", pid));
    for (int fd = 0; fd < count; ++fd) write(fmt::format("{}/fd/{}", pid, fd), "");
  }

  static std::string stat_line(const FakeProcess& p) {
    return fmt::format(
        "{} ({}) {} {} 1 1 0 -1 4194304 100 0 0 0 {} {} {} 0 20 0 {} 0 {} 3133440 {} "
        "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        p.pid, p.name, p.state, p.parent, p.user_ticks, p.system_ticks, p.reaped_ticks, p.threads,
        p.started, p.rss_pages);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace dyno::monitor
