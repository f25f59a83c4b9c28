// What a journey sees: one virtual user. A journey is a coroutine,
//
//   Task<void> browse(User& user) {
//     auto costs = co_await user.get("/api/v1/costs?group_by=service", {.timeout = 2s});
//     if (costs.ok()) co_await user.post_json("/api/v1/analyze", body);
//     co_await user.think(1s, 3s);
//   }
//
// and awaits what it is given in the same expression, but never in the condition of an if, while or
// switch (task.h says why). A user lives on one thread, keeps one
// connection, and does one thing at a time. When the run is stopped, a user that thinks, or that
// begins to, does not come back from it: its journey is destroyed where it stands, as if it had
// returned there.
//
// Every request is recorded once, when the user does its next thing (or when its iteration ends):
// until then check() can still turn it into a failure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "dyno/async/task.h"
#include "dyno/core/clock.h"
#include "dyno/core/random.h"
#include "dyno/http/message.h"
#include "dyno/load/event_stream.h"
#include "dyno/load/response.h"
#include "dyno/metrics/outcome.h"

namespace dyno::load {

using async::Task;
using metrics::Outcome;

class User {
 public:
  struct State;
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  // One request and its answer. Never throws for what the service does: see Response::outcome.
  // Texts must live until it has been awaited. Throws std::logic_error when the run has no host.
  Task<Response> get(std::string_view path, RequestOptions options = {});
  Task<Response> post_json(std::string_view path, std::string_view body,
                           RequestOptions options = {});
  Task<Response> request(http::Request request, RequestOptions options = {});

  // Sends a request and waits for the head of its answer, whose body is then read event by event;
  // see event_stream.h. Recorded once the stream is over or closed.
  Task<EventStream> open(http::Request request, RequestOptions options = {});

  // The bytes of `request` as this user sends them: for Request::wire, when a journey makes the
  // same one over and over and need not render it each time. Throws like request().
  std::string wire(const http::Request& request) const;

  // Fails the request that `response` answers, unless it has failed already or `holds`. `what` says
  // what was expected, in a few words. Returns whether the request is still a success. Throws
  // std::logic_error when the user has done something else since.
  bool check(const Response& response, bool holds, std::string_view what);

  // Times something that is not HTTP, under the name `name`. An exception from it is counted as
  // check_failed, with its text as the example. The function runs on the engine's
  // thread: when it blocks, it holds every user of that thread (see blocking.h for such code).
  Outcome operation(std::string_view name, const std::function<Outcome()>& function);

  // The same for what awaits. `function` must live until it has been awaited.
  Task<Outcome> async_operation(std::string_view name,
                                const std::function<Task<Outcome>()>& function);

  // Waits between requests, uniformly from `low` to `high`, or a constant time. What follows is due
  // when the wait was to end: lateness is what the engine added.
  Task<void> think(Duration low, Duration high);
  Task<void> think(Duration time);

  // Waits until `every` has passed since this user's last pace() was due (since its iteration
  // began, the first time): one round every so often whatever the service took. A user that is
  // behind goes on at once and starts counting from there; it does not catch up.
  Task<void> pace(Duration every);

  // This user's own random numbers: the same for a seed and an index, whatever the threads.
  Random& random();

  // 0 … users - 1. In the open model: which of the sessions in flight.
  std::uint32_t index() const;

  // How often this user has begun an iteration before this one.
  std::uint64_t iteration() const;

  // Now, on the run's clock.
  TimePoint now() const;

 private:
  friend class Sending;
  explicit User(State& state) : state_(&state) {}
  State* state_;
};

}  // namespace dyno::load
