// An HTTP/1.1 client of one virtual user: at most one connection, kept alive, and one request at a
// time. It measures every exchange and says how it ended; it neither records nor judges a status.
// Pipelining, redirects, cookies and decompression are not its business.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dyno/async/descriptor.h"
#include "dyno/async/event_loop.h"
#include "dyno/async/task.h"
#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/http/address.h"
#include "dyno/http/message.h"
#include "dyno/http/response_parser.h"
#include "dyno/http/stream.h"
#include "dyno/http/url.h"
#include "dyno/metrics/outcome.h"

namespace dyno::http {

// Where requests go; the same for all clients of a run, and never changed during it.
struct Destination {
  Url url;
  std::vector<Address> addresses;  // tried in turn
  std::string
      common;  // the header lines of every request, rendered: "Host: …\r\nUser-Agent: …\r\n"
  bool new_connection_per_request = false;
};

// Finds the addresses (blocks) and renders the common headers. `headers` may replace Host,
// User-Agent and Accept.
Result<Destination> make_destination(
    const Url& url, const std::vector<std::pair<std::string, std::string>>& headers);

// What the clients of one thread share: buffers, which an idle user does not hold, and counts.
struct ClientContext {
  async::EventLoop& loop;
  const Destination& destination;
  std::string output{};  // a request as it is rendered
  std::vector<char> input = std::vector<char>(64 * 1024);
  std::uint64_t connections = 0;  // opened
  std::uint64_t retries = 0;      // sent again, the kept-alive connection having been closed
};

struct ExchangeOptions {
  Duration timeout = std::chrono::seconds{30};  // from sending or connecting to the last byte
  bool want_body = false;
  bool want_head = false;
};
static_assert(std::is_trivially_destructible_v<Request>);
static_assert(std::is_trivially_destructible_v<ExchangeOptions>);

// One request and what came of it. Reused from one to the next.
struct Exchange {
  metrics::Outcome outcome;  // ok: a complete answer, whatever its status
  int status = 0;
  TimePoint sent;  // as metrics::Sample has them
  TimePoint first_byte;
  TimePoint last_byte;
  Duration connect{};
  Duration tls{};
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t body_bytes = 0;
  bool retried = false;
  std::string head;    // with want_head
  std::string body;    // with want_body
  std::string reason;  // of a failure, one line

  void reset();
};

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

  async::Task<bool> connect(Exchange& exchange);
  async::Task<bool> connect_to(const Address& address, Exchange& exchange);
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

// The bytes of a request, appended to `out`.
void render(const Request& request, const Destination& destination, std::string& out);

}  // namespace dyno::http
