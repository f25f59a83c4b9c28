#include "dyno/http/response_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "dyno/http/message.h"

namespace dyno::http {
namespace {

constexpr std::string_view version_prefix = "HTTP/1.";

std::string_view trim(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

// Calls `use` with each element of a comma-separated list.
template <typename Use>
void for_each_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    use(trim(list.substr(0, comma)));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

}  // namespace

void ResponseParser::begin(bool to_head_request, bool keep_head, KnownHead* known) {
  state_ = State::status_line;
  to_head_request_ = to_head_request;
  keep_head_ = keep_head;
  head_reported_ = false;
  known_ = keep_head ? nullptr : known;  // its text is not kept
  meaning_ = {};
  left_ = 0;
  head_bytes_ = 0;
  partial_.clear();
  partial_used_ = false;
  head_.clear();
  piece_ = error_ = {};
}

ResponseParser::Step ResponseParser::next(std::string_view& input) {
  while (true) {
    switch (state_) {
      case State::interim_end:
        state_ = State::status_line;
        return Step::interim;
      case State::body_start:
        if (!head_reported_) {
          head_reported_ = true;
          return Step::head;
        }
        end_head();
        break;
      case State::length:
        return take_body(input, State::done);
      case State::chunk_data:
        return take_body(input, State::chunk_end);
      case State::until_close:
        if (input.empty()) return Step::need_more;
        piece_ = input;
        input = {};
        return Step::body;
      case State::done:
        return Step::done;
      case State::failed:
        return Step::failed;
      default: {
        if (state_ == State::status_line || state_ == State::headers) {
          take_head(input);
          if (state_ != State::status_line && state_ != State::headers) break;
        }
        std::string_view text;
        if (!take_line(input, text)) {
          return state_ == State::failed ? Step::failed : Step::need_more;
        }
        line(text);
      }
    }
  }
}

ResponseParser::Step ResponseParser::take_body(std::string_view& input, State then) {
  if (input.empty()) return Step::need_more;
  piece_ = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  input.remove_prefix(piece_.size());
  left_ -= piece_.size();
  if (left_ == 0) state_ = then;
  return Step::body;
}

// What has come of the head. One that comes whole as the first thing of the answer may be known; an
// interim answer, or a head in pieces, neither is nor will be.
void ResponseParser::take_head(std::string_view& input) {
  KnownHead* const known = std::exchange(known_, nullptr);
  if (!known) {
    take_whole_lines(input);
  } else if (!known->bytes_.empty() && input.starts_with(known->bytes_)) {
    input.remove_prefix(known->bytes_.size());
    meaning_ = known->meaning_;
    state_ = State::body_start;
  } else {
    const std::string_view from = input;
    take_whole_lines(input);
    if (state_ != State::body_start) return;
    known->bytes_.assign(from.substr(0, from.size() - input.size()));
    known->meaning_ = meaning_;
  }
}

// The lines of the head that have come whole, without the detours that one in pieces needs.
void ResponseParser::take_whole_lines(std::string_view& input) {
  if (!partial_.empty() && !partial_used_) return;
  while ((state_ == State::status_line || state_ == State::headers) && !input.empty()) {
    const void* const found = std::memchr(input.data(), '\n', input.size());
    if (!found) return;
    const auto size = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    if (head_bytes_ + size >= head_limit) return;
    head_bytes_ += size + 1;
    const bool with_return = size > 0 && input[size - 1] == '\r';
    const std::string_view text = input.substr(0, size - (with_return ? 1 : 0));
    input.remove_prefix(size + 1);
    const bool well_formed = state_ == State::headers ? read_header(text) : read_status_line(text);
    if (!well_formed) return;
  }
}

// A line without its end; false when it has not come whole, or is too long.
bool ResponseParser::take_line(std::string_view& input, std::string_view& line) {
  if (partial_used_) {
    partial_.clear();
    partial_used_ = false;
  }
  const void* const found = input.empty() ? nullptr : std::memchr(input.data(), '\n', input.size());
  const std::size_t size =
      found ? static_cast<std::size_t>(static_cast<const char*>(found) - input.data()) + 1
            : input.size();
  head_bytes_ += size;
  if (head_bytes_ > head_limit) return fail("the headers do not end within 64 KB");
  line = input.substr(0, size);
  input.remove_prefix(size);
  if (!partial_.empty() || !found) {
    partial_.append(line);
    if (!found) {
      const std::size_t known = std::min(partial_.size(), version_prefix.size());
      if (state_ == State::status_line &&
          partial_.compare(0, known, version_prefix.substr(0, known)) != 0) {
        return fail("the answer does not begin with HTTP/1.");
      }
      return false;
    }
    line = partial_;
    partial_used_ = true;
  }
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

bool ResponseParser::line(std::string_view text) {
  switch (state_) {
    case State::status_line:
      return read_status_line(text);
    case State::headers:
      return read_header(text);
    case State::chunk_size:
      return read_chunk_size(text);
    case State::chunk_end:
      if (!text.empty()) return fail("a chunk is longer than it says");
      state_ = State::chunk_size;
      head_bytes_ = 0;
      return true;
    default:  // trailers
      if (text.empty()) state_ = State::done;
      return true;
  }
}

bool ResponseParser::read_status_line(std::string_view line) {
  if (!line.starts_with(version_prefix)) return fail("the answer does not begin with HTTP/1.");
  if (line.size() < 12 || !is_digit(line[7]) || line[8] != ' ' || line[9] < '1' || line[9] > '9' ||
      !is_digit(line[10]) || !is_digit(line[11]) || (line.size() > 12 && line[12] != ' ')) {
    return fail("the status line is malformed");
  }
  meaning_.http_1_0 = line[7] == '0';
  meaning_.keep_alive = !meaning_.http_1_0;
  meaning_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (keep_head_) head_.assign(line).append("\r\n");
  state_ = State::headers;
  return true;
}

bool ResponseParser::read_header(std::string_view line) {
  if (line.empty()) {
    if (meaning_.status < 200 && meaning_.status != 101) {  // interim: the answer is to follow
      state_ = State::interim_end;
      meaning_.chunked = meaning_.has_length = false;
    } else {
      state_ = State::body_start;
    }
    return true;
  }
  if (keep_head_) head_.append(line).append("\r\n");
  if (line.front() == ' ' || line.front() == '\t') return true;  // a folded value goes on
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return fail("a header line has no name");
  if (line[colon - 1] == ' ' || line[colon - 1] == '\t') {  // RFC 9112, section 5.1
    return fail("a header name ends with a space");
  }
  const std::string_view name = line.substr(0, colon);
  // Only three headers matter here; their lengths tell them from nearly all others.
  switch (name.size()) {
    case 10:
      if (same_name(name, "Connection")) read_connection(line.substr(colon + 1));
      return true;
    case 14:
      return !same_name(name, "Content-Length") || read_length(trim(line.substr(colon + 1)));
    case 17:
      if (same_name(name, "Transfer-Encoding")) {
        for_each_element(line.substr(colon + 1), [this](std::string_view coding) {
          meaning_.chunked = same_name(coding, "chunked");
        });
      }
      return true;
    default:
      return true;
  }
}

void ResponseParser::read_connection(std::string_view value) {
  if (!meaning_.http_1_0 && value == " keep-alive") return;  // says what holds anyway
  for_each_element(value, [this](std::string_view option) {
    if (same_name(option, "close")) meaning_.keep_alive = false;
    if (same_name(option, "keep-alive") && meaning_.http_1_0) meaning_.keep_alive = true;
  });
}

bool ResponseParser::read_length(std::string_view value) {
  std::uint64_t length = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, length);
  if (value.empty() || !is_digit(value.front()) || error != std::errc{} || stop != end) {
    return fail("Content-Length is not a number");
  }
  if (meaning_.has_length && length != meaning_.length) {
    return fail("two different Content-Lengths");
  }
  meaning_.has_length = true;
  meaning_.length = length;
  return true;
}

// What follows the head: RFC 9112, section 6.3.
void ResponseParser::end_head() {
  const int status = meaning_.status;
  if (to_head_request_ || status < 200 || status == 204 || status == 304) {
    state_ = State::done;
    if (status == 101) meaning_.keep_alive = false;
  } else if (meaning_.chunked) {
    state_ = State::chunk_size;
    head_bytes_ = 0;
  } else if (meaning_.has_length) {
    left_ = meaning_.length;
    state_ = left_ > 0 ? State::length : State::done;
  } else {
    state_ = State::until_close;
    meaning_.keep_alive = false;
  }
}

bool ResponseParser::read_chunk_size(std::string_view line) {
  const std::string_view digits = trim(line.substr(0, line.find(';')));
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, left_, 16);
  if (digits.empty() || error != std::errc{} || stop != end) {
    return fail("a chunk size is not a hexadecimal number");
  }
  state_ = left_ > 0 ? State::chunk_data : State::trailers;
  return true;
}

bool ResponseParser::finish() {
  if (state_ == State::until_close) state_ = State::done;
  return state_ == State::done;
}

bool ResponseParser::fail(std::string_view what) {
  error_ = what;
  state_ = State::failed;
  return false;
}

}  // namespace dyno::http
