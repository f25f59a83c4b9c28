#include "dyno/http/body_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace dyno::http {

Result<std::size_t> ChunkedBody::read(std::span<char> buffer) {
  const std::string_view piece = text_.substr(at_, std::min(piece_, buffer.size()));
  std::copy(piece.begin(), piece.end(), buffer.begin());
  at_ += piece.size();
  return piece.size();
}

bool ChunkedBody::rewind() {
  at_ = 0;
  return true;
}

Result<FileBody> FileBody::open(const std::filesystem::path& path) {
  const auto failed = [&path] {
    return Error{fmt::format("cannot read {}: {}", path.string(), std::strerror(errno))};
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed();
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    const Error error = S_ISREG(status.st_mode)
                            ? failed()
                            : Error{fmt::format("cannot send {}: it is no file", path.string())};
    ::close(fd);
    return error;
  }
  return FileBody(fd, static_cast<std::uint64_t>(status.st_size));
}

FileBody::FileBody(FileBody&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_), at_(other.at_) {}

FileBody::~FileBody() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::size_t> FileBody::read(std::span<char> buffer) {
  const std::size_t most = std::min<std::uint64_t>(buffer.size(), size_ - at_);
  const ssize_t count = ::pread(fd_, buffer.data(), most, static_cast<off_t>(at_));
  if (count < 0) return Error{fmt::format("cannot read a file to send: {}", std::strerror(errno))};
  at_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

bool FileBody::rewind() {
  at_ = 0;
  return true;
}

Result<std::size_t> GeneratedBody::read(std::span<char> buffer) {
  const std::size_t count = generate_(at_, buffer);
  if (count > buffer.size()) return Error{"a generated body does not keep to its buffer"};
  at_ += count;
  return count;
}

bool GeneratedBody::rewind() {
  at_ = 0;
  return true;
}

}  // namespace dyno::http
