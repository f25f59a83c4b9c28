// An exchange taken piece by piece, for what the plain exchange of a Client does not do: a body
// that is produced as it goes out, `Expect: 100-continue`, an early answer to a long upload, a time
// limit for each phase, decoding, and an answer that is used as it comes. It goes over the client's
// connection and leaves it as the plain exchange does; failures are classified the same.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dyno/async/task.h"
#include "dyno/core/clock.h"
#include "dyno/http/client.h"
#include "dyno/http/exchange.h"
#include "dyno/http/inflater.h"
#include "dyno/http/message.h"
#include "dyno/http/response_parser.h"

namespace dyno::http {

// Takes an answer's body as it comes, decoded if that was asked for. `at` is when it was received.
class BodySink {
 public:
  virtual ~BodySink() = default;

  // The head is known; what follows is of its body.
  virtual void begin(int status, std::string_view head) = 0;

  // `chunk_ends`: with these bytes, which may be none, a chunk of a chunked body is whole.
  // Returns what is wrong with them, which makes the answer malformed; empty when nothing is.
  virtual std::string_view take(std::string_view bytes, bool chunk_ends, TimePoint at) = 0;
};

class PiecewiseExchange {
 public:
  // All must outlive it; the client does nothing else meanwhile.
  PiecewiseExchange(Client& client, const Request& request, const ExchangeOptions& options,
                    Exchange& exchange, BodySink* sink = nullptr);
  ~PiecewiseExchange();  // breaks it off where it is
  PiecewiseExchange(const PiecewiseExchange&) = delete;
  PiecewiseExchange& operator=(const PiecewiseExchange&) = delete;

  // Sends the request and reads until the head of the answer is known, or it is over. Throws
  // std::runtime_error when the body cannot be had from its source.
  async::Task<void> open();

  // Waits until something has come, at the latest until `due`, and takes all of it. Nothing more
  // comes once it is over.
  async::Task<void> read(TimePoint due = TimePoint::max());

  // The exchange has been filled in, whole or failed.
  bool over() const { return over_; }

  // Breaks it off, unless it is over: closes the connection. The exchange stays as it is.
  void break_off();

 private:
  using Phase = metrics::Phase;

  bool has_body() const;
  async::Task<bool> connect();
  async::Task<void> send();
  async::Task<void> await_continue();
  async::Task<void> send_source();
  async::Task<void> send_bytes(std::string_view bytes);
  async::Task<void> hear_early_answer();
  async::Task<void> receive();
  void arm(Duration limit, TimePoint due = TimePoint::max());
  void take(std::string_view input, TimePoint at);
  void begin_body();
  void take_body(std::string_view piece, bool chunk_ends, TimePoint at);
  void keep(std::string_view bytes, bool chunk_ends, TimePoint at);
  void complete(std::string_view surplus);
  void fail(metrics::OutcomeKind kind, std::string_view why);
  void time_out(Phase phase);
  bool answering() const { return exchange_.first_byte != TimePoint{}; }

  Client& client_;
  const Request request_;
  const ExchangeOptions options_;
  Exchange& exchange_;
  BodySink* const sink_;
  ResponseParser parser_;
  std::unique_ptr<Inflater> inflater_;
  int turns_ = 0;  // reads and writes in a row
  bool head_seen_ = false;
  bool interim_seen_ = false;
  bool sending_ = false;
  bool sent_ = false;  // the whole request
  bool stop_sending_ = false;
  bool over_ = false;
};

}  // namespace dyno::http
