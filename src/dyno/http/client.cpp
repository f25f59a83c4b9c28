#include "dyno/http/client.h"

#include <utility>

#include "dyno/http/connector.h"
#include "dyno/http/piecewise.h"
#include "dyno/http/render.h"

namespace dyno::http {

using async::Task;
using async::Wake;
using metrics::Outcome;
using metrics::OutcomeKind;

namespace {

// Reads in a row after which a long answer lets other users go on.
constexpr std::uint32_t reads_in_a_row = 16;

}  // namespace

Client::Client(ClientContext& context)
    : deadline_(context.loop), context_(context), number_(context.clients++) {}

Exchanging Client::perform(const Request& request, const ExchangeOptions& options,
                           Exchange& exchange) {
  return {*this, request, options, exchange};
}

Task<void> Client::exchange(Request request, ExchangeOptions options, Exchange& exchange) {
  co_await perform(request, options, exchange);
}

// Sends over the connection that is there; what is needed next.
Client::Step Client::begin(const Request& request, const ExchangeOptions& options,
                           Exchange& exchange) {
  if (goes_in_pieces(request, options)) [[unlikely]]
    return Step::pieces;
  exchange.reset(options.want_body || options.want_head);
  if (stream_ && !stream_->quiet()) stream_.reset();
  reused_ = stream_ != nullptr;
  if (reused_) rendered(request);
  exchange.sent = context_.loop.now();
  deadline_.set(exchange.sent + options.timeout);
  return reused_ ? send(request, exchange) : Step::connect;
}

// The bytes of a request; valid until the next one is rendered, whoever's it is.
std::string_view Client::rendered(const Request& request) {
  if (!request.wire.empty()) return request.wire;
  context_.output.clear();
  render(request, context_.destination, context_.output);
  return context_.output;
}

Client::Step Client::send(const Request& request, Exchange& exchange) {
  const std::string_view output = request.wire.empty() ? context_.output : request.wire;
  // A write that fails says less than what may be there to read: a peer that has closed may have
  // answered before.
  const Stream::Transfer written = stream_->write(output);
  exchange.bytes_sent += written.bytes;
  written_ = written.bytes;
  to_head_request_ = request.method == "HEAD";
  drop_parser();
  reads_ = 0;
  return written.io == Stream::Io::failed || written_ == output.size() ? Step::readable
                                                                       : Step::send_rest;
}

// Takes what there is to read, or that there is nothing and no more time; what is needed next.
Client::Step Client::receive(Wake wake, const ExchangeOptions& options, Exchange& exchange) {
  if (wake == Wake::timed_out) {
    timed_out(exchange, exchange.first_byte != TimePoint{} ? Phase::body : Phase::first_byte);
    return Step::over;
  }
  const Stream::Transfer got = stream_->read(context_.input);
  if (got.io == Stream::Io::done) [[likely]] {
    exchange.last_byte = context_.loop.now();
    if (exchange.first_byte == TimePoint{}) exchange.first_byte = exchange.last_byte;
    exchange.bytes_received += got.bytes;
    if (parse({context_.input.data(), got.bytes}, options, exchange)) {
      drop_parser();
      return Step::over;
    }
    if (exchange.last_byte >= deadline_.due()) {
      timed_out(exchange, Phase::body);
      return Step::over;
    }
    return ++reads_ % reads_in_a_row == 0 ? Step::yield : Step::readable;
  }
  if (got.io == Stream::Io::wants_write) return Step::writable;
  if (got.io == Stream::Io::wants_read) return Step::readable;
  closed_early(exchange, got.error);
  return exchange.outcome.kind == OutcomeKind::reset && reused_ ? Step::again : Step::over;
}

// The exchange from `step` on, whatever it has to wait for.
Task<void> Client::drive(Request request, ExchangeOptions options, Exchange& exchange, Step step) {
  while (step != Step::over) {
    switch (step) {
      case Step::again:
        exchange.outcome = {};
        exchange.reason.clear();
        exchange.first_byte = {};
        exchange.retried = true;
        reused_ = false;
        ++context_.retries;
        deadline_.set(exchange.sent + options.timeout);
        step = Step::connect;
        break;
      case Step::pieces:
        co_await in_pieces(request, options, exchange);
        step = Step::over;
        break;
      case Step::connect:
        step = co_await reconnect(request, exchange);
        break;
      case Step::send_rest:
        step = co_await send_rest(request, exchange);
        break;
      case Step::readable: {
        const Wake wake = co_await stream_->descriptor().readable(&deadline_);
        step = receive(wake, options, exchange);
        break;
      }
      case Step::writable:
        co_await stream_->descriptor().writable(&deadline_);
        step = Step::readable;
        break;
      case Step::yield:
        co_await context_.loop.yield();
        step = Step::readable;
        break;
      case Step::over:
        break;
    }
  }
}

Task<void> Client::in_pieces(const Request& request, const ExchangeOptions& options,
                             Exchange& exchange) {
  PiecewiseExchange pieces(*this, request, options, exchange);
  co_await pieces.open();
  while (!pieces.over()) co_await pieces.read();
}

Task<Client::Step> Client::reconnect(const Request& request, Exchange& exchange) {
  const bool connected = co_await connect(context_, number_, deadline_, stream_, exchange);
  if (!connected) {
    deadline_.clear();
    co_return Step::over;
  }
  rendered(request);
  co_return send(request, exchange);
}

Task<Client::Step> Client::send_rest(const Request& request, Exchange& exchange) {
  const std::string rest(rendered(request).substr(written_));
  std::string_view left = rest;
  bool wants_read = false;  // TLS may have to, before it can write
  while (!left.empty()) {
    Wake wake{};
    if (wants_read) {
      wake = co_await stream_->descriptor().readable(&deadline_);
    } else {
      wake = co_await stream_->descriptor().writable(&deadline_);
    }
    if (wake == Wake::timed_out) {
      timed_out(exchange, Phase::send);
      co_return Step::over;
    }
    const Stream::Transfer written = stream_->write(left);
    if (written.io == Stream::Io::failed) break;  // what there is to read says more
    wants_read = written.io == Stream::Io::wants_read;
    exchange.bytes_sent += written.bytes;
    left.remove_prefix(written.bytes);
  }
  co_return Step::readable;
}

// Nearly every answer comes whole with one read: for these one parser in the nearest cache does.
// One that comes in part has a parser of its own until it is over.
bool Client::parse(std::string_view input, const ExchangeOptions& options, Exchange& exchange) {
  if (parser_) return read_pieces(*parser_, input, options, exchange);
  ResponseParser& parser = context_.parser;
  parser.begin(to_head_request_, options.want_head, &context_.known_head);
  if (read_pieces(parser, input, options, exchange)) return true;
  auto& spare = context_.spare_parsers;
  if (spare.empty()) spare.push_back(std::make_unique<ResponseParser>());
  parser_ = std::move(spare.back());
  spare.pop_back();
  std::swap(*parser_, parser);
  return false;
}

void Client::drop_parser() {
  if (parser_) context_.spare_parsers.push_back(std::move(parser_));
}

// Takes what has been received apart; whether the exchange is over.
bool Client::read_pieces(ResponseParser& parser, std::string_view input,
                         const ExchangeOptions& options, Exchange& exchange) {
  using Piece = ResponseParser::Step;
  while (true) {
    switch (parser.next(input)) {
      case Piece::need_more:
        return false;
      case Piece::interim:
        if (input.empty()) exchange.first_byte = {};  // it is of the answer itself
        break;
      case Piece::head:
        exchange.status = parser.status();
        break;
      case Piece::body:
        exchange.body_bytes += parser.piece().size();
        if (options.want_body) exchange.body.append(parser.piece());
        break;
      case Piece::done:
        if (!input.empty()) {
          end(exchange, {OutcomeKind::protocol}, "the answer is longer than it says");
        } else {
          exchange.plain = reused_ && !options.want_body && !options.want_head;
          complete(parser, exchange);
        }
        return true;
      case Piece::failed:
        end(exchange, {OutcomeKind::protocol}, parser.error());
        return true;
    }
  }
}

void Client::complete(const ResponseParser& parser, Exchange& exchange) {
  if (!parser.head().empty()) exchange.head.assign(parser.head());
  deadline_.clear();
  const Settings& settings = context_.destination.settings;
  if (!parser.keep_alive() || settings.new_connection_per_request ||
      ++stream_->answers == settings.max_requests_per_connection) {
    stream_.reset();
  }
}

void Client::closed_early(Exchange& exchange, int error) {
  if (error == 0 && parser_ && parser_->finish()) {
    complete(*parser_, exchange);
    return;
  }
  exchange.break_off(error, context_.loop.now(), stream_->tls_failure());
  deadline_.clear();
  stream_.reset();
}

void Client::timed_out(Exchange& exchange, Phase phase) {
  exchange.time_out(phase, context_.loop.now());
  deadline_.clear();
  stream_.reset();
}

void Client::end(Exchange& exchange, Outcome outcome, std::string_view reason) {
  exchange.fail(outcome, reason, context_.loop.now());
  deadline_.clear();
  stream_.reset();
}

Exchanging::Exchanging(Client& client, const Request& request, const ExchangeOptions& options,
                       Exchange& exchange)
    : IoWaiter([](IoWaiter& waiter, Wake wake) {
        auto& self = static_cast<Exchanging&>(waiter);
        const auto next = self.proceed(self.client_.receive(wake, self.options_, self.exchange_));
        if (wake == Wake::ready && next == self.awaiting_) {
          // It sends its next request, if it does, after others have been read.
          self.client_.context_.loop.resume_soon(self.resumption_, next);
        } else {
          next.resume();
        }
      }),
      client_(client),
      request_(request),
      options_(options),
      exchange_(exchange) {}

std::coroutine_handle<> Exchanging::await_suspend(std::coroutine_handle<> awaiting) {
  awaiting_ = awaiting;
  return proceed(client_.begin(request_, options_, exchange_));
}

// Waits for what the common case waits for, or starts drive(); which coroutine is to go on now.
std::coroutine_handle<> Exchanging::proceed(Client::Step step) {
  while (step == Client::Step::readable) {
    async::Descriptor& descriptor = client_.stream_->descriptor();
    if (!descriptor.has_input()) {
      wait(descriptor, false, &client_.deadline_);
      return std::noop_coroutine();
    }
    step = client_.receive(Wake::ready, options_, exchange_);
  }
  if (step == Client::Step::over) return awaiting_;
  rest_ = client_.drive(request_, options_, exchange_, step);
  return rest_.start(awaiting_);
}

void Exchanging::await_resume() const {
  if (!rest_) return;
  if (const std::exception_ptr exception = rest_.exception()) std::rethrow_exception(exception);
}

}  // namespace dyno::http
