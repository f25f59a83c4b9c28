// What the clients of one engine thread share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dyno/async/event_loop.h"
#include "dyno/http/connection_pool.h"
#include "dyno/http/destination.h"
#include "dyno/http/response_parser.h"
#include "dyno/http/route.h"
#include "dyno/http/tls_context.h"

namespace dyno::http {

// Buffers, which an idle user does not hold, what is known of the destination, and counts.
struct ClientContext {
  async::EventLoop& loop;
  const Destination& destination;
  std::string output{};  // a request as it is rendered
  std::vector<char> input = std::vector<char>(64 * 1024);
  ResponseParser parser{};  // of the answer in `input`
  KnownHead known_head{};
  std::vector<std::unique_ptr<ResponseParser>> spare_parsers{};
  Route route{loop, destination};
  TlsMemory tls{};
  std::uint32_t clients = 0;      // made so far
  std::uint64_t connections = 0;  // opened
  std::uint64_t retries = 0;      // sent again, the kept-alive connection having been closed
  std::unique_ptr<ConnectionPool> pool{};  // null: every user has a connection of its own
};

}  // namespace dyno::http
