// The body of a request that is not held as one text: from a file, or made as it is sent. Each is
// used by one request at a time and belongs to who makes the request.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "dyno/core/result.h"

namespace dyno::http {

class BodySource {
 public:
  virtual ~BodySource() = default;

  // All of its bytes, sent as Content-Length; nothing: sent chunked.
  virtual std::optional<std::uint64_t> size() const = 0;

  // Some bytes, up to those of `buffer`; 0 at the end. On the engine's thread: what blocks here
  // holds every user of it.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;

  // From the beginning again, for a request that has to be sent again; false when it cannot.
  virtual bool rewind() = 0;
};

// A text of the caller's, sent chunked in pieces of `piece` bytes. (A text with a length is
// Request::body.)
class ChunkedBody final : public BodySource {
 public:
  ChunkedBody(std::string_view text, std::size_t piece) : text_(text), piece_(piece) {}
  std::optional<std::uint64_t> size() const override { return {}; }
  Result<std::size_t> read(std::span<char> buffer) override;
  bool rewind() override;

 private:
  std::string_view text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

// A file, read as it is sent: from the page cache, so that it should be there.
class FileBody final : public BodySource {
 public:
  // Fails with the path and the system's reason.
  static Result<FileBody> open(const std::filesystem::path& path);
  FileBody(FileBody&& other) noexcept;
  FileBody& operator=(FileBody&&) = delete;
  ~FileBody() override;

  std::optional<std::uint64_t> size() const override { return size_; }
  Result<std::size_t> read(std::span<char> buffer) override;
  bool rewind() override;

 private:
  FileBody(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  int fd_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

// Made by a function, which fills a part of the buffer from the byte at `offset` on and returns how
// many bytes that were; 0 at the end.
class GeneratedBody final : public BodySource {
 public:
  using Generate = std::function<std::size_t(std::uint64_t offset, std::span<char> buffer)>;

  // With `size` as Content-Length, otherwise chunked.
  explicit GeneratedBody(Generate generate, std::optional<std::uint64_t> size = {})
      : generate_(std::move(generate)), size_(size) {}

  std::optional<std::uint64_t> size() const override { return size_; }
  Result<std::size_t> read(std::span<char> buffer) override;
  bool rewind() override;

 private:
  Generate generate_;
  std::optional<std::uint64_t> size_;
  std::uint64_t at_ = 0;
};

}  // namespace dyno::http
