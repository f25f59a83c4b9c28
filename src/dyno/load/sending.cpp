#include "dyno/load/sending.h"

#include <exception>

namespace dyno::load {

namespace {

const RequestOptions usual;

std::optional<http::ExchangeOptions> own_how(User::State& state, const RequestOptions* options) {
  state.need_client();
  if (!options) return std::nullopt;
  return state.how(*options);
}

}  // namespace

Sending send(User& user, const http::Request& request, const RequestOptions& options) {
  return {user, request, &options};
}

Sending send(User& user, const http::Request& request) { return {user, request, nullptr}; }

Sending::Sending(User& user, const http::Request& request, const RequestOptions* options)
    : state_(*user.state_),
      request_(request),
      options_(options),
      how_(own_how(state_, options)),
      exchanging_(state_.need_client().perform(request_, how_ ? *how_ : state_.usual_how(),
                                               state_.exchange)) {}

std::coroutine_handle<> Sending::await_suspend(std::coroutine_handle<> awaiting) {
  const RequestOptions& options = options_ ? *options_ : usual;
  if (state_.pause > Duration::zero() || !options.headers.empty() || state_.session ||
      options.follow_redirects > 0) [[unlikely]] {
    rest_ = by_request();
    return rest_.start(awaiting);
  }
  state_.start_operation(state_.endpoint(request_, options));
  return exchanging_.await_suspend(awaiting);
}

Task<void> Sending::by_request() {
  co_await state_.user.request(request_, options_ ? *options_ : usual);
}

Outcome Sending::await_resume() {
  if (!rest_) {
    exchanging_.await_resume();
    state_.note_exchange(request_, options_ ? *options_ : usual);
    state_.end_operation();
  } else if (const std::exception_ptr exception = rest_.exception()) {
    std::rethrow_exception(exception);
  }
  return state_.sample.outcome;
}

}  // namespace dyno::load
