// What a user does by way of its session: requests that may be several exchanges, cookies, and
// credentials of its own.
#include <stdexcept>
#include <utility>

#include "dyno/load/user_state.h"

namespace dyno::load {

http::Session& User::State::need_session() {
  if (!client)
    throw std::logic_error("a journey needs the session of a user, but the run has no host");
  if (!session) {
    session = std::make_unique<http::Session>(*client, *context.http, derived_seed(seed, 1));
  }
  return *session;
}

// What only the life before had need of goes.
void User::State::begin_session() {
  if (http::need_session(context.http->destination.settings)) {
    session->begin(derived_seed(seed, 1));
  } else {
    session.reset();
  }
}

// Due at once is due now: waiting for a connection is part of the response time.
Task<void> User::State::exchange_in_session(const http::Request& request,
                                            const http::ExchangeOptions& how,
                                            const http::SessionOptions& options) {
  if (sample.intended == at_once) sample.intended = context.loop.now();
  co_await need_session().exchange(request, how, options, leave, exchange);
  note_chain();
}

void User::State::note_chain() {
  const http::Chain chain = session->take_chain();
  if (chain.sent != TimePoint{}) sample.sent = chain.sent;
  if (chain.queued == Duration::zero() && chain.redirects == 0 && chain.retries == 0) return;
  metrics::Sample::Rare& rare = sample.rare();
  rare.queued = chain.queued;
  rare.redirects = chain.redirects;
  rare.retries = chain.retries;
}

http::CookieJar& User::cookies() { return state_->need_session().cookies(); }

void User::authenticate(http::Credentials credentials) {
  state_->need_session().authenticate(std::move(credentials));
}

}  // namespace dyno::load
