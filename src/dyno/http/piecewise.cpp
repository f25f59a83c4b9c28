#include "dyno/http/piecewise.h"

#include <algorithm>
#include <coroutine>
#include <optional>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "dyno/http/body_source.h"
#include "dyno/http/connector.h"
#include "dyno/http/render.h"
#include "dyno/http/wire.h"

namespace dyno::http {

using async::Task;
using async::Wake;
using metrics::OutcomeKind;

namespace {

// Of a source at a time.
constexpr std::size_t piece_size = 64 * 1024;

// Reads or writes in a row after which other users go on.
constexpr int turns_in_a_row = 16;

// RFC 9110, section 10.1.1: a client does not wait for ever; curl waits as long.
constexpr Duration longest_wait_to_continue = std::chrono::seconds{1};

// co_await: until a descriptor that cannot be written can be, or has something to read, or the
// deadline is over.
class EitherWait {
 public:
  EitherWait(async::Descriptor& descriptor, async::Deadline& deadline)
      : descriptor_(descriptor), deadline_(deadline) {}
  EitherWait(const EitherWait&) = delete;
  EitherWait& operator=(const EitherWait&) = delete;

  bool await_ready() {
    if (descriptor_.has_input()) return true;
    if (deadline_.expired()) wake_ = Wake::timed_out;
    return deadline_.expired();
  }
  void await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    reader_.emplace(*this);
    writer_.emplace(*this);
    reader_->wait(descriptor_, false, nullptr);
    writer_->wait(descriptor_, true, &deadline_);
  }
  Wake await_resume() const { return wake_; }

 private:
  struct Half : async::IoWaiter {
    explicit Half(EitherWait& of)
        : IoWaiter([](IoWaiter& waiter, Wake wake) { static_cast<Half&>(waiter).whole.end(wake); }),
          whole(of) {}
    EitherWait& whole;
  };

  void end(Wake wake) {
    wake_ = wake;
    const std::coroutine_handle<> awaiting = awaiting_;
    reader_.reset();
    writer_.reset();
    awaiting.resume();
  }

  async::Descriptor& descriptor_;
  async::Deadline& deadline_;
  std::coroutine_handle<> awaiting_;
  std::optional<Half> reader_;
  std::optional<Half> writer_;
  Wake wake_ = Wake::ready;
};

}  // namespace

PiecewiseExchange::PiecewiseExchange(Client& client, const Request& request,
                                     const ExchangeOptions& options, Exchange& exchange,
                                     BodySink* sink)
    : client_(client), request_(request), options_(options), exchange_(exchange), sink_(sink) {}

PiecewiseExchange::~PiecewiseExchange() { break_off(); }

void PiecewiseExchange::break_off() {
  if (over_) return;
  over_ = true;
  client_.deadline_.clear();
  client_.stream_.reset();
}

bool PiecewiseExchange::has_body() const { return request_.source || !request_.body.empty(); }

// The wait that follows ends by `limit` from now, by `due`, and with the time of the whole.
void PiecewiseExchange::arm(Duration limit, TimePoint due) {
  TimePoint end = exchange_.sent + options_.timeout;
  if (limit > Duration::zero()) end = std::min(end, client_.context_.loop.now() + limit);
  client_.deadline_.set(std::min(end, due));
}

Task<bool> PiecewiseExchange::connect() {
  client_.deadline_.set(exchange_.sent + options_.timeout);
  const bool connected = co_await http::connect(client_.context_, client_.number_,
                                                client_.deadline_, client_.stream_, exchange_);
  if (!connected) {
    client_.deadline_.clear();
    over_ = true;
  }
  co_return connected;
}

Task<void> PiecewiseExchange::open() {
  ClientContext& context = client_.context_;
  exchange_.reset(true);
  exchange_.sent = context.loop.now();
  if (client_.stream_ && !client_.stream_->quiet()) client_.stream_.reset();
  const bool reused = client_.stream_ != nullptr;
  bool connected = reused;
  if (!reused) connected = co_await connect();
  if (!connected) co_return;
  while (true) {
    parser_.begin(request_.method == "HEAD", true);
    co_await send();
    while (!over_ && !head_seen_) co_await receive();
    // As the plain exchange does it: once, on a fresh connection, when nothing was answered.
    if (exchange_.outcome.kind != OutcomeKind::reset || !reused || exchange_.retried) co_return;
    if (request_.source && !request_.source->rewind()) co_return;
    exchange_.outcome = {};
    exchange_.reason.clear();
    exchange_.first_byte = {};
    exchange_.retried = true;
    over_ = sent_ = stop_sending_ = false;
    ++context.retries;
    const bool again = co_await connect();
    if (!again) co_return;
  }
}

