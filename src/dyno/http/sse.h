// Server-sent events out of the bytes of a text/event-stream, which may be split anywhere (WHATWG
// HTML, "Server-sent events", parsing and interpreting an event stream). It does no input or
// output, does not decode the text, and does not reconnect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dyno/core/clock.h"

namespace dyno::http {

// One event; also one chunk, where a stream is taken by chunks (load/event_stream.h).
struct Event {
  std::string type;               // "message" where the service names none
  std::string data;               // its data lines, joined by line feeds
  std::string id;                 // of this event or the last one that had one
  std::optional<Duration> retry;  // where one came with this event: how long to wait to reconnect
  TimePoint at;                   // when its last byte was received
};

class EventParser {
 public:
  enum class Step : std::uint8_t {
    need_more,  // the input is used up
    event,      // event() is complete
    failed,     // a line, or the data of an event, is longer than `limit`
  };

  static constexpr std::size_t limit = std::size_t{16} << 20;

  // Uses up a front part of `input`.
  Step next(std::string_view& input);

  // The event that next() has completed; may be moved from.
  Event& event() { return event_; }

 private:
  bool end_line();
  void field(std::string_view name, std::string_view value);
  bool dispatch();

  std::string line_;  // what has come of the line under way
  Event event_;
  std::string type_;
  std::string data_;
  std::string id_;
  std::optional<Duration> retry_;
  bool first_line_ = true;
  bool after_cr_ = false;  // a line feed that follows belongs to the same line end
  bool failed_ = false;
};

}  // namespace dyno::http
