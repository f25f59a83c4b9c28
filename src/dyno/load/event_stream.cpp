#include "dyno/load/event_stream.h"

#include <deque>
#include <stdexcept>
#include <string>
#include <utility>

#include "dyno/http/piecewise.h"
#include "dyno/load/user_state.h"

namespace dyno::load {

using async::Task;
using metrics::OutcomeKind;

namespace {

constexpr std::size_t longest_chunk = std::size_t{1} << 20;

// "text/event-stream; charset=utf-8" is text/event-stream.
bool is_event_stream(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return http::same_name(type, "text/event-stream");
}

}  // namespace

// What is behind an EventStream: takes the body as it comes, and its user's operation to its end.
struct OpenStream final : http::BodySink {
  // `sent` is `asked` as it goes out.
  OpenStream(User::State& user, const http::Request& asked, const http::Request& sent,
             const RequestOptions& how, std::unique_ptr<http::Session::Lease> right)
      : state(user),
        request(asked),
        options(how),
        lease(std::move(right)),
        exchange(*user.client, sent, exchange_options(user, how), user.exchange, this) {
    state.stream = this;
  }
  ~OpenStream() override { end(); }

  static http::ExchangeOptions exchange_options(const User::State& user,
                                                const RequestOptions& options) {
    http::ExchangeOptions how = user.how(options);
    how.compressed = how.compressed || user.context.http->destination.settings.compressed;
    return how;
  }

  void begin(int status, std::string_view head) override {
    if (state.session) state.session->take_cookies(head);
    accepted = accepts(options, status);
    by_events = is_event_stream(http::find_header(head, "Content-Type"));
    by_chunks = !http::find_header(head, "Transfer-Encoding").empty();
    response.status = status;
    if (!accepted) {
      response.outcome = {OutcomeKind::http_error, static_cast<std::uint16_t>(status)};
    }
  }

  std::string_view take(std::string_view bytes, bool chunk_ends, TimePoint at) override {
    if (!accepted) return {};
    if (by_events) return take_events(bytes, at);
    chunk.append(bytes);
    const bool whole = chunk_ends || !by_chunks || chunk.size() >= longest_chunk;
    if (whole && !chunk.empty()) {
      http::Event event;
      event.data = std::exchange(chunk, {});
      add(std::move(event), at);
    }
    return {};
  }

  std::string_view take_events(std::string_view bytes, TimePoint at) {
    using Step = http::EventParser::Step;
    Step step = parser.next(bytes);
    for (; step == Step::event; step = parser.next(bytes)) add(std::move(parser.event()), at);
    return step == Step::failed ? "an event is longer than 16 MB" : std::string_view{};
  }

  void add(http::Event event, TimePoint at) {
    event.at = at;
    const std::uint64_t held = options.tokens ? options.tokens(event) : 1;
    metrics::EventSample sample;
    sample.endpoint = state.sample.endpoint;
    sample.outcome = response.outcome;
    sample.at = at;
    sample.tokens = held;
    if (events > 0) sample.gap = at - last_event;
    state.context.recorder.record(sample);
    if (events == 0) first_event = at;
    last_event = at;
    ++events;
    if (held > 0) {
      if (tokens == 0) {
        first_token = at;
        first_tokens = held;
      }
      last_token = at;
      tokens += held;
    }
    ready.push_back(std::move(event));
  }

  // The caller's texts may be gone once open() has been awaited; these are for the example.
  void keep_texts() {
    method = request.method;
    path = request.path;
    request = {.method = method, .path = path};
    options.headers = {};
    options.name = {};
  }

  // Records the operation, as it is; breaks the exchange off if it is not over.
  void end() {
    if (state.stream != this) return;
    state.stream = nullptr;
    exchange.break_off();
    if (lease) lease->give_back();
    http::Exchange& done = state.exchange;
    if (done.last_byte < done.sent) done.last_byte = state.context.loop.now();
    if (done.first_byte < done.sent) done.first_byte = done.last_byte;
    state.note_exchange(request, options);
    if (state.session) state.note_chain();
    metrics::Sample& sample = state.sample;
    if (events > 0) sample.rare().first_event = first_event - sample.sent;
    if (tokens > first_tokens) {
      sample.rare().token_time =
          (last_token - first_token) / static_cast<std::int64_t>(tokens - first_tokens);
    }
    state.end_operation();
    response.outcome = sample.outcome;
    response.status = done.status;
    response.body_bytes = done.body_bytes;
    response.service_time = sample.service_time();
    response.serial = state.serial;
    if (options.want_body) response.body = std::move(done.body);
    if (options.want_headers) response.head = std::move(done.head);
  }

  User::State& state;
  http::Request request;
  RequestOptions options;
  std::unique_ptr<http::Session::Lease> lease;  // null: the user has no session
  http::PiecewiseExchange exchange;
  http::EventParser parser;
  std::deque<http::Event> ready;
  http::Event current;
  std::string chunk;
  std::string method;
  std::string path;
  bool accepted = false;
  bool by_events = false;
  bool by_chunks = false;
  std::uint64_t events = 0;
  std::uint64_t tokens = 0;
  std::uint64_t first_tokens = 0;  // in the first event that had any
  TimePoint first_event;
  TimePoint last_event;
  TimePoint first_token;
  TimePoint last_token;
  Response response;
};

void end_stream(OpenStream& stream) { stream.end(); }

bool accepts(const RequestOptions& options, int status) {
  return options.accept.empty() ? status >= 200 && status < 400 : options.accept.contains(status);
}

Task<EventStream> User::open(http::Request request, RequestOptions options) {
  State& state = *state_;
  if (!state.client) throw std::logic_error("a journey makes a request, but the run has no host");
  if (state.pause > Duration::zero()) co_await state.back_off();
  state.start_operation(state.endpoint(request, options));
  request.more_headers = options.headers;
  http::Request sent = request;
  std::unique_ptr<http::Session::Lease> lease;
  if (state.session) {
    if (state.sample.intended == State::at_once) state.sample.intended = now();
    lease = std::make_unique<http::Session::Lease>(*state.session);
    sent = co_await state.session->begin_stream(
        request, OpenStream::exchange_options(state, options), *lease);
  }
  auto stream = std::make_unique<OpenStream>(state, request, sent, options, std::move(lease));
  co_await stream->exchange.open();
  while (!stream->exchange.over() && !stream->accepted) co_await stream->exchange.read();
  if (stream->exchange.over() && stream->ready.empty()) {
    stream->end();
  } else {
    stream->keep_texts();
  }
  co_return EventStream(std::move(stream));
}

EventStream::EventStream(std::unique_ptr<OpenStream> inside) : inside_(std::move(inside)) {}
EventStream::EventStream(EventStream&&) noexcept = default;
EventStream::~EventStream() = default;

Task<const http::Event*> EventStream::next() {
  OpenStream& stream = *inside_;
  TimePoint due = TimePoint::max();
  if (stream.options.event_timeout > Duration::zero()) {
    due = stream.state.context.loop.now() + stream.options.event_timeout;
  }
  while (stream.ready.empty() && !stream.exchange.over()) co_await stream.exchange.read(due);
  if (stream.ready.empty()) {
    stream.end();
    co_return nullptr;
  }
  stream.current = std::move(stream.ready.front());
  stream.ready.pop_front();
  co_return &stream.current;
}

const Response& EventStream::response() const { return inside_->response; }
std::uint64_t EventStream::events() const { return inside_->events; }
std::uint64_t EventStream::tokens() const { return inside_->tokens; }
void EventStream::close() { inside_->end(); }

}  // namespace dyno::load
