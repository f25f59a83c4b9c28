// The inside of a User: what one virtual user carries from one operation to the next. Of the engine
// thread that its worker runs on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dyno/async/event_loop.h"
#include "dyno/async/interruptible.h"
#include "dyno/async/stop.h"
#include "dyno/core/random.h"
#include "dyno/http/client.h"
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
};

struct User::State {
  // Nothing was waited for: what comes next is due at once.
  static constexpr TimePoint at_once = TimePoint::max();

  explicit State(UserContext& shared);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  // Begins a life: what comes first is due at `when`.
  void begin(std::uint32_t number, std::uint64_t seed, TimePoint when);

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

  // The endpoint that a request is counted as.
  metrics::EndpointId endpoint(const http::Request& request, const RequestOptions& options);

  // take_exchange(), and the status judged as the options say.
  void note_exchange(const http::Request& request, const RequestOptions& options);

  // Waits until `when`, which is then when the next operation is due. False when the user is to end
  // and should not wait any longer.
  Task<bool> wait_until(TimePoint when);

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

  // Records what is under way as cancelled and destroys the journey. Not from within it.
  void abandon();

  UserContext& context;
  User user{*this};
  std::uint32_t index = 0;
  std::uint64_t iteration = 0;
  Random random{0};
  bool active = false;
  std::uint32_t place = 0;  // among the states of its worker

  // The operation that is under way or has just ended.
  metrics::Sample sample;
  std::string example;
  std::uint64_t serial = 0;
  bool under_way = false;
  bool to_record = false;
  TimePoint due = at_once;
  TimePoint paced;  // when this user's last pace() was due

  Duration pause{};      // after the last refusal; zero: the last request was not refused
  TimePoint not_before;  // when that pause is over

  async::Interruptible journey;  // the iteration under way
  async::StopSource leave;       // this user is to end

  scenario::Variables variables;  // that its steps have extracted

  http::Exchange exchange;
  OpenStream* stream = nullptr;  // the operation that is under way, when it is one
  std::optional<http::Client> client;

 private:
  // Ends the journey from the event loop: it cannot destroy itself.
  struct EndTimer : async::Timer {
    explicit EndTimer(State& ended);
    State& state;
  };
  EndTimer end_timer_{*this};
};

}  // namespace dyno::load
