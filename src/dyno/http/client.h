// An HTTP/1.1 client of one virtual user: at most one connection, kept alive, and one request at a
// time. It measures every exchange and says how it ended; it neither records nor judges a status.
// Pipelining, redirects, cookies and decompression are not its business.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "dyno/async/descriptor.h"
#include "dyno/async/task.h"
#include "dyno/http/client_context.h"
#include "dyno/http/exchange.h"
#include "dyno/http/message.h"
#include "dyno/http/response_parser.h"
#include "dyno/http/stream.h"

namespace dyno::http {

static_assert(std::is_trivially_destructible_v<Request>);

class Client {
 public:
  explicit Client(ClientContext& context);

  // Sends and receives. `exchange` and what `request` refers to must live until it is awaited.
  // A kept-alive connection that turns out to be closed before anything was answered is replaced
  // once, whatever the method, as browsers do: `retried`. Destroying the task breaks the exchange
  // off; call close() then.
  async::Task<void> exchange(Request request, ExchangeOptions options, Exchange& exchange);

  // Closes the connection; the next request opens a new one.
  void close() { stream_.reset(); }

 private:
  using Phase = metrics::Phase;

  async::Task<void> send_rest(std::string rest, Exchange& exchange);
  bool read_pieces(std::string_view input, const ExchangeOptions& options, Exchange& exchange);
  void complete(std::string_view surplus, Exchange& exchange);
  void closed_early(Exchange& exchange, int error);
  void end(Exchange& exchange, metrics::Outcome outcome, std::string_view reason);
  void timed_out(Exchange& exchange, Phase phase);

  ClientContext& context_;
  std::unique_ptr<Stream> stream_;
  async::Deadline deadline_;
  ResponseParser parser_;
};

}  // namespace dyno::http