Task<void> PiecewiseExchange::read(TimePoint due) {
  if (over_) co_return;
  arm(answering() ? options_.limits.idle : options_.limits.first_byte, due);
  co_await receive();
}

Task<void> PiecewiseExchange::send() {
  sending_ = true;
  arm(options_.limits.send);
  std::string head;
  std::string_view body = request_.body;
  const bool expects = options_.expect_continue && has_body();
  if (request_.wire.empty()) {
    std::string extra;
    const bool asked = client_.context_.destination.settings.compressed;
    if (options_.compressed && !asked) append_header(extra, "Accept-Encoding", "gzip");
    if (expects) append_header(extra, "Expect", "100-continue");
    render_head(request_, client_.context_.destination, extra, head);
  } else {
    head = wire_head(request_.wire);
    body = request_.wire.substr(head.size());
  }
  // A small body goes with its head, in one segment.
  const bool together = !expects && !request_.source && body.size() <= piece_size;
  if (together) head.append(body);
  co_await send_bytes(head);
  if (expects) co_await await_continue();
  if (request_.source) {
    co_await send_source();
  } else if (!together) {
    co_await send_bytes(body);
  }
  sent_ = !stop_sending_;
  if (over_) co_return;
  sending_ = false;
  arm(answering() ? options_.limits.idle : options_.limits.first_byte);
}

// Until the service says that it wants the body, or answers without it, or has had its time.
Task<void> PiecewiseExchange::await_continue() {
  const TimePoint due = client_.context_.loop.now() + longest_wait_to_continue;
  while (!over_ && !stop_sending_ && !interim_seen_) {
    arm(options_.limits.send, due);
    const Wake wake = co_await client_.stream_->descriptor().readable(&client_.deadline_);
    if (wake == Wake::timed_out && client_.context_.loop.now() >= due) break;
    if (wake == Wake::timed_out) {
      time_out(Phase::send);
    } else {
      co_await receive();
    }
    if (head_seen_) stop_sending_ = true;  // it has answered without the body
  }
  if (!over_) arm(options_.limits.send);
}

Task<void> PiecewiseExchange::send_source() {
  BodySource& source = *request_.source;
  const std::optional<std::uint64_t> size = source.size();
  std::vector<char> buffer(piece_size);
  std::string framed;
  std::uint64_t sent = 0;
  while (!over_ && !stop_sending_) {
    const Result<std::size_t> got = source.read(buffer);
    if (!got) throw std::runtime_error(got.error().message);
    const std::string_view piece(buffer.data(), *got);
    sent += piece.size();
    if (size && (piece.empty() ? sent < *size : sent > *size)) {
      throw std::runtime_error(
          fmt::format("a body said to be of {} bytes has {}", *size, piece.empty() ? sent : sent));
    }
    if (size) {
      co_await send_bytes(piece);
    } else {
      framed = fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
      co_await send_bytes(framed);
    }
    if (piece.empty() || (size && sent == *size)) co_return;
    co_await hear_early_answer();
  }
}

// Asked only while something is left to send: an answer to all of it is no early one, and its
// connection may be used again.
Task<void> PiecewiseExchange::hear_early_answer() {
  if (over_ || !client_.stream_->descriptor().has_input()) co_return;
  co_await receive();
  // An answer that is no error may come as the body goes on: the service has not refused it.
  if (over_ || (head_seen_ && exchange_.status >= 300)) stop_sending_ = true;
}

// All of it, unless the service answers before that it does not want it, or breaks.
Task<void> PiecewiseExchange::send_bytes(std::string_view bytes) {
  if (over_) co_return;
  async::Descriptor& descriptor = client_.stream_->descriptor();
  while (!bytes.empty() && !stop_sending_) {
    const Stream::Transfer written = client_.stream_->write(bytes);
    if (written.io == Stream::Io::failed) {  // what there is to read says more
      stop_sending_ = true;
      co_return;
    }
    exchange_.bytes_sent += written.bytes;
    bytes.remove_prefix(written.bytes);
    if (++turns_ % turns_in_a_row == 0) co_await client_.context_.loop.yield();
    if (written.io != Stream::Io::done) {
      Wake wake{};
      if (written.io == Stream::Io::wants_read) {  // TLS, before it can write
        wake = co_await descriptor.readable(&client_.deadline_);
      } else {
        EitherWait either(descriptor, client_.deadline_);
        wake = co_await either;
      }
      if (wake == Wake::timed_out) {
        time_out(Phase::send);
        stop_sending_ = true;
        co_return;
      }
    }
    if (!bytes.empty()) co_await hear_early_answer();
  }
}

