// What makes one request of a journey several exchanges: redirects, retries, cookies, waiting for
// one of a limited number of connections. One per virtual user, around its client; a user that
// needs none of it has none. It measures the whole, from the first byte that is sent to the last
// one that comes, and records nothing.
//
// It stays with one service: a redirect that leads elsewhere is a failure, so that neither load nor
// cookies nor credentials reach anyone who was not asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dyno/async/stop.h"
#include "dyno/async/task.h"
#include "dyno/core/random.h"
#include "dyno/http/authentication.h"
#include "dyno/http/client.h"
#include "dyno/http/client_context.h"
#include "dyno/http/connection_pool.h"
#include "dyno/http/cookies.h"
#include "dyno/http/exchange.h"
#include "dyno/http/message.h"
#include "dyno/http/status_set.h"

namespace dyno::http {

// Whether every user of a run with these settings needs a session.
bool need_session(const Settings& settings);

struct SessionOptions {
  std::int32_t follow_redirects = -1;  // in a row; -1: as the settings say
  StatusSet accept{};                  // answers that are neither followed nor retried
};
static_assert(std::is_trivially_destructible_v<SessionOptions>);

// What a request came to besides its last exchange.
struct Chain {
  TimePoint sent;     // of the first exchange; zero: nothing has been sent yet
  Duration queued{};  // waited for a connection before that
  std::uint32_t redirects = 0;
  std::uint32_t retries = 0;
};

class Session {
 public:
  // `seed` is for the chance in pauses. Both must outlive it.
  Session(Client& client, ClientContext& context, std::uint64_t seed);

  // As new: no cookies, and the run's credentials.
  void begin(std::uint64_t seed);

  // In use from the first call on, or from the beginning when the settings say so.
  CookieJar& cookies();

  // In place of the run's credentials; empty ones send none.
  void authenticate(Credentials credentials) { credentials_ = std::move(credentials); }

  // As Client::perform(), with all that it takes. `exchange` is in the end that of the last answer,
  // with the times, the bytes and the connecting of all; options.timeout is of each. The outcome
  // is http_error for a redirect that cannot be followed. `leave` ends the pauses before retries,
  // and with them the retrying.
  async::Task<void> exchange(Request request, ExchangeOptions options, SessionOptions session,
                             async::StopSource& leave, Exchange& exchange);

  // The right to one of the pool's connections, and while it is held that connection in the client.
  // Without a pool there is nothing to it.
  class Lease {
   public:
    explicit Lease(Session& session);
    ~Lease();  // still held: the connection is closed, being of no use to anybody
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    bool needed() const { return pool_ && !held_; }
    async::Task<void> take();
    void give_back();

   private:
    Session& session_;
    ConnectionPool* const pool_;
    bool held_ = false;
  };

  // For an answer that is read as it comes: waits for a connection where their number is limited,
  // and gives the request as it is to be sent, with credentials and cookies. Its texts last until
  // the next request. It is neither redirected nor sent again.
  async::Task<Request> begin_stream(Request request, ExchangeOptions options, Lease& lease);

  // Keeps the cookies that the head of its answer sets.
  void take_cookies(std::string_view head);

  // Of the exchange that has ended, or is under way.
  Chain take_chain();

 private:
  struct Totals {
    Duration dns{};
    Duration connect{};
    Duration tls{};
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    bool retried = false;
  };

  void prepare(const Request& request, const ExchangeOptions& options);
  async::Task<void> take(Lease& lease);
  bool rewound(const Request& request, Exchange& exchange);
  Request dress(Request request);
  void note(const Exchange& exchange);
  std::optional<Duration> retry_pause(const Exchange& exchange, const SessionOptions& session);
  bool redirected(const SessionOptions& session, Exchange& exchange);
  void finish(Exchange& exchange);
  void end_wait();

  Client& client_;
  ClientContext& context_;
  std::optional<CookieJar> cookies_;
  std::optional<Credentials> credentials_;
  Random random_;

  // Of the request under way.
  std::string wire_;  // without cookies
  std::string sent_;  // with them
  std::string host_;  // of the Host header
  bool own_cookies_ = false;
  bool has_body_ = true;  // where the request had one: not any more, as a GET
  bool sent_before_ = false;
  Exchange* under_way_ = nullptr;
  TimePoint waiting_since_;  // for a connection, nothing having been sent; zero: not
  Chain chain_;
  Totals totals_;
};

}  // namespace dyno::http
