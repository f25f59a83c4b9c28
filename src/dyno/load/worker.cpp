#include "dyno/load/worker.h"

#include <exception>

#include "dyno/load/schedule.h"
#include "dyno/load/step_runner.h"

namespace dyno::load {

using async::Task;
using async::Wake;

namespace {

// Arrivals in a row after which the answers to earlier ones are looked at.
constexpr int arrivals_in_a_row = 16;

template <typename T>
const T& pick(const std::vector<T>& choices, Random& random) {
  if (choices.size() == 1) return choices.front();
  double sum = 0;
  for (const T& choice : choices) sum += choice.weight;
  double at = random.uniform(0, sum);
  for (const T& choice : choices) {
    if (at < choice.weight) return choice;
    at -= choice.weight;
  }
  return choices.back();  // by rounding only
}

Task<void> failed(std::exception_ptr exception) {
  std::rethrow_exception(exception);
  co_return;
}

void note(RunState& run, const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    run.note_exception(exception.what());
  } catch (...) {
    run.note_exception("an exception that is none of the standard library's");
  }
}

}  // namespace

bool RunState::take_iteration() {
  if (plan.iterations == 0) return true;
  return iterations.fetch_add(1, std::memory_order_relaxed) < plan.iterations;
}

bool RunState::exhausted() const {
  return plan.iterations > 0 && iterations.load(std::memory_order_relaxed) >= plan.iterations;
}

void RunState::note_exception(const char* what) {
  const std::lock_guard lock(mutex);
  if (exceptions++ == 0) first_exception = what;
}

Worker::DrainTimer::DrainTimer(Worker& drained)
    : Timer([](Timer& timer) { static_cast<DrainTimer&>(timer).worker.stop_now(); }),
      worker(drained) {}

Worker::Worker(RunState& run, UserContext& context, std::uint32_t index)
    : run_(run), context_(context), index_(index), begun_(run.plan) {
  if (run.plan.model == Model::closed) there_.resize(run.classes.size() / run.workers + 1);
  if (run.scenario.data) context.steps.prepare(*run.scenario.data, &run.feeders);
}

Task<void> Worker::run() {
  if (run_.plan.model == Model::closed) {
    co_await run_closed();
  } else {
    co_await run_open();
  }
  drain();
  co_await users_.join();
  context_.loop.timers().cancel(drain_timer_);
}

Task<void> Worker::run_closed() {
  for (const UserEvent& event : user_events(run_.plan)) {
    if (event.user % run_.workers != index_) continue;
    const TimePoint when = run_.start + event.at;
    const Wake wake = co_await context_.loop.sleep_until(when, &stop_);
    if (wake == Wake::stopped) co_return;
    if (event.joins) {
      join(event.user, when);
    } else if (State* const state = there_[event.user / run_.workers]) {
      state->leave.request();
    }
  }
  co_await context_.loop.sleep_until(run_.start + length(run_.plan), &stop_);
}

Task<void> Worker::run_open() {
  ArrivalSchedule schedule(run_.plan, run_.seed);
  int in_a_row = 0;
  for (std::uint64_t number = 0; const auto at = schedule.next(); ++number) {
    if (number % run_.workers != index_) continue;
    const TimePoint when = run_.start + *at;
    const std::uint64_t round = context_.loop.rounds();
    const Wake wake = co_await context_.loop.sleep_until(when, &stop_);
    if (wake == Wake::stopped) co_return;
    in_a_row = context_.loop.rounds() == round ? in_a_row + 1 : 0;
    if (in_a_row >= arrivals_in_a_row) {
      co_await context_.loop.yield();
      in_a_row = 0;
    }
    arrive(number, when);
  }
  co_await context_.loop.sleep_until(run_.start + length(run_.plan), &stop_);
}

Worker::State& Worker::acquire() {
  if (free_.empty()) {
    states_.push_back(std::make_unique<State>(context_));
    states_.back()->place = static_cast<std::uint32_t>(states_.size() - 1);
    free_.push_back(states_.back().get());
  }
  State& state = *free_.back();
  free_.pop_back();
  count_.fetch_add(1, std::memory_order_relaxed);
  return state;
}