Task<void> PiecewiseExchange::receive() {
  Stream& stream = *client_.stream_;
  const Wake wake = co_await stream.descriptor().readable(&client_.deadline_);
  if (wake == Wake::timed_out) {
    time_out(answering() ? Phase::body : Phase::first_byte);
    co_return;
  }
  ClientContext& context = client_.context_;
  const Stream::Transfer got = stream.read(context.input);
  if (got.io == Stream::Io::done) {
    const TimePoint now = context.loop.now();
    exchange_.last_byte = now;
    if (!answering()) exchange_.first_byte = now;
    exchange_.bytes_received += got.bytes;
    take({context.input.data(), got.bytes}, now);
    if (!over_ && now >= exchange_.sent + options_.timeout) time_out(Phase::body);
    if (over_) co_return;
    if (!sending_) arm(answering() ? options_.limits.idle : options_.limits.first_byte);
    if (++turns_ % turns_in_a_row == 0) co_await context.loop.yield();
  } else if (got.io == Stream::Io::wants_write) {
    co_await stream.descriptor().writable(&client_.deadline_);
  } else if (got.io != Stream::Io::wants_read) {
    if (got.error == 0 && exchange_.bytes_received > 0 && parser_.finish()) {
      complete({});
    } else {
      exchange_.break_off(got.error, context.loop.now(), stream.tls_failure());
      break_off();
    }
  }
}

void PiecewiseExchange::take(std::string_view input, TimePoint at) {
  using Step = ResponseParser::Step;
  while (!over_) {
    switch (parser_.next(input)) {
      case Step::need_more:
        return;
      case Step::interim:
        interim_seen_ = true;
        if (input.empty()) exchange_.first_byte = {};  // it is of the answer itself
        break;
      case Step::head:
        exchange_.status = parser_.status();
        head_seen_ = true;
        begin_body();
        break;
      case Step::body:
        exchange_.body_bytes += parser_.piece().size();
        take_body(parser_.piece(), parser_.chunk_ends(), at);
        break;
      case Step::done:
        complete(input);
        return;
      case Step::failed:
        fail(OutcomeKind::protocol, parser_.error());
        return;
    }
  }
}

void PiecewiseExchange::begin_body() {
  if (sink_) sink_->begin(parser_.status(), parser_.head());
  if (!options_.compressed || (!options_.want_body && !sink_)) return;
  const std::string_view coding = find_header(parser_.head(), "Content-Encoding");
  if (coding.empty() || same_name(coding, "identity")) return;
  const auto known = Inflater::coding_of(coding);
  if (known) {
    const std::uint64_t limit = options_.want_body ? options_.decoded_limit : UINT64_MAX;
    inflater_ = std::make_unique<Inflater>(*known, limit);
  } else {
    fail(OutcomeKind::protocol,
         fmt::format("the body is encoded as '{}', which was not asked for", coding));
  }
}

void PiecewiseExchange::take_body(std::string_view piece, bool chunk_ends, TimePoint at) {
  if (!inflater_) {
    keep(piece, chunk_ends, at);
    return;
  }
  Inflater::Step step = inflater_->next(piece);
  for (; step == Inflater::Step::piece && !over_; step = inflater_->next(piece)) {
    keep(inflater_->piece(), false, at);
  }
  if (over_) return;
  if (step == Inflater::Step::failed) {
    fail(OutcomeKind::protocol, inflater_->error());
  } else if (chunk_ends) {
    keep({}, true, at);
  }
}

void PiecewiseExchange::keep(std::string_view bytes, bool chunk_ends, TimePoint at) {
  if (options_.want_body) exchange_.body.append(bytes);
  if (!sink_) return;
  const std::string_view wrong = sink_->take(bytes, chunk_ends, at);
  if (!wrong.empty()) fail(OutcomeKind::protocol, wrong);
}

void PiecewiseExchange::complete(std::string_view surplus) {
  if (!surplus.empty()) {
    fail(OutcomeKind::protocol, "the answer is longer than it says");
    return;
  }
  if (inflater_ && !inflater_->finish()) {
    fail(OutcomeKind::protocol, inflater_->error());
    return;
  }
  if (options_.want_head) exchange_.head.assign(parser_.head());
  over_ = true;
  client_.deadline_.clear();
  // A service that was not sent the rest of a body would take what comes next for it.
  const Settings& settings = client_.context_.destination.settings;
  const bool reusable = parser_.keep_alive() && sent_ && !settings.new_connection_per_request &&
                        ++client_.stream_->answers != settings.max_requests_per_connection;
  if (!reusable) client_.stream_.reset();
}

void PiecewiseExchange::fail(OutcomeKind kind, std::string_view why) {
  exchange_.fail({kind}, why, client_.context_.loop.now());
  break_off();
}

void PiecewiseExchange::time_out(Phase phase) {
  exchange_.time_out(phase, client_.context_.loop.now());
  break_off();
}

}  // namespace dyno::http
