#include "dyno/core/spill_file.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace dyno {
namespace {

// Gone as soon as it is closed.
int open_unnamed(const std::filesystem::path& folder) {
  const int unnamed = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed >= 0) return unnamed;
  std::string name = (folder / "dyno-XXXXXX").string();  // not every file system has the other
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

// How much of it was written.
std::size_t write_at(int descriptor, std::string_view bytes, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto written = ::pwrite(descriptor, bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  return done;
}

}  // namespace

SpillFile::SpillFile(std::filesystem::path folder) : folder_(std::move(folder)) {}

SpillFile::~SpillFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool SpillFile::open() {
  if (descriptor_ >= 0) return true;
  std::error_code code;
  const auto folder = folder_.empty() ? std::filesystem::temp_directory_path(code) : folder_;
  if (!code) descriptor_ = open_unnamed(folder);
  return descriptor_ >= 0;
}

void SpillFile::append(std::string_view bytes) {
  if (usable_ && !buffer_.empty() && buffer_.size() + bytes.size() > most_in_memory) spill();
  if (buffer_.capacity() == 0) buffer_.reserve(most_in_memory);
  buffer_ += bytes;
}

// A disk that is full takes what it can; from then on all stays in memory.
void SpillFile::spill() {
  usable_ = open();
  if (!usable_) return;
  const std::size_t done = write_at(descriptor_, buffer_, written_);
  written_ += done;
  usable_ = done == buffer_.size();
  buffer_.erase(0, done);
}

std::string SpillFile::read(std::uint64_t offset) const {
  std::string result;
  if (offset < written_) {
    result.resize(static_cast<std::size_t>(written_ - offset));
    std::size_t done = 0;
    while (done < result.size()) {
      const auto got = ::pread(descriptor_, result.data() + done, result.size() - done,
                               static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        result.resize(done);
        return result;
      }
      done += static_cast<std::size_t>(got);
    }
    return result += buffer_;
  }
  const auto skipped = static_cast<std::size_t>(offset - written_);
  return skipped < buffer_.size() ? buffer_.substr(skipped) : result;
}

}  // namespace dyno
