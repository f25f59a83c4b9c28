// The leanest way to make a request, for journeys that the engine itself provides: neither a
// coroutine nor a Response for each, and what is passed is not copied. Everything else is as with
// User::request, whose documentation holds.
#pragma once

#include <coroutine>
#include <optional>

#include "dyno/http/client.h"
#include "dyno/load/user_state.h"

namespace dyno::load {

class Sending;

// co_await send(user, request): one request; gives its outcome. What the references refer to must
// live until then.
Sending send(User& user, const http::Request& request, const RequestOptions& options);
Sending send(User& user, const http::Request& request);

class [[nodiscard]] Sending {
 public:
  // Null options: the usual ones.
  Sending(User& user, const http::Request& request, const RequestOptions* options);
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting);
  Outcome await_resume();

 private:
  Task<void> by_request();

  User::State& state_;
  const http::Request& request_;
  const RequestOptions* const options_;
  std::optional<http::ExchangeOptions> how_;
  http::Exchanging exchanging_;
  Task<void> rest_;  // what is more than one exchange
};

}  // namespace dyno::load
