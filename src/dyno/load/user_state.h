// The inside of a User: what one virtual user carries from one operation to the next. Of the engine
// thread that its worker runs on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dyno/async/event_loop.h"
#include "dyno/async/interruptible.h"
#include "dyno/async/stop.h"
#include "dyno/core/random.h"
#include "dyno/http/client.h"
#include "dyno/http/session.h"
#include "dyno/load/endpoints.h"
#include "dyno/load/step_cache.h"
#include "dyno/load/user.h"
#include "dyno/metrics/recorder.h"
#include "dyno/metrics/sample.h"
#include "dyno/scenario/judge.h"
#include "dyno/scenario/wait.h"

namespace dyno::load {

// What the users of one engine thread share.
struct UserContext {
  async::EventLoop& loop;
  metrics::Recorder& recorder;
  EndpointMemory endpoints;
  http::ClientContext* http = nullptr;  // null: the run has no host
  Duration timeout{};                   // of a request that names none
  StepCache steps{};
  // How a request is made that asks for nothing particular: of all users the same, and so made out
  // once.
  std::optional<http::ExchangeOptions> usual{};
};

struct alignas(64) User::State {
  // Nothing was waited for: what comes next is due at once.
  static constexpr TimePoint at_once = TimePoint::max();

  explicit State(UserContext& shared);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  // Begins a life: what comes first is due at `when`.
  void begin(std::uint32_t number, std::uint64_t own_seed, TimePoint when);

  // An operation begins: the one before is recorded, and this one is under way.
  void start_operation(metrics::EndpointId endpoint);

  // It has ended as `sample` says. It stays open to check() until commit().
  void end_operation();

  // The client; throws std::logic_error when the run has no host.
  http::Client& need_client();

  // Records what has ended.
  void commit();

  // How a request with these options is made.
  http::ExchangeOptions how(const RequestOptions& options) const;
  const http::ExchangeOptions& usual_how() const;

  // The endpoint that a request is counted as.
  metrics::EndpointId endpoint(const http::Request& request, const RequestOptions& options);

  // take_exchange(), and the status judged as the options say.
  void note_exchange(const http::Request& request, const RequestOptions& options);

  // Waits until `when`, which is then when the next operation is due. False when the user is to end
  // and should not wait any longer.
  Task<bool> wait_until(TimePoint when);

  // What think time counts from: now; in a session that keeps its schedule, where that stands.
  TimePoint wait_begins() const;

  // When pacing next lets this user go on; at_once when it is behind.
  TimePoint next_pace(Duration every);

  Duration thinking_time(Duration low, Duration high);

  // How long to wait this time; not for pacing.
  Duration length_of(const scenario::Wait& wait);

  // Takes the exchange that has just ended into the sample; what failed also has its example.
  void take_exchange(const http::Request& request);

  // The service has answered with a status that is not accepted.
  void refuse_status(const http::Request& request);

  // After an operation: notes whether the service refused the connection.
  void note_refusal(bool refused);

  // Waits before a request when the one before was refused: 10 ms, doubled with each further
  // refusal up to 100 ms. A dead service refuses at once, and users without think time would keep
  // the engine's core busy with nothing but that. Who is to end does not wait.
  Task<void> back_off();

  // Awaited by a journey: it ends here.
  Task<void> end_iteration();

  // A request by way of the session, which is made when there is none: redirects, retries, cookies
  // and waiting for a connection. What it came to is in `exchange` and `sample`.
  Task<void> exchange_in_session(const http::Request& request, const http::ExchangeOptions& how,
                                 const http::SessionOptions& options);

  // What the session did for the request under way, into `sample`.
  void note_chain();

  http::Session& need_session();
  void begin_session();

  // Records what is under way as cancelled and destroys the journey. Not from within it.
  void abandon();

  // What every request of every user touches comes first, line of cache by line of cache: with
  // hundreds of users each of them is a miss.
  UserContext& context;
  User user{*this};
  std::uint64_t iteration = 0;
  std::uint64_t serial = 0;
  OpenStream* stream = nullptr;            // the operation that is under way, when it is one
  std::unique_ptr<http::Session> session;  // null: nothing needs one
  std::uint32_t index = 0;
  std::uint32_t place = 0;  // among the states of its worker
  bool active = false;
  bool under_way = false;  // an operation
  bool to_record = false;  // one has ended
  // A session of the open model goes by its own schedule: an operation that follows at once is due
  // when the one before would have ended had it been sent when it was due, and think time counts
  // from there. So a step that the engine sent late does not push those after it, unseen, to later.
  bool keeps_schedule = false;

  TimePoint due = at_once;
  TimePoint schedule;
  Duration pause{};              // after the last refusal; zero: the last request was not refused
  async::Interruptible journey;  // the iteration under way
  async::StopSource leave;       // this user is to end

  alignas(64) std::optional<http::Client> client;
  alignas(64) metrics::Sample sample;  // the operation that is under way or has just ended
  alignas(64) http::Exchange exchange;

  std::string example;            // of a failure
  TimePoint not_before;           // when the pause is over
  TimePoint paced;                // when this user's last pace() was due
  scenario::Variables variables;  // that its steps have extracted
  std::uint64_t seed = 0;
  Random random{0};

 private:
  // Ends the journey from the event loop: it cannot destroy itself.
  struct EndTimer : async::Timer {
    explicit EndTimer(State& ended);
    State& state;
  };
  EndTimer end_timer_{*this};
};

}  // namespace dyno::load
