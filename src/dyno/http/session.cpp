#include "dyno/http/session.h"

#include <utility>

#include <fmt/format.h>

#include "dyno/http/body_source.h"
#include "dyno/http/redirect.h"
#include "dyno/http/render.h"
#include "dyno/http/retry.h"
#include "dyno/http/url.h"
#include "dyno/http/wire.h"

namespace dyno::http {

using async::Task;
using async::Wake;
using metrics::OutcomeKind;

namespace {

CookieTime calendar() { return std::chrono::floor<std::chrono::seconds>(utc_now()); }

// As cookies compare it: lower case, without port and brackets.
std::string host_of(std::string_view authority) {
  const auto url = parse_url("http://" + std::string(authority));
  std::string host = url ? url->host : std::string(authority);
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return host;
}

void refuse(Exchange& exchange, std::string_view why) {
  exchange.outcome = {OutcomeKind::http_error, static_cast<std::uint16_t>(exchange.status)};
  exchange.reason = fmt::format("answered {}, {}", exchange.status, why);
}

}  // namespace

Session::Lease::Lease(Session& session) : session_(session), pool_(session.context_.pool.get()) {}

Session::Lease::~Lease() {
  if (!held_) return;
  session_.client_.close();
  pool_->give_back(nullptr);
}

Task<void> Session::Lease::take() {
  ConnectionPool::Turn turn(*pool_);
  co_await turn;
  held_ = true;
  session_.client_.adopt(turn.stream());
}

void Session::Lease::give_back() {
  if (!held_) return;
  held_ = false;
  pool_->give_back(session_.client_.release());
}

bool need_session(const Settings& settings) {
  return settings.cookies || settings.follow_redirects > 0 || settings.retries.most > 0 ||
         settings.max_connections > 0;
}

Session::Session(Client& client, ClientContext& context, std::uint64_t seed)
    : client_(client), context_(context), random_(seed) {
  begin(seed);
}

void Session::begin(std::uint64_t seed) {
  random_ = Random(seed);
  credentials_.reset();
  cookies_.reset();
  if (context_.destination.settings.cookies) cookies_.emplace();
}

CookieJar& Session::cookies() {
  if (!cookies_) cookies_.emplace();
  return *cookies_;
}

Task<void> Session::exchange(Request request, ExchangeOptions options, SessionOptions session,
                             async::StopSource& leave, Exchange& exchange) {
  exchange.reset(true);
  prepare(request, options);
  under_way_ = &exchange;
  options.want_head = true;
  Lease lease(*this);
  while (true) {
    if (lease.needed()) co_await take(lease);
    if (!rewound(request, exchange)) break;
    const Request dressed = dress(request);
    co_await client_.perform(dressed, options, exchange);
    note(exchange);
    if (const auto pause = retry_pause(exchange, session)) {
      lease.give_back();
      const TimePoint when = context_.loop.now() + *pause;
      const Wake wake = co_await context_.loop.sleep_until(when, &leave);
      if (wake == Wake::stopped) break;
      ++chain_.retries;
    } else if (!redirected(session, exchange)) {
      break;
    }
  }
  lease.give_back();
  finish(exchange);
}

// Waits for a connection; what is waited before anything was sent is told apart.
Task<void> Session::take(Lease& lease) {
  if (chain_.sent == TimePoint{} && !context_.pool->has_room()) {
    waiting_since_ = context_.loop.now();
  }
  co_await lease.take();
  end_wait();
}

Task<Request> Session::begin_stream(Request request, ExchangeOptions options, Lease& lease) {
  prepare(request, options);
  if (lease.needed()) co_await take(lease);
  co_return dress(request);
}

void Session::take_cookies(std::string_view head) {
  if (!cookies_) return;
  const CookieOrigin from{
      .host = host_, .path = wire_target(wire_), .secure = context_.destination.url.tls};
  cookies_->store_all(head, from, calendar());
}

void Session::prepare(const Request& request, const ExchangeOptions& options) {
  wire_.clear();
  render(request, context_.destination, wire_);
  has_body_ = true;
  sent_before_ = false;
  if (options.compressed && !context_.destination.settings.compressed) {
    put_header(wire_, "Accept-Encoding", "gzip");
  }
  if (options.expect_continue && (request.source || !request.body.empty())) {
    put_header(wire_, "Expect", "100-continue");
  }
  if (credentials_) put_header(wire_, "Authorization", credentials_->header());
  chain_ = {};
  totals_ = {};
  waiting_since_ = {};
  if (!cookies_) return;
  host_ = host_of(find_header(wire_head(wire_), "Host"));
  own_cookies_ = !find_header(wire_head(wire_), "Cookie").empty();
}

// The next request of the chain as it goes out. A Cookie header of the journey's own stays.
Request Session::dress(Request request) {
  sent_ = wire_;
  if (cookies_ && !own_cookies_) {
    const CookieOrigin to{
        .host = host_, .path = wire_target(wire_), .secure = context_.destination.url.tls};
    const std::string value = cookies_->header(to, calendar());
    if (!value.empty()) put_header(sent_, "Cookie", value);
  }
  request.wire = sent_;
  request.method = wire_method(sent_);
  if (!has_body_) {
    request.body = {};
    request.source = nullptr;
  }
  return request;
}

// Whether what the body comes from is at its beginning.
bool Session::rewound(const Request& request, Exchange& exchange) {
  if (!std::exchange(sent_before_, true) || !has_body_ || !request.source) return true;
  if (request.source->rewind()) return true;
  if (exchange.outcome.ok() && is_redirect(exchange.status)) {
    refuse(exchange, "which wants the body again, and that cannot be had from its beginning");
  }
  return false;  // the answer that there is stands
}

void Session::note(const Exchange& exchange) {
  if (chain_.sent == TimePoint{}) chain_.sent = exchange.sent;
  totals_.dns += exchange.dns;
  totals_.connect += exchange.connect;
  totals_.tls += exchange.tls;
  totals_.bytes_sent += exchange.bytes_sent;
  totals_.bytes_received += exchange.bytes_received;
  totals_.retried = totals_.retried || exchange.retried;
  if (exchange.outcome.ok()) take_cookies(exchange.head);
}

// How long to wait before this request is sent again; nothing when it is not.
std::optional<Duration> Session::retry_pause(const Exchange& exchange,
                                             const SessionOptions& session) {
  const RetrySettings& settings = context_.destination.settings.retries;
  if (chain_.retries >= settings.most || session.accept.contains(exchange.status)) return {};
  if (!should_retry(settings, wire_method(wire_), exchange)) return {};
  return pause_before(settings, chain_.retries + 1, exchange.head, calendar(), random_);
}

// Whether the answer is a redirect that is followed: then the request is made ready for it.
bool Session::redirected(const SessionOptions& session, Exchange& exchange) {
  const std::uint32_t most = session.follow_redirects >= 0
                                 ? static_cast<std::uint32_t>(session.follow_redirects)
                                 : context_.destination.settings.follow_redirects;
  if (most == 0 || !exchange.outcome.ok() || !is_redirect(exchange.status) ||
      session.accept.contains(exchange.status)) {
    return false;
  }
  const Redirect to =
      read_redirect(exchange.status, exchange.head, sent_, context_.destination.url.tls);
  switch (to.kind) {
    case Redirect::Kind::nowhere:
      refuse(exchange, "which needs a Location that says where to go, and has none");
      return false;
    case Redirect::Kind::elsewhere:
      refuse(exchange, fmt::format("which leads to {}, not the service under load: aim at that, "
                                   "or do not follow redirects",
                                   to.place));
      return false;
    case Redirect::Kind::here:
      break;
  }
  if (chain_.redirects == most) {
    refuse(exchange,
           fmt::format("which leads to {}, after {} redirects in a row (a loop?)", to.place, most));
    return false;
  }
  ++chain_.redirects;
  has_body_ = has_body_ && to.keeps_body;
  readdress(wire_, to.method, to.target, to.keeps_body);
  return true;
}

// The exchange becomes that of the whole chain.
void Session::finish(Exchange& exchange) {
  under_way_ = nullptr;
  exchange.sent = chain_.sent;
  exchange.dns = totals_.dns;
  exchange.connect = totals_.connect;
  exchange.tls = totals_.tls;
  exchange.bytes_sent = totals_.bytes_sent;
  exchange.bytes_received = totals_.bytes_received;
  exchange.retried = totals_.retried;
  if (!exchange.outcome.ok() && chain_.redirects > 0 && !is_redirect(exchange.status)) {
    const std::string_view target = wire_target(wire_);
    exchange.reason += fmt::format(" (redirected to {})", target.substr(0, target.find('?')));
  }
  if (!exchange.outcome.ok() && chain_.retries > 0) {
    exchange.reason += fmt::format(" (attempt {})", chain_.retries + 1);
  }
}

void Session::end_wait() {
  if (waiting_since_ == TimePoint{}) return;
  chain_.queued = context_.loop.now() - waiting_since_;
  waiting_since_ = {};
}

// One that is broken off has sent what its first exchange has, or waits for a connection still.
Chain Session::take_chain() {
  end_wait();
  if (under_way_ && chain_.sent == TimePoint{}) chain_.sent = under_way_->sent;
  under_way_ = nullptr;
  return std::exchange(chain_, {});
}

}  // namespace dyno::http
