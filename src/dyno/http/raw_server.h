// For tests: a server on a loopback port whose every connection is handled by a function of the
// test, on a thread of its own, with nothing between it and the socket: so that it can misbehave.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "dyno/http/client.h"

namespace dyno::http {

// One accepted connection. Closed when the handler returns.
class RawConnection {
 public:
  RawConnection(int fd, int number) : fd_(fd), number_(number) {}

  // Which one it is, from 0.
  int number() const { return number_; }

  // Reads up to the end of a request (its body included, decoded when it is chunked); empty when
  // the client closed.
  std::string read_request();

  // Reads up to the end of a head, whatever follows it; empty when the client closed.
  std::string read_head();

  // After read_head(): reads the body that it declares without keeping it; its size, or what came
  // of it before the client closed.
  std::uint64_t discard_body(std::string_view head);

  // Whether all of it could be sent.
  bool write(std::string_view bytes);

  // Waits until the client's kernel has all that was written.
  void wait_until_taken();

  // Blocks until the client closes.
  void wait_for_close();

  // Likewise, and takes nothing of what the client sends.
  void wait_for_shutdown();

  // Closes so that the client sees a reset.
  void reset();

 private:
  bool receive();
  std::string take(std::size_t size);
  bool take_line(std::string& line);
  std::string read_body(std::string_view head);

  int fd_;
  int number_;
  std::string buffered_;
};

class RawServer {
 public:
  using Handler = std::function<void(RawConnection&)>;

  explicit RawServer(Handler handler);
  ~RawServer();  // ends every connection and joins
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections();

 private:
  void accept_all();

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  int accepted_ = 0;
  std::thread acceptor_;
};

}  // namespace dyno::http
