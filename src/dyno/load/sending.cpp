#include "dyno/load/sending.h"

#include <exception>

namespace dyno::load {

Sending send(User& user, const http::Request& request, const RequestOptions& options) {
  return {user, request, options};
}

Sending send(User& user, const http::Request& request) {
  static const RequestOptions none;
  return {user, request, none};
}

Sending::Sending(User& user, const http::Request& request, const RequestOptions& options)
    : state_(*user.state_),
      request_(request),
      options_(options),
      exchanging_(state_.need_client().perform(request_, how_, state_.exchange)) {}

std::coroutine_handle<> Sending::await_suspend(std::coroutine_handle<> awaiting) {
  if (state_.pause > Duration::zero() || !options_.headers.empty()) {
    rest_ = by_request();
    return rest_.start(awaiting);
  }
  state_.start_operation(state_.endpoint(request_, options_));
  how_ = state_.how(options_);
  return exchanging_.await_suspend(awaiting);
}

Task<void> Sending::by_request() { co_await state_.user.request(request_, options_); }

Outcome Sending::await_resume() {
  if (!rest_) {
    exchanging_.await_resume();
    state_.note_exchange(request_, options_);
    state_.end_operation();
  } else if (const std::exception_ptr exception = rest_.exception()) {
    std::rethrow_exception(exception);
  }
  return state_.sample.outcome;
}

}  // namespace dyno::load