void Worker::join(std::uint32_t user, TimePoint due) {
  State& state = acquire();
  there_[user / run_.workers] = &state;
  state.begin(user, derived_seed(run_.seed, user), due);
  users_.spawn(live(state, run_.scenario.classes[run_.classes[user]]));
}

void Worker::arrive(std::uint64_t number, TimePoint due) {
  const std::uint32_t most = most_users(run_.plan);
  const std::uint32_t mine = most / run_.workers + (index_ < most % run_.workers ? 1 : 0);
  if (users() >= mine) {
    metrics::Sample dropped;
    dropped.endpoint = context_.endpoints.id({}, run_.scenario.name);
    dropped.outcome = {metrics::OutcomeKind::dropped};
    dropped.intended = dropped.sent = dropped.first_byte = dropped.last_byte = due;
    context_.recorder.record(dropped, "all sessions that may be in flight were");
    return;
  }
  begun_.count(due - run_.start);
  State& state = acquire();
  state.keeps_schedule = true;
  state.begin(state.place * run_.workers + index_, derived_seed(run_.seed, number), due);
  users_.spawn(session(state));
}

Task<void> Worker::live(State& state, const UserClass& kind) {
  if (kind.on_start) co_await iterate(state, kind.on_start);
  while (!state.leave.requested() && run_.take_iteration()) {
    const std::uint64_t round = context_.loop.rounds();
    // As iterate() does it, without a frame for each.
    begin_iteration(state, pick(kind.tasks, state.random).activity);
    const std::exception_ptr exception = co_await state.journey.ended();
    end_iteration(state, exception);
    ++state.iteration;
    count_iteration();
    if (state.leave.requested() || run_.exhausted()) break;
    TimePoint when = State::at_once;
    if (kind.wait.every > Duration::zero()) {
      when = state.next_pace(kind.wait.every);
    } else if (!kind.wait.none()) {
      when = context_.loop.now() + state.length_of(kind.wait);
    }
    if (when != State::at_once) {
      const bool goes_on = co_await state.wait_until(when);
      if (!goes_on) break;
    }
    // A journey that never waits must not keep the loop from everything else.
    if (context_.loop.rounds() == round) co_await context_.loop.yield();
  }
  if (kind.on_stop && !hard_) co_await iterate(state, kind.on_stop);
  State*& there = there_[state.index / run_.workers];
  if (there == &state) there = nullptr;
  ended(state);
  if (users() == 0 && run_.exhausted()) stop_.request();
}

Task<void> Worker::session(State& state) {
  const UserClass& kind = pick(run_.scenario.classes, state.random);
  if (kind.on_start) co_await iterate(state, kind.on_start);
  if (!hard_) {
    co_await iterate(state, pick(kind.tasks, state.random).activity);
    count_iteration();
  }
  if (kind.on_stop && !hard_) co_await iterate(state, kind.on_stop);
  ended(state);
}

Task<void> Worker::iterate(State& state, const Activity& activity) {
  begin_iteration(state, activity);
  const std::exception_ptr exception = co_await state.journey.ended();
  end_iteration(state, exception);
}

void Worker::begin_iteration(State& state, const Activity& activity) {
  try {
    state.journey.set(activity.steps ? run_steps(state, *activity.steps)
                                     : activity.journey(state.user));
  } catch (...) {  // what is no coroutine, but gives one back, may throw at once
    state.journey.set(failed(std::current_exception()));
  }
}

void Worker::end_iteration(State& state, const std::exception_ptr& exception) {
  if (exception) note(run_, exception);
  state.commit();
}

void Worker::ended(State& state) {
  state.active = false;
  free_.push_back(&state);
  count_.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::drain() {
  draining_.store(true, std::memory_order_relaxed);
  context_.loop.timers().set(drain_timer_, context_.loop.now() + run_.stop_timeout);
  for (const auto& state : states_) {
    if (state->active) state->leave.request();
  }
}

void Worker::stop() { stop_.request(); }

void Worker::stop_now() {
  hard_ = true;
  stop_.request();
  for (const auto& state : states_) {
    if (!state->active) continue;
    state->leave.request();
    if (!state->journey.running()) continue;
    run_.cancelled.fetch_add(1, std::memory_order_relaxed);
    state->abandon();
  }
}

}  // namespace dyno::load
