#include "dyno/monitor/procfs.h"

#include <array>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <time.h>
#include <unistd.h>
#include <unordered_map>

#include <fmt/format.h>

namespace dyno::monitor {
namespace {

using Path = std::array<char, 64>;

template <typename... Parts>
Path path_of(fmt::format_string<Parts...> format, Parts... parts) {
  Path path{};
  fmt::vformat_to_n(path.data(), path.size() - 1, format, fmt::make_format_args(parts...));
  return path;
}

// A whole small file, in a buffer that lives as long as the object. /proc answers a read of one
// file in pieces only when it is longer than a page.
template <std::size_t Size>
class SmallFile {
 public:
  SmallFile(int root, const Path& path) {
    const int descriptor = openat(root, path.data(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    ssize_t received = 0;
    while (size_ < Size && (received = read(descriptor, buffer_ + size_, Size - size_)) > 0) {
      size_ += static_cast<std::size_t>(received);
    }
    close(descriptor);
  }
  std::string_view text() const { return {buffer_, size_}; }

 private:
  char buffer_[Size];
  std::size_t size_ = 0;
};

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view next_word(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  const std::size_t end = text.find_first_of(" \t\n");
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(word.size());
  return word;
}

std::optional<std::uint64_t> number(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::uint64_t next_number(std::string_view& text) { return number(next_word(text)).value_or(0); }

// The figure of a line "key: figure ...".
std::optional<std::uint64_t> value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (line.substr(0, key.size()) != key) continue;
    line.remove_prefix(key.size());
    return number(next_word(line));
  }
  return std::nullopt;
}

// The fields after the name, which stands in parentheses and may itself hold any of ") (".
std::string_view after_name(std::string_view stat) {
  const std::size_t end = stat.rfind(')');
  return end == std::string_view::npos ? std::string_view{} : stat.substr(end + 1);
}

std::optional<ProcessStat> parse_stat(std::string_view text, Duration tick, std::uint64_t page) {
  std::string_view rest = after_name(text);
  std::array<std::string_view, 22> fields;  // fields 3 to 24 of proc(5)
  for (std::string_view& field : fields) field = next_word(rest);
  if (fields.back().empty()) return std::nullopt;
  const auto field = [&](std::size_t n) { return number(fields[n - 3]).value_or(0); };
  const auto ticks = [&](std::size_t n) { return tick * static_cast<std::int64_t>(field(n)); };
  return ProcessStat{.state = fields[0].front(),
                     .parent = static_cast<pid_t>(field(4)),
                     .cpu = ticks(14) + ticks(15),
                     .reaped_cpu = ticks(16) + ticks(17),
                     .started = field(22),
                     .threads = field(20),
                     .rss_bytes = field(24) * page};
}

std::optional<IoBytes> parse_io(std::string_view text) {
  const auto read = value_of(text, "read_bytes:");
  const auto written = value_of(text, "write_bytes:");
  if (!read || !written) return std::nullopt;
  return IoBytes{*read, *written};
}

std::optional<NetworkBytes> parse_network(std::string_view text) {
  if (text.empty()) return std::nullopt;
  NetworkBytes sum;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;  // the two lines of headings
    line.remove_prefix(colon + 1);
    sum.received += next_number(line);
    for (int skipped = 0; skipped < 7; ++skipped) next_word(line);
    sum.sent += next_number(line);
  }
  return sum;
}

// Whether `name` is a partition of `disk`: sda1 of sda, nvme0n1p2 of nvme0n1.
bool is_partition(std::string_view name, std::string_view disk) {
  if (disk.empty() || !name.starts_with(disk)) return false;
  name.remove_prefix(disk.size());
  if (name.starts_with('p')) name.remove_prefix(1);
  return number(name).has_value();
}

bool is_stacked(std::string_view name) {
  for (const std::string_view kind : {"loop", "ram", "zram", "dm-", "md"}) {
    if (name.starts_with(kind)) return true;
  }
  return false;
}

// Of /proc/diskstats, in sectors of 512 bytes whatever the disk's own are.
std::optional<IoBytes> parse_disks(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr std::uint64_t sector = 512;
  IoBytes sum;
  std::string_view disk;  // partitions follow theirs
  while (!text.empty()) {
    std::string_view line = next_line(text);
    next_word(line);  // major and minor number
    next_word(line);
    const std::string_view name = next_word(line);
    if (name.empty() || is_stacked(name) || is_partition(name, disk)) continue;
    disk = name;
    std::array<std::uint64_t, 7> figures{};
    for (std::uint64_t& figure : figures) figure = next_number(line);
    sum.read += figures[2] * sector;
    sum.written += figures[6] * sector;
  }
  return sum;
}

// Calls `visit` with the entries whose names are numbers; false when there is no such directory.
template <typename Visit>
bool for_each_number(int root, const Path& path, Visit visit) {
  const int descriptor = openat(root, path.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  DIR* directory = fdopendir(descriptor);
  if (directory == nullptr) {
    close(descriptor);
    return false;
  }
  while (const dirent* entry = readdir(directory)) {
    if (const auto value = number(entry->d_name)) visit(static_cast<pid_t>(*value));
  }
  closedir(directory);
  return true;
}

// The clock of a thread of this process, current to the ns and one system call instead of four. Its
// number is made as the kernel makes those of pthread_getcpuclockid
// (include/linux/posix-timers_types.h: CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED).
std::optional<Duration> own_thread_cpu(pid_t tid) {
  const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(tid) << 3) | 6U);
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Procfs::Procfs(const std::filesystem::path& root)
    : root_(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      live_(root == "/proc"),
      tick_(std::chrono::nanoseconds(std::chrono::seconds(1)) / sysconf(_SC_CLK_TCK)),
      page_bytes_(static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))) {}

Procfs::~Procfs() {
  if (root_ >= 0) close(root_);
}

std::optional<ProcessStat> Procfs::stat(pid_t pid) const {
  const SmallFile<1024> file(root_, path_of("{}/stat", pid));
  return parse_stat(file.text(), tick_, page_bytes_);
}

std::optional<IoBytes> Procfs::io(pid_t pid) const {
  return parse_io(SmallFile<512>(root_, path_of("{}/io", pid)).text());
}

std::optional<NetworkBytes> Procfs::network(pid_t pid) const {
  return parse_network(SmallFile<65536>(root_, path_of("{}/net/dev", pid)).text());
}

std::optional<NetworkBytes> Procfs::machine_network() const {
  return parse_network(SmallFile<65536>(root_, path_of("net/dev")).text());
}

std::optional<std::uint64_t> Procfs::open_descriptors(pid_t pid) const {
  std::uint64_t count = 0;
  if (!for_each_number(root_, path_of("{}/fd", pid), [&](pid_t) { ++count; })) return std::nullopt;
  return pid == getpid() ? count - 1 : count;
}

std::optional<std::uint64_t> Procfs::available_memory_bytes() const {
  const auto kilobytes =
      value_of(SmallFile<4096>(root_, path_of("meminfo")).text(), "MemAvailable:");
  if (!kilobytes) return std::nullopt;
  return *kilobytes * 1024;
}

std::optional<std::uint64_t> Procfs::total_memory_bytes() const {
  const auto kilobytes = value_of(SmallFile<4096>(root_, path_of("meminfo")).text(), "MemTotal:");
  if (!kilobytes) return std::nullopt;
  return *kilobytes * 1024;
}

std::optional<IoBytes> Procfs::machine_io() const {
  return parse_disks(SmallFile<65536>(root_, path_of("diskstats")).text());
}

std::optional<MachineCpu> Procfs::machine_cpu() const {
  const SmallFile<1024> file(root_, path_of("stat"));  // its first line is enough
  std::string_view text = file.text();
  if (next_word(text) != "cpu") return std::nullopt;
  // user nice system idle iowait irq softirq steal; what follows, guest time, is counted in user
  // already
  std::array<std::uint64_t, 8> ticks{};
  std::uint64_t total = 0;
  for (std::uint64_t& count : ticks) total += count = next_number(text);
  const std::uint64_t idle = ticks[3] + ticks[4];
  return MachineCpu{
      .busy = tick_ * static_cast<std::int64_t>(total - idle),
      .total = tick_ * static_cast<std::int64_t>(total),
      .programs = tick_ * static_cast<std::int64_t>(total - idle - ticks[5] - ticks[6])};
}

void Procfs::threads(pid_t pid, std::vector<pid_t>& result) const {
  result.clear();
  for_each_number(root_, path_of("{}/task", pid), [&](pid_t tid) { result.push_back(tid); });
}

void Procfs::descendants(pid_t pid, std::vector<pid_t>& result) const {
  std::unordered_map<pid_t, std::vector<pid_t>> children;
  for_each_number(root_, path_of("."), [&](pid_t other) {
    if (const auto facts = stat(other)) children[facts->parent].push_back(other);
  });
  result = children[pid];
  for (std::size_t next = 0; next < result.size(); ++next) {
    const auto found = children.find(result[next]);
    if (found != children.end()) {
      result.insert(result.end(), found->second.begin(), found->second.end());
    }
  }
}

std::optional<std::string> Procfs::thread_name(pid_t pid, pid_t tid) const {
  const SmallFile<32> file(root_, path_of("{}/task/{}/comm", pid, tid));
  std::string_view text = file.text();
  if (text.empty()) return std::nullopt;
  return std::string(next_line(text));
}

std::optional<Duration> Procfs::thread_cpu(pid_t pid, pid_t tid) const {
  if (live_ && pid == getpid()) return own_thread_cpu(tid);
  const SmallFile<64> schedstat(root_, path_of("{}/task/{}/schedstat", pid, tid));
  std::string_view text = schedstat.text();
  if (!text.empty()) return Duration(next_number(text));
  const SmallFile<1024> file(root_, path_of("{}/task/{}/stat", pid, tid));
  const auto facts = parse_stat(file.text(), tick_, page_bytes_);
  if (!facts) return std::nullopt;
  return facts->cpu;
}

std::optional<IoBytes> Procfs::thread_io(pid_t pid, pid_t tid) const {
  return parse_io(SmallFile<512>(root_, path_of("{}/task/{}/io", pid, tid)).text());
}

}  // namespace dyno::monitor
