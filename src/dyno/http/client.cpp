#include "dyno/http/client.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/core/build_info.h"

namespace dyno::http {

using async::Task;
using async::Wake;
using metrics::Outcome;
using metrics::OutcomeKind;

namespace {

// Reads in a row after which a long answer lets other users go on.
constexpr int reads_in_a_row = 16;

bool has_header(const std::vector<std::pair<std::string, std::string>>& headers,
                std::string_view name) {
  for (const auto& header : headers) {
    if (same_name(header.first, name)) return true;
  }
  return false;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  char* first = digits + sizeof digits;
  do {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  out.append(first, static_cast<std::size_t>(digits + sizeof digits - first));
}

std::string explain(std::string_view what, int error, const Address& address) {
  std::string_view advice;
  if (error == EMFILE || error == ENFILE) advice = "; raise the limit of open files (ulimit -n)";
  if (error == EADDRNOTAVAIL) advice = "; this machine has no local port left";
  return fmt::format("{} {}: {}{}", what, address.text(), std::strerror(error), advice);
}

}  // namespace

Result<Destination> make_destination(
    const Url& url, const std::vector<std::pair<std::string, std::string>>& headers) {
  if (url.tls) return Error{fmt::format("{}: https is not supported, use http", url.text())};
  auto addresses = resolve(url.host, url.port);
  if (!addresses) return addresses.error();
  Destination destination;
  destination.url = url;
  destination.addresses = std::move(*addresses);
  const std::pair<std::string, std::string> defaults[] = {
      {"Host", url.authority()},
      {"User-Agent", fmt::format("dyno/{}", build::version)},
      {"Accept", "*/*"}};
  for (const auto& [name, value] : defaults) {
    if (!has_header(headers, name)) append_header(destination.common, name, value);
  }
  for (const auto& [name, value] : headers) {
    if (name.empty() || (name + value).find_first_of("\r\n") != std::string::npos) {
      return Error{fmt::format("header '{}': a header needs a name and fits on one line", name)};
    }
    append_header(destination.common, name, value);
  }
  return destination;
}

void render(const Request& request, const Destination& destination, std::string& out) {
  out.append(request.method).append(1, ' ');
  out.append(destination.url.base_path).append(request.path).append(" HTTP/1.1\r\n");
  out.append(destination.common);
  for (const Header& header : request.headers) append_header(out, header.name, header.value);
  if (!request.content_type.empty()) append_header(out, "Content-Type", request.content_type);
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    out.append("Content-Length: ");
    append_number(out, request.body.size());
    out.append("\r\n");
  }
  if (destination.new_connection_per_request) out.append("Connection: close\r\n");
  out.append("\r\n").append(request.body);
}

void Exchange::reset() {
  outcome = {};
  status = 0;
  sent = first_byte = last_byte = {};
  connect = tls = {};
  bytes_sent = bytes_received = body_bytes = 0;
  retried = false;
  head.clear();
  body.clear();
  reason.clear();
}

Client::Client(ClientContext& context) : context_(context), deadline_(context.loop) {}

Task<void> Client::exchange(Request request, ExchangeOptions options, Exchange& exchange) {
  exchange.reset();
  if (stream_ && !stream_->quiet()) stream_.reset();
  bool reused = stream_ != nullptr;
  if (!reused) {
    exchange.sent = context_.loop.now();
    deadline_.set(exchange.sent + options.timeout);
    const bool connected = co_await connect(exchange);
    if (!connected) co_return;
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
    const bool connected = co_await connect(exchange);
    if (!connected) co_return;
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
  if (!parser_.keep_alive() || context_.destination.new_connection_per_request) stream_.reset();
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
  static constexpr std::string_view waited_for[] = {
      "an address",     "a connection",          "TLS", "the service to take the request",
      "the first byte", "the rest of the answer"};
  const auto index = static_cast<std::size_t>(phase);
  end(exchange, {OutcomeKind::timeout, static_cast<std::uint16_t>(phase)},
      fmt::format("no more time to wait for {}", waited_for[index]));
}

void Client::end(Exchange& exchange, Outcome outcome, std::string_view reason) {
  exchange.outcome = outcome;
  exchange.reason = reason;
  exchange.last_byte = context_.loop.now();
  if (exchange.bytes_received == 0) exchange.first_byte = exchange.last_byte;
  deadline_.clear();
  stream_.reset();
}

Task<bool> Client::connect(Exchange& exchange) {
  stream_.reset();
  const TimePoint begin = context_.loop.now();
  for (const Address& address : context_.destination.addresses) {
    exchange.outcome = {};
    const bool connected = co_await connect_to(address, exchange);
    if (connected) {
      exchange.connect = context_.loop.now() - begin;
      ++context_.connections;
      co_return true;
    }
    if (exchange.outcome.kind == OutcomeKind::timeout) break;
  }
  co_return false;
}

Task<bool> Client::connect_to(const Address& address, Exchange& exchange) {
  const auto refuse = [&](int error) {
    if (error == ETIMEDOUT) {
      timed_out(exchange, Phase::connect);
    } else {
      // A peer that accepts and resets at once may be seen as either, as the packets fall.
      const auto kind = error == ECONNRESET ? OutcomeKind::reset : OutcomeKind::refused;
      end(exchange, {kind}, explain("cannot connect to", error, address));
    }
  };
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    refuse(errno);
    co_return false;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int error = ::connect(fd, address.get(), address.size) == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) {
    ::close(fd);
    refuse(error);
    co_return false;
  }
  stream_ = std::make_unique<TcpStream>(context_.loop, fd);
  const Wake wake = co_await stream_->descriptor().writable(&deadline_);
  if (wake == Wake::timed_out) {
    timed_out(exchange, Phase::connect);
    co_return false;
  }
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) {
    refuse(failure);
    co_return false;
  }
  co_return true;
}

}  // namespace dyno::http
