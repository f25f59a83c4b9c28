#include "dyno/http/connector.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/http/tls_stream.h"

namespace dyno::http {

using async::Task;
using async::Wake;
using metrics::OutcomeKind;
using metrics::Phase;

namespace {

// A socket in the file system whose queue is full cannot be waited for, only tried again.
constexpr Duration unix_retry = std::chrono::milliseconds{1};

std::string explain_connect(int error, const Address& address) {
  std::string_view advice;
  if (error == EMFILE || error == ENFILE) advice = "; raise the limit of open files (ulimit -n)";
  if (error == EADDRNOTAVAIL) {
    advice =
        "; this machine has no local port left: connect from more addresses "
        "(--source-address)";
  }
  return fmt::format("cannot connect to {}: {}{}", address.text(), std::strerror(error), advice);
}

// The local end for the client: in turn among those that can reach `to`. Null: the system chooses.
const Address* source_for(const ClientContext& context, std::uint32_t client, const Address& to) {
  const auto& sources = context.destination.settings.source_addresses;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Address& from = sources[(client + i) % sources.size()];
    if (from.family() == to.family()) return &from;
  }
  return nullptr;
}

// A socket to connect with, or -1 and errno.
int open_socket(const ClientContext& context, std::uint32_t client, const Address& to) {
  const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || to.family() == AF_UNIX) return fd;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const Address* const from = source_for(context, client, to);
  if (!from) return fd;
  // The port is chosen by connect(), which may share it among destinations.
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (::bind(fd, from->get(), from->size) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

void refuse(Exchange& exchange, int error, const Address& address, TimePoint now) {
  if (error == ETIMEDOUT) {
    exchange.time_out(Phase::connect, now);
    return;
  }
  // A peer that accepts and resets at once may be seen as either, as the packets fall.
  const auto kind = error == ECONNRESET ? OutcomeKind::reset : OutcomeKind::refused;
  exchange.fail({kind}, explain_connect(error, address), now);
}

std::unique_ptr<Stream> stream_on(ClientContext& context, int fd) {
  const auto& tls = context.destination.tls;
  if (!tls) return std::make_unique<TcpStream>(context.loop, fd);
  return std::make_unique<TlsStream>(context.loop, fd, *tls, context.tls);
}

Task<bool> connect_to(ClientContext& context, const Address& address, std::uint32_t client,
                      async::Deadline& deadline, std::unique_ptr<Stream>& stream,
                      Exchange& exchange) {
  int fd = -1;
  int error = EAGAIN;
  while (true) {
    fd = open_socket(context, client, address);
    if (fd < 0) {
      refuse(exchange, errno, address, context.loop.now());
      co_return false;
    }
    error = ::connect(fd, address.get(), address.size) == 0 ? 0 : errno;
    if (error != EAGAIN || address.family() != AF_UNIX) break;
    ::close(fd);
    if (context.loop.now() >= deadline.due()) {
      exchange.time_out(Phase::connect, context.loop.now());
      co_return false;
    }
    co_await context.loop.sleep(unix_retry);
  }
  if (error != 0 && error != EINPROGRESS) {
    ::close(fd);
    refuse(exchange, error, address, context.loop.now());
    co_return false;
  }
  stream = stream_on(context, fd);
  const Wake wake = co_await stream->descriptor().writable(&deadline);
  if (wake == Wake::timed_out) {
    exchange.time_out(Phase::connect, context.loop.now());
    co_return false;
  }
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) {
    refuse(exchange, failure, address, context.loop.now());
    co_return false;
  }
  co_return true;
}

void fail_handshake(Exchange& exchange, const Stream& stream, int error, TimePoint now) {
  if (error == Stream::failure_of_tls) {
    exchange.fail({OutcomeKind::tls}, stream.tls_failure(), now);
  } else {
    const std::string_view how =
        error == 0 || error == Stream::unannounced_end ? "closed by the service" : explain(error);
    exchange.fail({OutcomeKind::reset}, fmt::format("{} while TLS was being agreed on", how), now);
  }
}

Task<bool> shake_hands(ClientContext& context, async::Deadline& deadline, TlsStream& stream,
                       Exchange& exchange) {
  const TimePoint begin = context.loop.now();
  while (true) {
    const Stream::Transfer step = stream.handshake();
    if (step.io == Stream::Io::done) break;
    Wake wake = Wake::ready;
    if (step.io == Stream::Io::wants_read) {
      wake = co_await stream.descriptor().readable(&deadline);
    } else if (step.io == Stream::Io::wants_write) {
      wake = co_await stream.descriptor().writable(&deadline);
    } else {
      fail_handshake(exchange, stream, step.error, context.loop.now());
      co_return false;
    }
    if (wake == Wake::timed_out) {
      exchange.time_out(Phase::tls, context.loop.now());
      co_return false;
    }
  }
  exchange.tls = context.loop.now() - begin;
  co_return true;
}

// Sets a step's own deadline: `time` from now on, not beyond that of the whole. Without one (zero)
// the whole's serves, which costs nothing.
async::Deadline& limited(async::Deadline& step, async::Deadline& whole, Duration time,
                         TimePoint now) {
  if (time <= Duration::zero()) return whole;
  step.set(std::min(whole.due(), now + time));
  return step;
}

Task<bool> connect_to_any(ClientContext& context, std::uint32_t client, async::Deadline& deadline,
                          std::unique_ptr<Stream>& stream, Exchange& exchange) {
  const TimePoint begin = context.loop.now();
  const Settings& settings = context.destination.settings;
  const std::size_t count = context.route.addresses().size();
  async::Deadline step(context.loop);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& addresses = context.route.addresses();
    const Address address = addresses[(client + i) % addresses.size()];
    exchange.outcome = {};
    exchange.reason.clear();
    exchange.first_byte = {};  // of an answer: an address that failed has given none
    async::Deadline& until = limited(step, deadline, settings.connect_timeout, context.loop.now());
    const bool connected = co_await connect_to(context, address, client, until, stream, exchange);
    if (connected) {
      exchange.connect = context.loop.now() - begin;
      co_return true;
    }
    stream.reset();
    if (context.loop.now() >= deadline.due()) break;
  }
  context.route.doubt();
  co_return false;
}

}  // namespace

