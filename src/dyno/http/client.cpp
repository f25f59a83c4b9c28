#include "dyno/http/client.h"

#include <cstring>

#include <fmt/format.h>

#include "dyno/http/connector.h"
#include "dyno/http/render.h"

namespace dyno::http {

using async::Task;
using async::Wake;
using metrics::Outcome;
using metrics::OutcomeKind;

namespace {

// Reads in a row after which a long answer lets other users go on.
constexpr int reads_in_a_row = 16;

}  // namespace

Client::Client(ClientContext& context) : context_(context), deadline_(context.loop) {}

Task<void> Client::exchange(Request request, ExchangeOptions options, Exchange& exchange) {
  exchange.reset();
  if (stream_ && !stream_->quiet()) stream_.reset();
  bool reused = stream_ != nullptr;
  if (!reused) {
    exchange.sent = context_.loop.now();
    deadline_.set(exchange.sent + options.timeout);
    const bool connected = co_await connect(context_, deadline_, stream_, exchange);
    if (!connected) {
      deadline_.clear();
      co_return;
    }
  }
  while (true) {
    std::string& output = context_.output;
    output.clear();
    render(request, context_.destination, output);
    if (reused) {
      exchange.sent = context_.loop.now();
      deadline_.set(exchange.sent + options.timeout);
    }
    // A write that fails says less than what may be there to read: a peer that has closed may have
    // answered before.
    const Stream::Transfer written = stream_->write(output);
    exchange.bytes_sent += written.bytes;
    if (written.io != Stream::Io::failed && written.bytes < output.size()) {
      co_await send_rest(output.substr(written.bytes), exchange);
      if (!exchange.outcome.ok()) co_return;
    }

    parser_.begin(request.method == "HEAD", options.want_head);
    int reads = 0;
    bool over = false;
    while (!over) {
      const Wake wake = co_await stream_->descriptor().readable(&deadline_);
      if (wake == Wake::timed_out) {
        timed_out(exchange, exchange.bytes_received > 0 ? Phase::body : Phase::first_byte);
        co_return;
      }
      const Stream::Transfer got = stream_->read(context_.input);
      if (got.io == Stream::Io::done) {
        exchange.last_byte = context_.loop.now();
        if (exchange.bytes_received == 0) exchange.first_byte = exchange.last_byte;
        exchange.bytes_received += got.bytes;
        over = read_pieces({context_.input.data(), got.bytes}, options, exchange);
        if (!over && exchange.last_byte >= deadline_.due()) {
          timed_out(exchange, Phase::body);
          co_return;
        }
        if (!over && ++reads % reads_in_a_row == 0) co_await context_.loop.yield();
      } else if (got.io == Stream::Io::wants_write) {
        co_await stream_->descriptor().writable(&deadline_);
      } else if (got.io != Stream::Io::wants_read) {
        closed_early(exchange, got.error);
        over = true;
      }
    }
    if (exchange.outcome.kind != OutcomeKind::reset || !reused) co_return;
    exchange.outcome = {};
    exchange.reason.clear();
    exchange.retried = true;
    reused = false;
    ++context_.retries;
    deadline_.set(exchange.sent + options.timeout);
    const bool connected = co_await connect(context_, deadline_, stream_, exchange);
    if (!connected) {
      deadline_.clear();
      co_return;
    }
  }
}

Task<void> Client::send_rest(std::string rest, Exchange& exchange) {
  std::string_view left = rest;
  while (!left.empty()) {
    const Wake wake = co_await stream_->descriptor().writable(&deadline_);
    if (wake == Wake::timed_out) {
      timed_out(exchange, Phase::send);
      co_return;
    }
    const Stream::Transfer written = stream_->write(left);
    if (written.io == Stream::Io::failed) co_return;  // what there is to read says more
    exchange.bytes_sent += written.bytes;
    left.remove_prefix(written.bytes);
  }
}

// Takes what has been received through the parser; whether the exchange is over.
bool Client::read_pieces(std::string_view input, const ExchangeOptions& options,
                         Exchange& exchange) {
  using Step = ResponseParser::Step;
  while (true) {
    switch (parser_.next(input)) {
      case Step::need_more:
        return false;
      case Step::head:
        exchange.status = parser_.status();
        break;
      case Step::body:
        exchange.body_bytes += parser_.piece().size();
        if (options.want_body) exchange.body.append(parser_.piece());
        break;
      case Step::done:
        complete(input, exchange);
        return true;
      case Step::failed:
        end(exchange, {OutcomeKind::protocol}, parser_.error());
        return true;
    }
  }
}

void Client::complete(std::string_view surplus, Exchange& exchange) {
  if (!surplus.empty()) {
    end(exchange, {OutcomeKind::protocol}, "the answer is longer than it says");
    return;
  }
  exchange.head.assign(parser_.head());
  deadline_.clear();
  if (!parser_.keep_alive() || context_.destination.settings.new_connection_per_request)
    stream_.reset();
}

void Client::closed_early(Exchange& exchange, int error) {
  if (error == 0 && exchange.bytes_received > 0 && parser_.finish()) {
    complete({}, exchange);
    return;
  }
  const char* const how = error ? std::strerror(error) : "closed by the service";
  if (exchange.bytes_received == 0) {
    end(exchange, {OutcomeKind::reset}, fmt::format("{} before any answer", how));
  } else {
    end(exchange, {OutcomeKind::truncated},
        fmt::format("{} after {} bytes of an answer that is longer", how, exchange.bytes_received));
  }
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

}  // namespace dyno::http
