// From a host name to socket addresses. Blocks: for before the load, never on an engine thread.
#pragma once

#include <cstdint>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::http {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::string text() const;  // "127.0.0.1:8000", "[::1]:8000"
};

// All addresses of the host, IPv4 and IPv6, in the order the system prefers. At least one.
Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port);

// Whether something accepts a connection at one of the addresses; nothing is sent. Fails with the
// reason of the last one tried, each given `timeout` (real time).
Result<void> try_to_connect(const std::vector<Address>& addresses, Duration timeout);

}  // namespace dyno::http
