#include "dyno/load/user.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "dyno/http/redact.h"
#include "dyno/http/render.h"
#include "dyno/load/user_state.h"

namespace dyno::load {

using metrics::OutcomeKind;

namespace {

constexpr Duration first_pause = std::chrono::milliseconds{10};
constexpr Duration longest_pause = std::chrono::milliseconds{100};
constexpr const char* no_host = "a journey makes a request, but the run has no host";

}  // namespace

User::State::EndTimer::EndTimer(State& ended)
    : Timer([](Timer& timer) { static_cast<EndTimer&>(timer).state.abandon(); }), state(ended) {}

User::State::State(UserContext& shared) : context(shared) {
  if (!shared.http) return;
  client.emplace(*shared.http);
  if (http::need_session(shared.http->destination.settings)) need_session();
}

User::State::~State() { context.loop.timers().cancel(end_timer_); }

void User::State::begin(std::uint32_t number, std::uint64_t own_seed, TimePoint when) {
  index = number;
  iteration = 0;
  seed = own_seed;
  random = Random(seed);
  if (session) begin_session();
  due = paced = schedule = when;
  active = true;
  pause = {};
  leave.reset();
  if (context.steps.variables() > 0) variables.reset(context.steps.variables());
}

void User::State::start_operation(metrics::EndpointId endpoint) {
  if (stream) [[unlikely]]
    end_stream(*stream);
  commit();
  sample.reset();
  sample.endpoint = endpoint;
  sample.intended = due == at_once && keeps_schedule ? schedule : due;
  due = at_once;
  under_way = true;
  ++serial;
}

void User::State::end_operation() {
  under_way = false;
  to_record = true;
  if (sample.intended == at_once) sample.intended = sample.sent;
  schedule = sample.intended + sample.service_time();
  due = at_once;
}

http::ExchangeOptions User::State::how(const RequestOptions& options) const {
  const http::Settings& run = context.http->destination.settings;
  http::ExchangeOptions how;
  how.timeout = options.timeout > Duration::zero() ? options.timeout : context.timeout;
  how.want_body = options.want_body;
  how.want_head = options.want_headers;
  how.limits = options.limits.or_else(run.limits);
  how.compressed = options.compressed || (run.compressed && options.want_body);
  how.expect_continue = options.expect_continue;
  return how;
}

const http::ExchangeOptions& User::State::usual_how() const {
  if (!context.usual) context.usual = how({});
  return *context.usual;
}

metrics::EndpointId User::State::endpoint(const http::Request& request,
                                          const RequestOptions& options) {
  const std::string_view path = request.path.substr(0, request.path.find('?'));
  return context.endpoints.id(request.method, options.name.empty() ? path : options.name);
}

void User::State::note_exchange(const http::Request& request, const RequestOptions& options) {
  take_exchange(request);
  if (exchange.outcome.ok() && !accepts(options, exchange.status)) refuse_status(request);
}

void User::State::commit() {
  if (!to_record) return;
  to_record = false;
  if (sample.outcome.ok()) {
    context.recorder.record(sample);
    return;
  }
  context.recorder.record(sample, example);
  example.clear();
}

Task<bool> User::State::wait_until(TimePoint when) {
  commit();
  const async::Wake wake = co_await context.loop.sleep_until(when, &leave);
  if (wake == async::Wake::ready) due = schedule = when;
  co_return wake == async::Wake::ready;
}

TimePoint User::State::wait_begins() const {
  return keeps_schedule && !under_way ? schedule : context.loop.now();
}

TimePoint User::State::next_pace(Duration every) {
  const TimePoint now = context.loop.now();
  const bool behind = paced + every < now;
  paced = behind ? now : paced + every;
  return behind ? at_once : paced;
}

Duration User::State::thinking_time(Duration low, Duration high) {
  const double time =
      random.uniform(static_cast<double>(low.count()), static_cast<double>(high.count()));
  return Duration{static_cast<Duration::rep>(time)};
}

Duration User::State::length_of(const scenario::Wait& wait) {
  if (wait.mean > Duration::zero()) return random.exponential(wait.mean);
  return thinking_time(wait.low, wait.high);
}

void User::State::take_exchange(const http::Request& request) {
  note_refusal(exchange.outcome.kind == OutcomeKind::refused ||
               exchange.outcome.kind == OutcomeKind::dns);
  sample.outcome = exchange.outcome;
  sample.sent = exchange.sent;
  sample.first_byte = exchange.first_byte;
  sample.last_byte = exchange.last_byte;
  sample.bytes_sent = exchange.bytes_sent;
  sample.bytes_received = exchange.bytes_received;
  sample.head_bytes = static_cast<std::uint32_t>(exchange.bytes_received - exchange.body_bytes);
  if (!exchange.plain && exchange.retried) sample.rare().resent = true;
  if (!exchange.plain && exchange.connect + exchange.dns + exchange.tls > Duration::zero()) {
    sample.rare().dns = exchange.dns;
    sample.rare().connect = exchange.connect;
    sample.rare().tls = exchange.tls;
  }
  if (!exchange.outcome.ok()) {
    example =
        fmt::format("{} {}: {}", request.method, http::redacted_url(request.path), exchange.reason);
  }
}

void User::State::refuse_status(const http::Request& request) {
  sample.outcome = {OutcomeKind::http_error, static_cast<std::uint16_t>(exchange.status)};
  example = fmt::format("{} {} was answered {}", request.method, http::redacted_url(request.path),
                        exchange.status);
}

void User::State::note_refusal(bool refused) {
  if (!refused) {
    pause = {};
    return;
  }
  pause = pause == Duration::zero() ? first_pause : std::min(2 * pause, longest_pause);
  not_before = context.loop.now() + pause;
}

Task<void> User::State::back_off() {
  if (context.loop.now() >= not_before) co_return;
  if (!leave.requested()) co_await wait_until(not_before);
}

Task<void> User::State::end_iteration() {
  context.loop.timers().set(end_timer_, context.loop.now());
  co_await std::suspend_always{};
}

void User::State::abandon() {
  context.loop.timers().cancel(end_timer_);
  stream = nullptr;
  const bool broken_off = under_way;
  if (broken_off) {
    sample.last_byte = context.loop.now();
    if (client) sample.sent = exchange.sent;
    if (session) note_chain();
    if (sample.sent == TimePoint{}) sample.sent = sample.last_byte;
    sample.first_byte = sample.last_byte;
    sample.outcome = {OutcomeKind::cancelled};
    example = "still under way when the run ended";
    end_operation();
  }
  commit();
  // The connection outlives the exchange that waits for it, and nobody is to use it again.
  struct CloseAfter {
    State& state;
    bool close;
    ~CloseAfter() {
      if (close && state.client) state.client->close();
    }
  } const close_after{*this, broken_off};
  journey.cancel();
}

Task<Response> User::get(std::string_view path, RequestOptions options) {
  return request({.method = "GET", .path = path}, options);
}

Task<Response> User::post_json(std::string_view path, std::string_view body,
                               RequestOptions options) {
  return request({.method = "POST", .path = path, .body = body, .content_type = "application/json"},
                 options);
}

Task<Response> User::request(http::Request request, RequestOptions options) {
  State& state = *state_;
  if (!state.client) throw std::logic_error(no_host);
  if (state.pause > Duration::zero()) co_await state.back_off();
  state.start_operation(state.endpoint(request, options));
  request.more_headers = options.headers;
  http::Exchange& exchange = state.exchange;
  const http::ExchangeOptions how = state.how(options);
  if (state.session || options.follow_redirects > 0) [[unlikely]] {
    const http::SessionOptions in_session{.follow_redirects = options.follow_redirects,
                                          .accept = options.accept};
    co_await state.exchange_in_session(request, how, in_session);
  } else {
    co_await state.client->perform(request, how, exchange);
  }

  state.note_exchange(request, options);
  state.end_operation();

  Response response;
  response.outcome = state.sample.outcome;
  response.status = exchange.status;
  response.body_bytes = exchange.body_bytes;
  response.service_time = state.sample.service_time();
  if (options.want_body) response.body = std::move(exchange.body);
  if (options.want_headers) response.head = std::move(exchange.head);
  response.serial = state.serial;
  response.redirects = std::as_const(state.sample).rare().redirects;
  response.retries = std::as_const(state.sample).rare().retries;
  co_return response;
}

http::Client& User::State::need_client() {
  if (!client) throw std::logic_error(no_host);
  return *client;
}

std::string User::wire(const http::Request& request) const {
  if (!state_->context.http) throw std::logic_error(no_host);
  std::string bytes;
  http::render(request, state_->context.http->destination, bytes);
  return bytes;
}

bool User::check(const Response& response, bool holds, std::string_view what) {
  State& state = *state_;
  if (response.serial != state.serial || !state.to_record) {
    throw std::logic_error(fmt::format(
        "check '{}' comes too late: check a response before the user does anything else", what));
  }
  if (!holds && state.sample.outcome.ok()) {
    state.sample.outcome = {OutcomeKind::check_failed};
    state.example = fmt::format("check failed: {}", what);
  }
  return state.sample.outcome.ok();
}

Outcome User::operation(std::string_view name, const std::function<Outcome()>& function) {
  State& state = *state_;
  state.start_operation(state.context.endpoints.id({}, name));
  state.sample.sent = now();
  try {
    state.sample.outcome = function();
  } catch (const std::exception& exception) {
    state.sample.outcome = {OutcomeKind::check_failed};
    state.example = exception.what();
  }
  state.sample.first_byte = state.sample.last_byte = now();
  state.end_operation();
  return state.sample.outcome;
}

Task<Outcome> User::async_operation(std::string_view name,
                                    const std::function<Task<Outcome>()>& function) {
  State& state = *state_;
  state.start_operation(state.context.endpoints.id({}, name));
  state.sample.sent = now();
  state.exchange.sent = state.sample.sent;
  try {
    state.sample.outcome = co_await function();
  } catch (const std::exception& exception) {
    state.sample.outcome = {OutcomeKind::check_failed};
    state.example = exception.what();
  }
  state.sample.first_byte = state.sample.last_byte = now();
  state.end_operation();
  co_return state.sample.outcome;
}

Task<void> User::think(Duration low, Duration high) {
  State& state = *state_;
  const TimePoint when = state.wait_begins() + state.thinking_time(low, high);
  const bool goes_on = co_await state.wait_until(when);
  if (!goes_on) co_await state.end_iteration();
}

Task<void> User::think(Duration time) { return think(time, time); }

Task<void> User::pace(Duration every) {
  State& state = *state_;
  const TimePoint when = state.next_pace(every);
  const bool goes_on = co_await state.wait_until(when == State::at_once ? now() : when);
  if (!goes_on) co_await state.end_iteration();
  state.due = when;
}

Random& User::random() { return state_->random; }
std::uint32_t User::index() const { return state_->index; }
std::uint64_t User::iteration() const { return state_->iteration; }
TimePoint User::now() const { return state_->context.loop.now(); }

}  // namespace dyno::load
