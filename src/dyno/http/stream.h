// A connected byte stream in an event loop: plain TCP here; tls_stream.h has TLS. Reads and writes
// do not wait; who uses them waits on descriptor().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "dyno/async/descriptor.h"

namespace dyno::http {

class Stream {
 public:
  enum class Io : std::uint8_t { done, wants_read, wants_write, ended, failed };

  // An error of TLS: the peer has closed without announcing it, and what came may be incomplete.
  static constexpr int unannounced_end = -1;
  // An error of TLS: tls_failure() says what.
  static constexpr int failure_of_tls = -2;

  struct Transfer {
    Io io = Io::done;
    std::size_t bytes = 0;  // done: at least 1
    int error = 0;          // failed: an errno, or one of the two above
  };

  virtual ~Stream() = default;

  // Some bytes, or why there are none now (wants_…), or any more (ended: the peer has closed).
  // After wants_write or wants_read a write is to be tried again with the same bytes.
  virtual Transfer read(std::span<char> buffer) = 0;
  virtual Transfer write(std::string_view bytes) = 0;

  // Whether nothing has come since the last answer: neither bytes nor the peer's close, as far as
  // the event loop has seen.
  virtual bool quiet() = 0;

  virtual async::Descriptor& descriptor() = 0;

  // What of TLS has failed, in one line; empty where nothing has.
  virtual std::string tls_failure() const { return {}; }

  // Answers that have come over it; its user's to count.
  std::uint32_t answers = 0;
};

// What Transfer::error means: "Connection reset by peer".
std::string_view explain(int error);

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
