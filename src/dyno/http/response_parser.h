// Takes an HTTP/1.1 answer apart as it arrives (RFC 9112), in pieces of any size, without copying
// what comes whole: the caller pulls steps out of each buffer that it has received. Body bytes are
// handed on as views into that buffer, so a caller may discard them, keep them, or read events.
// It does no input or output and takes no time.
//
//   parser.begin(false, false);
//   while (receive(input))
//     for (auto step = parser.next(input); step != Step::need_more; step = parser.next(input)) …
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dyno::http {

// The last head that came whole, and what it meant: a service that answers the same request over
// and over mostly sends the same head, byte for byte, and what it means is a function of its bytes.
// Shared by the parsers of one thread; see ResponseParser::begin().
class KnownHead {
 private:
  friend class ResponseParser;

  // Of status line and headers, what decides how the answer goes on.
  struct Meaning {
    int status = 0;
    bool http_1_0 = false;
    bool keep_alive = true;
    bool chunked = false;
    bool has_length = false;
    std::uint64_t length = 0;
  };

  std::string bytes_;  // with the empty line that ends it; empty: none yet
  Meaning meaning_;
};

class ResponseParser {
 public:
  enum class Step : std::uint8_t {
    need_more,  // the input is used up
    interim,    // an interim answer (1xx) is over: the answer itself is to follow
    head,       // status() and head() are known
    body,       // piece() holds body bytes
    done,       // the answer is complete; the input may hold bytes that do not belong to it
    failed,     // error() says what is malformed
  };

  // Status line and headers together, and trailers; beyond it the answer is malformed.
  static constexpr std::size_t head_limit = 64 * 1024;

  // For the next answer: to a HEAD request it has no body; `keep_head` keeps status line and
  // headers as text. A head that is the same as `known`, which must outlive the answer, is not
  // taken apart again, and one that is another takes its place: the outcome is the same with and
  // without.
  void begin(bool to_head_request, bool keep_head, KnownHead* known = nullptr);

  // Uses up a front part of `input`.
  Step next(std::string_view& input);

  // The peer has closed, and next() has used up all that came. Whether that completes the answer,
  // as it does when the head declares no length; otherwise error() says whether it is malformed, or
  // is empty when it is just too short.
  bool finish();

  int status() const { return meaning_.status; }
  std::string_view head() const { return head_; }
  std::string_view piece() const { return piece_; }

  // Of a chunked body, after a piece: whether it is the last of its chunk.
  bool chunk_ends() const { return state_ == State::chunk_end; }
  std::string_view error() const { return error_; }

  // Once done: whether another request may follow on the connection.
  bool keep_alive() const { return meaning_.keep_alive; }

 private:
  enum class State : std::uint8_t {
    status_line,
    headers,
    interim_end,
    body_start,
    length,
    until_close,
    chunk_size,
    chunk_data,
    chunk_end,
    trailers,
    done,
    failed
  };

  void take_head(std::string_view& input);
  void take_whole_lines(std::string_view& input);
  bool take_line(std::string_view& input, std::string_view& line);
  bool read_status_line(std::string_view line);
  bool read_header(std::string_view line);
  void read_connection(std::string_view value);
  bool read_length(std::string_view value);
  void end_head();
  bool read_chunk_size(std::string_view line);
  bool line(std::string_view text);
  Step take_body(std::string_view& input, State then);
  bool fail(std::string_view what);

  State state_ = State::done;
  bool to_head_request_ = false;
  bool keep_head_ = false;
  bool head_reported_ = false;
  KnownHead* known_ = nullptr;  // until the first bytes have come
  KnownHead::Meaning meaning_;  // of the head, as far as it has been read
  std::uint64_t left_ = 0;      // of the body, or of the chunk
  std::size_t head_bytes_ = 0;
  std::string partial_;  // a line whose end has not come
  bool partial_used_ = false;
  std::string head_;
  std::string_view piece_;
  std::string_view error_;
};

}  // namespace dyno::http
