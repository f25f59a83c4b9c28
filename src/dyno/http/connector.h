// Opens the connection that requests then go over: an address, a socket, and what is to be agreed
// before the first request. It measures how long that took and says how it failed.
#pragma once

#include <memory>

#include "dyno/async/descriptor.h"
#include "dyno/async/task.h"
#include "dyno/http/client_context.h"
#include "dyno/http/exchange.h"
#include "dyno/http/stream.h"

namespace dyno::http {

// Tries the addresses in turn until `deadline`. True: `stream` is connected and exchange.connect
// says how long it took. False: `exchange` says why, and `stream` is empty.
async::Task<bool> connect(ClientContext& context, async::Deadline& deadline,
                          std::unique_ptr<Stream>& stream, Exchange& exchange);

}  // namespace dyno::http
