#include "dyno/load/step_runner.h"

#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "dyno/http/redact.h"
#include "dyno/scenario/judge.h"

namespace dyno::load {

using async::Task;
using metrics::OutcomeKind;
using scenario::Step;

namespace {

// A buffer of the thread while a request is under way; returned also when the user is cancelled.
struct Buffer {
  explicit Buffer(StepCache& from) : cache(from), text(from.take()) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cache.give_back(std::move(text)); }

  StepCache& cache;
  std::string text;
};

// The first variable that the step needs and that has no value; null when all have.
const std::uint32_t* missing(const Step& step, const scenario::Variables& variables) {
  for (const std::uint32_t& variable : step.variables) {
    if (!variables.known[variable]) return &variable;
  }
  return nullptr;
}

void fail(User::State& state, const Step& step, std::string_view path, std::string_view why) {
  state.sample.outcome = {OutcomeKind::check_failed};
  state.example = fmt::format("{} {}: {}", step.method, http::redacted_url(path), why);
}

// Nothing is sent. A user without think time must not do this as fast as it can.
void record_unsent(User::State& state, const Step& step, std::uint32_t variable) {
  metrics::Sample& sample = state.sample;
  sample.sent = sample.first_byte = sample.last_byte = state.context.loop.now();
  fail(state, step, step.group,
       state.context.steps.is_fed(variable)
           ? fmt::format("not sent: no row is left for {}", state.context.steps.name(variable))
           : fmt::format("not sent: no step has extracted {}", state.context.steps.name(variable)));
  state.note_refusal(true);
}

void judge(User::State& state, const Step& step, const http::Request& request) {
  http::Exchange& exchange = state.exchange;
  state.take_exchange(request);
  if (!exchange.outcome.ok()) return;
  if (!scenario::accepts(step, exchange.status)) {
    state.refuse_status(request);
    return;
  }
  if (step.checks.empty() && step.extractions.empty()) return;
  const scenario::Answer answer{.status = exchange.status,
                                .head = exchange.head,
                                .body = exchange.body,
                                .body_bytes = exchange.body_bytes,
                                .service_time = state.sample.service_time()};
  if (const auto* const failed = scenario::first_failed(step, answer)) {
    fail(state, step, request.path, fmt::format("expected {}", failed->what));
  } else if (const auto* const absent = scenario::extract(step, answer, state.variables)) {
    fail(state, step, request.path, fmt::format("cannot extract {}", absent->what));
  }
}

}  // namespace

Task<void> run_steps(User::State& state, const scenario::Task& task) {
  UserContext& context = state.context;
  if (!state.client) throw std::logic_error("a scenario makes requests, but the run has no host");
  if (!task.feeders.empty()) [[unlikely]]
    context.steps.feed(task, state.random, state.variables);
  for (const Step& step : task.steps) {
    if (state.pause > Duration::zero()) co_await state.back_off();
    const StepCache::Entry& entry =
        context.steps.entry(step, context.http->destination, context.endpoints);
    state.start_operation(entry.endpoint);
    if (const std::uint32_t* const variable = missing(step, state.variables)) {
      record_unsent(state, step, *variable);
    } else {
      Buffer wire(context.steps);
      entry.wire.render({state.random, state.index, state.iteration, state.variables.values},
                        wire.text);
      const http::Request request{
          .method = step.method, .path = entry.wire.path(wire.text), .wire = wire.text};
      const http::ExchangeOptions how = state.how({.timeout = step.timeout,
                                                   .want_body = step.wants_body,
                                                   .want_headers = step.wants_headers});
      if (step.wants_body) state.exchange.body = context.steps.take();
      if (state.session) [[unlikely]] {
        const http::SessionOptions as_the_run{};
        co_await state.exchange_in_session(request, how, as_the_run);
      } else {
        co_await state.client->perform(request, how, state.exchange);
      }
      judge(state, step, request);
      if (step.wants_body) context.steps.give_back(std::move(state.exchange.body));
    }
    state.end_operation();
    if (!state.sample.outcome.ok() && step.ends_task_on_failure) co_return;
    if (!step.think.none()) {
      const TimePoint when = state.wait_begins() + state.length_of(step.think);
      const bool goes_on = co_await state.wait_until(when);
      if (!goes_on) co_return;
    }
  }
}

}  // namespace dyno::load
