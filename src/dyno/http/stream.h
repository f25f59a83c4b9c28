// A connected byte stream in an event loop: plain TCP here; TLS is another Stream. Reads and writes
// do not wait; who uses them waits on descriptor().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dyno/async/descriptor.h"

namespace dyno::http {

class Stream {
 public:
  enum class Io : std::uint8_t { done, wants_read, wants_write, ended, failed };

  struct Transfer {
    Io io = Io::done;
    std::size_t bytes = 0;  // done: at least 1
    int error = 0;          // failed: an errno
  };

  virtual ~Stream() = default;

  // Some bytes, or why there are none now (wants_…), or any more (ended: the peer has closed).
  virtual Transfer read(std::span<char> buffer) = 0;
  virtual Transfer write(std::string_view bytes) = 0;

  // Whether nothing has come since the last answer: neither bytes nor the peer's close, as far as
  // the event loop has seen.
  virtual bool quiet() = 0;

  virtual async::Descriptor& descriptor() = 0;

  // Answers that have come over it; its user's to count.
  std::uint32_t answers = 0;
};

class TcpStream final : public Stream {
 public:
  // Takes over a socket that is connected, or connecting.
  TcpStream(async::EventLoop& loop, int fd) : descriptor_(loop, fd) {}

  Transfer read(std::span<char> buffer) override;
  Transfer write(std::string_view bytes) override;
  bool quiet() override;
  async::Descriptor& descriptor() override { return descriptor_; }

 private:
  async::Descriptor descriptor_;
};

}  // namespace dyno::http
