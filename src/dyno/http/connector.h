// Opens the connection that requests then go over: an address, a socket, and what is to be agreed
// before the first request. It measures how long that took and says how it failed.
#pragma once

#include <cstdint>
#include <memory>

#include "dyno/async/descriptor.h"
#include "dyno/async/task.h"
#include "dyno/http/client_context.h"
#include "dyno/http/exchange.h"
#include "dyno/http/stream.h"

namespace dyno::http {

// Tries the addresses in turn until `deadline`, beginning with another one for each `client`.
// True: `stream` is ready for requests; exchange.dns, connect and tls say how long each took.
// False: `exchange` says why, and `stream` is empty.
async::Task<bool> connect(ClientContext& context, std::uint32_t client, async::Deadline& deadline,
                          std::unique_ptr<Stream>& stream, Exchange& exchange);

// Whether the service accepts a connection, TLS included; nothing is asked of it. Fails with the
// reason. Blocks, at most for `timeout`: for before the load.
Result<void> try_to_connect(const Destination& destination, Duration timeout);

}  // namespace dyno::http
