#include "dyno/http/connector.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

namespace dyno::http {

using async::Task;
using async::Wake;
using metrics::OutcomeKind;
using metrics::Phase;

namespace {

std::string explain(std::string_view what, int error, const Address& address) {
  std::string_view advice;
  if (error == EMFILE || error == ENFILE) advice = "; raise the limit of open files (ulimit -n)";
  if (error == EADDRNOTAVAIL) advice = "; this machine has no local port left";
  return fmt::format("{} {}: {}{}", what, address.text(), std::strerror(error), advice);
}

Task<bool> connect_to(ClientContext& context, const Address& address, async::Deadline& deadline,
                      std::unique_ptr<Stream>& stream, Exchange& exchange) {
  const auto refuse = [&](int error) {
    if (error == ETIMEDOUT) {
      exchange.time_out(Phase::connect, context.loop.now());
    } else {
      // A peer that accepts and resets at once may be seen as either, as the packets fall.
      const auto kind = error == ECONNRESET ? OutcomeKind::reset : OutcomeKind::refused;
      exchange.fail({kind}, explain("cannot connect to", error, address), context.loop.now());
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
  stream = std::make_unique<TcpStream>(context.loop, fd);
  const Wake wake = co_await stream->descriptor().writable(&deadline);
  if (wake == Wake::timed_out) {
    exchange.time_out(Phase::connect, context.loop.now());
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

}  // namespace

Task<bool> connect(ClientContext& context, async::Deadline& deadline,
                   std::unique_ptr<Stream>& stream, Exchange& exchange) {
  stream.reset();
  const TimePoint begin = context.loop.now();
  for (const Address& address : context.destination.addresses) {
    exchange.outcome = {};
    const bool connected = co_await connect_to(context, address, deadline, stream, exchange);
    if (connected) {
      exchange.connect = context.loop.now() - begin;
      ++context.connections;
      co_return true;
    }
    stream.reset();
    if (exchange.outcome.kind == OutcomeKind::timeout) break;
  }
  co_return false;
}

}  // namespace dyno::http
