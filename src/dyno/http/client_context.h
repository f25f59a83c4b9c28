// What the clients of one engine thread share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dyno/async/event_loop.h"
#include "dyno/http/connection_pool.h"
#include "dyno/http/destination.h"

namespace dyno::http {

// Buffers, which an idle user does not hold, and counts.
struct ClientContext {
  async::EventLoop& loop;
  const Destination& destination;
  std::string output{};  // a request as it is rendered
  std::vector<char> input = std::vector<char>(64 * 1024);
  std::uint64_t connections = 0;  // opened
  std::uint64_t retries = 0;      // sent again, the kept-alive connection having been closed
  std::unique_ptr<ConnectionPool> pool{};  // null: every user has a connection of its own
};

}  // namespace dyno::http
