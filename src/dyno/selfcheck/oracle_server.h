// The known-delay oracle: a small real HTTP/1.1 server that answers exactly when it was told to in
// the headers of the request (discipline.h), so that what a load engine measures can be compared
// with what is known to be true. One thread of its own, epoll and clock_gettime; it shares no code
// with the engine that it checks. It is not a service to be loaded to its limit: it keeps up with
// some ten thousand requests a second, and tells how late its own answers were.
//
// Any path and method is answered `200 OK` with a body of two bytes; a request that asks for
// something it cannot mean is answered 400 with the reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/metrics/histogram.h"

namespace dyno::selfcheck {

struct OracleOptions {
  std::string address = "127.0.0.1";  // IPv4
  std::uint16_t port = 0;             // 0: a free one
  std::vector<int> cores{};           // that its thread is bound to; empty: not bound
};

// What it did, by its own clock.
struct OracleFigures {
  std::uint64_t answers = 0;
  std::uint64_t refused = 0;    // answered 400
  metrics::Histogram lateness;  // of an answer, handed to the kernel, after when it was due
};

class OracleServer {
 public:
  // Listens when it returns. Fails with the system's reason.
  static Result<std::unique_ptr<OracleServer>> start(const OracleOptions& options);

  ~OracleServer();  // stops
  OracleServer(const OracleServer&) = delete;
  OracleServer& operator=(const OracleServer&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:43210"

  // Closes every connection, joins the thread, and tells what it did. Once.
  OracleFigures stop();

 private:
  class Loop;
  explicit OracleServer(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace dyno::selfcheck
