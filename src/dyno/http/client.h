// An HTTP/1.1 client of one virtual user: at most one connection, kept alive, and one request at a
// time. It measures every exchange and says how it ended; it neither records nor judges a status.
// Pipelining is not its business; redirects, cookies and retries are session.h's.
// An exchange over a connection that is there, written at once and answered by reads that end with
// the answer, is the common case and runs without a coroutine of its own (Exchanging); what needs
// to wait for anything else goes on in one (drive()). What is not one text to send and one answer
// to keep or discard goes piece by piece (piecewise.h).
#pragma once

#include <coroutine>
#include <cstdint>
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

class Exchanging;

class Client {
 public:
  explicit Client(ClientContext& context);

  // co_await client.perform(request, options, exchange): sends and receives. All three, and what
  // `request` refers to, must live until then.
  // A kept-alive connection that turns out to be closed before anything was answered is replaced
  // once, whatever the method, as browsers do: `retried`. Destroying who awaits it breaks the
  // exchange off; call close() then.
  Exchanging perform(const Request& request, const ExchangeOptions& options, Exchange& exchange);

  // The same as a task, with copies of its own of the first two.
  async::Task<void> exchange(Request request, ExchangeOptions options, Exchange& exchange);

  // Closes the connection; the next request opens a new one.
  void close() { stream_.reset(); }

  // For who shares connections among users: takes the idle one out (null: it is closed), or puts
  // one in.
  std::unique_ptr<Stream> release() { return std::move(stream_); }
  void adopt(std::unique_ptr<Stream> stream) { stream_ = std::move(stream); }

 private:
  friend class Exchanging;
  friend class PiecewiseExchange;
  using Phase = metrics::Phase;

  // What an exchange needs next.
  enum class Step : std::uint8_t {
    connect,
    pieces,     // another way of going about it
    again,      // over a new connection: the kept-alive one was closed
    send_rest,  // the kernel did not take all of the request
    readable,   // until there is something to read
    writable,   // until it can be written, so that it can be read (TLS)
    yield,      // let other users go on
    over,
  };

  static constexpr std::size_t longest_at_once = 64 * 1024;  // of a request

  static bool goes_in_pieces(const Request& request, const ExchangeOptions& options) {
    return request.source || request.body.size() + request.wire.size() > longest_at_once ||
           options.compressed || options.expect_continue || options.limits.any();
  }

  Step begin(const Request& request, const ExchangeOptions& options, Exchange& exchange);
  Step send(const Request& request, Exchange& exchange);
  Step receive(async::Wake wake, const ExchangeOptions& options, Exchange& exchange);
  async::Task<void> drive(Request request, ExchangeOptions options, Exchange& exchange, Step step);
  async::Task<void> in_pieces(const Request& request, const ExchangeOptions& options,
                              Exchange& exchange);
  async::Task<Step> reconnect(const Request& request, Exchange& exchange);
  async::Task<Step> send_rest(const Request& request, Exchange& exchange);
  std::string_view rendered(const Request& request);
  bool parse(std::string_view input, const ExchangeOptions& options, Exchange& exchange);
  void drop_parser();
  bool read_pieces(ResponseParser& parser, std::string_view input, const ExchangeOptions& options,
                   Exchange& exchange);
  void complete(const ResponseParser& parser, Exchange& exchange);
  void closed_early(Exchange& exchange, int error);
  void end(Exchange& exchange, metrics::Outcome outcome, std::string_view reason);
  void timed_out(Exchange& exchange, Phase phase);

  std::unique_ptr<Stream> stream_;
  async::Deadline deadline_;
  ClientContext& context_;
  const std::uint32_t number_;  // among the clients of the context
  std::uint32_t reads_ = 0;     // of the answer
  std::size_t written_ = 0;     // of the request, over this connection
  // Of an answer that has come in part; one that comes whole is taken apart with the context's.
  std::unique_ptr<ResponseParser> parser_;
  bool reused_ = false;           // this request is not the first of its connection
  bool to_head_request_ = false;  // the answer has no body, whatever it declares
};

// An exchange that is awaited; made by Client::perform.
class [[nodiscard]] Exchanging : async::IoWaiter {
 public:
  Exchanging(Client& client, const Request& request, const ExchangeOptions& options,
             Exchange& exchange);
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting);
  void await_resume() const;

 private:
  std::coroutine_handle<> proceed(Client::Step step);

  Client& client_;
  const Request& request_;
  const ExchangeOptions& options_;
  Exchange& exchange_;
  std::coroutine_handle<> awaiting_;
  async::Resumption resumption_;
  async::Task<void> rest_;  // what is not the common case
};

}  // namespace dyno::http