Task<bool> connect(ClientContext& context, std::uint32_t client, async::Deadline& deadline,
                   std::unique_ptr<Stream>& stream, Exchange& exchange) {
  stream.reset();
  if (!context.route.fresh()) {
    const bool found = co_await context.route.look_up(deadline, exchange);
    if (!found) co_return false;
  }
  const bool connected = co_await connect_to_any(context, client, deadline, stream, exchange);
  if (!connected) co_return false;
  if (context.destination.tls) {
    async::Deadline step(context.loop);
    async::Deadline& until =
        limited(step, deadline, context.destination.settings.tls_timeout, context.loop.now());
    auto& tls = static_cast<TlsStream&>(*stream);
    const bool agreed = co_await shake_hands(context, until, tls, exchange);
    if (!agreed) {
      stream.reset();
      co_return false;
    }
  }
  ++context.connections;
  co_return true;
}

Result<void> try_to_connect(const Destination& destination, Duration timeout) {
  SteadyClock clock;
  async::EventLoop loop(clock);
  ClientContext context{.loop = loop, .destination = destination};
  async::Deadline deadline(loop);
  deadline.set(loop.now() + timeout);
  std::unique_ptr<Stream> stream;
  Exchange exchange;
  loop.run([](ClientContext& of, async::Deadline& until, std::unique_ptr<Stream>& opened,
              Exchange& how) -> Task<void> {
    co_await connect(of, 0, until, opened, how);
  }(context, deadline, stream, exchange));
  if (stream) return {};
  const bool tls = exchange.outcome.kind == OutcomeKind::tls;
  return Error{exchange.reason + (tls ? "" : "; is the service running there?")};
}

}  // namespace dyno::http
