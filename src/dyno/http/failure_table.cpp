#include "dyno/http/failure_table.h"

#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "dyno/http/certificates_for_test.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {

using metrics::Outcome;
using metrics::OutcomeKind;
using metrics::Phase;

namespace {

class RawPeer final : public Peer {
 public:
  explicit RawPeer(RawServer::Handler handler) : server_(std::move(handler)) {}
  std::string url() const override { return server_.url(); }

 private:
  RawServer server_;
};

// A loopback port where nobody listens.
class Nobody final : public Peer {
 public:
  Nobody() : url_(RawServer([](RawConnection&) {}).url()) {}
  std::string url() const override { return url_; }

 private:
  std::string url_;
};

// A full accept queue: the kernel then drops what asks for a connection.
class FullQueue final : public Peer {
 public:
  FullQueue() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 0) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no loopback port for a test server");
    }
    port_ = ntohs(address.sin_port);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(filler, generic, size);
    }
  }
  ~FullQueue() override {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  std::string url() const override { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = -1;
  int port_ = 0;
  int fillers_[4] = {};
};

// A name that was found before the load and is not any more: at once, or it hangs.
class LostName final : public Peer {
 public:
  explicit LostName(bool hangs) : hangs_(hangs) {}
  ~LostName() override {
    name_->gone = true;
    name_->gone.notify_all();
  }
  std::string url() const override { return "http://service.test"; }
  Settings settings() const override {
    Settings settings;
    settings.resolve_every = std::chrono::nanoseconds{1};
    settings.lookup = [name = name_, hangs = hangs_](
                          const std::string&, std::uint16_t port) -> Result<std::vector<Address>> {
      if (name->asked++ == 0) return std::vector{parse_address("127.0.0.1", port).value()};
      if (hangs) name->gone.wait(false);
      return Error{"cannot find the host 'service.test'"};
    };
    return settings;
  }

 private:
  struct Name {
    std::atomic<int> asked{0};
    std::atomic<bool> gone{false};
  };
  std::shared_ptr<Name> name_ = std::make_shared<Name>();  // a look-up may outlive the peer
  bool hangs_;
};

// A server that is to be spoken to by TLS, with a certificate or without. `trusted`: the client is
// told of the authority.
class TlsPeer final : public Peer {
 public:
  TlsPeer(const CertificateSpec& spec, bool trusted)
      : server_([](RawConnection& c) { c.read_request(); }, {.tls = authority_.issue(spec)}) {
    if (trusted) settings_.tls.ca_file = authority_.file();
  }
  explicit TlsPeer(RawServer::Handler handler) : server_(std::move(handler)) {}
  std::string url() const override { return "https://127.0.0.1:" + std::to_string(server_.port()); }
  Settings settings() const override { return settings_; }

 private:
  TestAuthority authority_;
  Settings settings_;
  RawServer server_;
};

std::function<std::unique_ptr<Peer>()> tls_peer(CertificateSpec spec, bool trusted = true) {
  return [spec = std::move(spec), trusted] { return std::make_unique<TlsPeer>(spec, trusted); };
}

std::function<std::unique_ptr<Peer>()> tls_peer(RawServer::Handler handler) {
  return [handler = std::move(handler)] { return std::make_unique<TlsPeer>(handler); };
}

std::function<std::unique_ptr<Peer>()> peer(RawServer::Handler handler) {
  return [handler = std::move(handler)] { return std::make_unique<RawPeer>(handler); };
}

void stay(RawConnection& connection) { connection.wait_for_close(); }
void leave(RawConnection&) {}
void reset(RawConnection& connection) {
  connection.wait_until_taken();
  connection.reset();
}

using Ending = void (*)(RawConnection&);

// Reads a request, sends `answer`, and ends so.
std::function<std::unique_ptr<Peer>()> says(std::string answer, Ending ending) {
  return peer([answer = std::move(answer), ending](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write(answer);
    ending(connection);
  });
}

// Sends `begin`, then `again` until the client has had enough.
std::function<std::unique_ptr<Peer>()> says_for_ever(const std::string& begin,
                                                     const std::string& again) {
  return peer([begin, again](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write(begin);
    std::string block;
    while (block.size() < 64 * 1024) block += again;
    while (connection.write(block)) {
    }
  });
}

constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Answers one request well on its first connection and then, when the next has come, sends
// `instead` and ends so. Answers well on all others.
std::function<std::unique_ptr<Peer>()> breaks_off(std::string instead, Ending ending) {
  return peer([instead = std::move(instead), ending](RawConnection& connection) {
    bool first = true;
    while (!connection.read_request().empty()) {
      if (connection.number() == 0 && !first) {
        connection.write(instead);
        ending(connection);
        return;
      }
      first = false;
      connection.write(hello);
    }
  });
}

Outcome timeout_in(Phase phase) {
  return {OutcomeKind::timeout, static_cast<std::uint16_t>(phase)};
}

const Outcome ok{OutcomeKind::ok};
const Outcome refused{OutcomeKind::refused};
const Outcome was_reset{OutcomeKind::reset};
const Outcome no_address{OutcomeKind::dns};
const Outcome not_secured{OutcomeKind::tls};
const Outcome protocol{OutcomeKind::protocol};
const Outcome truncated{OutcomeKind::truncated};

const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
const std::string open_head = "HTTP/1.1 200 OK\r\n";
const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::vector<Failure> no_connection() {
  return {
      {"nobody listens", [] { return std::make_unique<Nobody>(); }, refused, "Connection refused"},
      {"the accept queue is full", [] { return std::make_unique<FullQueue>(); },
       timeout_in(Phase::connect), "a connection"},
      {"closes after accept", peer(leave), was_reset, ""},
      {"resets after accept", peer([](RawConnection& c) { c.reset(); }), was_reset, ""},
  };
}

std::vector<Failure> names_and_tls() {
  return {
      {"its name is not found any more", [] { return std::make_unique<LostName>(false); },
       no_address, "cannot find the host"},
      {"the look-up of its name hangs", [] { return std::make_unique<LostName>(true); },
       timeout_in(Phase::dns), "an address"},
      {"shows a certificate of nobody's", tls_peer({.file = "own", .self_signed = true}),
       not_secured, "self-signed certificate"},
      {"shows a certificate of an unknown authority", tls_peer({.file = "unknown"}, false),
       not_secured, "--cacert FILE"},
      {"shows another's certificate", tls_peer({.file = "other", .names = {"DNS:other.example"}}),
       not_secured, "is for other.example"},
      {"shows an expired certificate",
       tls_peer({.file = "expired", .first_day = -9, .last_day = -2}), not_secured, "has expired"},
      {"does not speak TLS", tls_peer([](RawConnection& connection) {
         connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
         stay(connection);
       }),
       not_secured, "try http://"},
      {"closes in the handshake", tls_peer(leave), was_reset, "while TLS was being agreed on"},
      {"stalls in the handshake", tls_peer(stay), timeout_in(Phase::tls), "TLS"},
  };
}

std::vector<Failure> breaks() {
  return {
      {"closes instead of an answer", says("", leave), was_reset, "before any answer"},
      {"resets instead of an answer", says("", reset), was_reset, "before any answer"},
      {"closes in mid-head", says("HTTP/1.1 200 OK\r\nCont", leave), truncated, "after 21 bytes"},
      {"resets in mid-head", says("HTTP/1.1 200 OK\r\nCont", reset), truncated, "reset by peer"},
      {"closes after an interim answer", says("HTTP/1.1 100 Continue\r\n\r\n", leave), truncated,
       "closed by the service"},
      {"closes in mid-body", says(head + "part", leave), truncated, "closed by the service"},
      {"resets in mid-body", says(head + "part", reset), truncated, "reset by peer"},
      {"resets where only its close would end the answer",
       says("HTTP/1.1 200 OK\r\n\r\npart", reset), truncated, "reset by peer"},
      {"closes in mid-chunk", says(chunked + "5\r\nhel", leave), truncated, "closed"},
      {"closes before the last chunk", says(chunked + "5\r\nhello\r\n", leave), truncated,
       "closed"},
      {"closes in the trailers", says(chunked + "0\r\nX: y\r\n", leave), truncated, "closed"},
  };
}

std::vector<Failure> stalls() {
  return {
      {"does not take the request", peer([](RawConnection& c) { c.wait_for_shutdown(); }),
       timeout_in(Phase::send), "to take the request", 1, false, std::size_t{64} << 20},
      {"stalls before the answer", says("", stay), timeout_in(Phase::first_byte), "the first byte"},
      {"stalls in the head", says("HTTP/1.1 200", stay), timeout_in(Phase::body), "the rest"},
      {"stalls after the head", says(head, stay), timeout_in(Phase::body), "the rest"},
      {"stalls in the body", says(head + "part", stay), timeout_in(Phase::body), "the rest"},
      {"stalls between chunks", says(chunked + "5\r\nhello\r\n", stay), timeout_in(Phase::body),
       "the rest"},
      {"sends a body without end", says_for_ever("HTTP/1.1 200 OK\r\n\r\n", "x"),
       timeout_in(Phase::body), "the rest"},
      {"sends chunks without end", says_for_ever(chunked, "5\r\nhello\r\n"),
       timeout_in(Phase::body), "the rest"},
  };
}

std::vector<Failure> malformed_heads() {
  const auto garbled = [](std::string name, std::string answer, std::string reason) {
    return Failure{std::move(name), says(std::move(answer), stay), protocol, std::move(reason)};
  };
  return {
      garbled("sends garbage", "I am not HTTP\r\n\r\n", "does not begin with HTTP/1."),
      garbled("sends zeros", std::string(100, '\0'), "does not begin with HTTP/1."),
      garbled("speaks TLS", "\x15\x03\x01\x00\x02\x02\x46", "does not begin with HTTP/1."),
      garbled("speaks HTTP/2", "HTTP/2 200 OK\r\n\r\n", "does not begin with HTTP/1."),
      garbled("sends a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "status line"),
      garbled("sends a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "status line"),
      garbled("sends a status below 100", "HTTP/1.1 099 Low\r\n\r\n", "status line"),
      garbled("sends a header without a name", open_head + ": x\r\n\r\n", "no name"),
      garbled("sends a header without a colon", open_head + "no header\r\n\r\n", "no name"),
      garbled("sends a header name with a space", open_head + "Content-Length : 5\r\n\r\nhello",
              "space"),
      garbled("sends a length that is no number", open_head + "Content-Length: five\r\n\r\n",
              "not a number"),
      garbled("sends a negative length", open_head + "Content-Length: -5\r\n\r\n", "not a number"),
      garbled("sends a length beyond 64 bits",
              open_head + "Content-Length: 18446744073709551616\r\n\r\n", "not a number"),
      garbled("sends two lengths",
              open_head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "two different"),
      {"sends headers without end", says_for_ever(open_head, "X-Header: some text\r\n"), protocol,
       "within 64 KB"},
      {"sends one header without end", says_for_ever(open_head + "X-Header: ", "x"), protocol,
       "within 64 KB"},
      {"sends a status line without end", says_for_ever("HTTP/1.1 200 ", "OK "), protocol,
       "within 64 KB"},
      {"sends interim answers without end", says_for_ever("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
       protocol, "within 64 KB"},
  };
}

std::vector<Failure> malformed_bodies() {
  const auto garbled = [](std::string name, std::string answer, std::string reason) {
    return Failure{std::move(name), says(std::move(answer), stay), protocol, std::move(reason)};
  };
  return {
      garbled("sends more than it declares", open_head + "Content-Length: 2\r\n\r\nhello",
              "longer than it says"),
      garbled("sends a body where none may be", "HTTP/1.1 204 No Content\r\n\r\nhello",
              "longer than it says"),
      garbled("sends a chunk size that is no number", chunked + "five\r\nhello\r\n",
              "not a hexadecimal number"),
      garbled("sends a negative chunk size", chunked + "-5\r\nhello\r\n",
              "not a hexadecimal number"),
      garbled("sends a chunk size beyond 64 bits", chunked + "10000000000000000\r\nhello\r\n",
              "not a hexadecimal number"),
      garbled("sends a chunk size with 0x", chunked + "0x5\r\nhello\r\n",
              "not a hexadecimal number"),
      garbled("sends no chunk size", chunked + "\r\nhello\r\n", "not a hexadecimal number"),
      garbled("sends a chunk longer than it says", chunked + "3\r\nhello\r\n0\r\n\r\n",
              "longer than it says"),
      {"sends a chunk extension without end", says_for_ever(chunked + "5;", "x"), protocol,
       "within 64 KB"},
      {"sends trailers without end", says_for_ever(chunked + "0\r\n", "X: y\r\n"), protocol,
       "within 64 KB"},
  };
}

// On the second request of a connection. What was not answered at all is sent again once.
std::vector<Failure> kept_alive() {
  const auto always = [](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    if (connection.number() > 0) return;
    connection.write(hello);
    connection.read_request();
  };
  return {
      {"closes an idle connection as the request comes", breaks_off("", leave), ok, "", 2, true},
      {"resets an idle connection as the request comes", breaks_off("", reset), ok, "", 2, true},
      {"closes the fresh connection as well", peer(always), was_reset, "before any answer", 2,
       true},
      {"closes a kept connection in mid-head", breaks_off("HTTP/1.1 2", leave), truncated,
       "closed by the service", 2},
      {"resets a kept connection in mid-body", breaks_off(head + "part", reset), truncated,
       "reset by peer", 2},
      {"stalls on a kept connection", breaks_off("", stay), timeout_in(Phase::first_byte),
       "the first byte", 2},
  };
}

}  // namespace

std::vector<Failure> failure_table() {
  std::vector<Failure> all;
  for (auto&& part : {no_connection(), names_and_tls(), breaks(), stalls(), malformed_heads(),
                      malformed_bodies(), kept_alive()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<Outcome> every_outcome() {
  std::vector<Outcome> all;
  for (int kind = 0; kind < metrics::outcome_kinds; ++kind) {
    const auto of_kind = static_cast<OutcomeKind>(kind);
    const int details = of_kind == OutcomeKind::timeout ? metrics::phases : 1;
    for (int detail = 0; detail < details; ++detail) {
      all.push_back(
          {of_kind, static_cast<std::uint16_t>(of_kind == OutcomeKind::http_error ? 503 : detail)});
    }
  }
  return all;
}

}  // namespace dyno::http
