// What grows with the length of a run and is only needed at its end: appended now, read back then.
// The first bytes stay in memory, so that a short run needs no file; the others go to a file
// without a name in the folder for temporary files, so that the memory of the process does not
// grow. It is not a place for results: it is gone with the process.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace dyno {

// One thread at a time.
class SpillFile {
 public:
  // Bytes that are held in memory at most, but for a single append that is larger and for a folder
  // that takes no file: then all stay in memory.
  static constexpr std::size_t most_in_memory = 16 * 1024;

  // `folder`: where the file is to be; empty: the system's for temporary files.
  explicit SpillFile(std::filesystem::path folder = {});
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  void append(std::string_view bytes);

  // Appended so far.
  std::uint64_t size() const { return written_ + buffer_.size(); }
  // Of these, in the file.
  std::uint64_t spilled() const { return written_; }

  // All from `offset` on. It ends early where the file cannot be read, which a sound disk does not
  // know.
  std::string read(std::uint64_t offset = 0) const;

 private:
  void spill();
  bool open();

  std::filesystem::path folder_;
  int descriptor_ = -1;
  bool usable_ = true;
  std::uint64_t written_ = 0;
  std::string buffer_;  // what follows
};

// The same of values that are plain bytes.
template <typename T>
class Spilled {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  void push_back(const T& value) {
    bytes_.append({reinterpret_cast<const char*>(&value), sizeof value});
  }
  std::size_t size() const { return static_cast<std::size_t>(bytes_.size() / sizeof(T)); }

  // Those from number `first` on.
  std::vector<T> since(std::size_t first) const {
    const std::string bytes = bytes_.read(first * sizeof(T));
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
  }
  std::vector<T> all() const { return since(0); }

 private:
  SpillFile bytes_;
};

}  // namespace dyno
