#include "dyno/http/sse.h"

#include <algorithm>
#include <charconv>

namespace dyno::http {

EventParser::Step EventParser::next(std::string_view& input) {
  if (failed_) return Step::failed;
  while (!input.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (input.front() == '\n') {
        input.remove_prefix(1);
        continue;
      }
    }
    const std::size_t end = input.find_first_of("\r\n");
    if (line_.size() + std::min(end, input.size()) + data_.size() > limit) {
      failed_ = true;
      return Step::failed;
    }
    line_.append(input.substr(0, end));
    if (end == std::string_view::npos) {
      input = {};
      break;
    }
    after_cr_ = input[end] == '\r';
    input.remove_prefix(end + 1);
    if (end_line()) return Step::event;
  }
  return Step::need_more;
}

// Whether it completes an event.
bool EventParser::end_line() {
  std::string_view line = line_;
  if (first_line_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  first_line_ = false;
  bool complete = false;
  if (line.empty()) {
    complete = dispatch();
  } else if (const std::size_t colon = line.find(':'); colon != 0) {  // at 0: a comment
    std::string_view value;
    if (colon != std::string_view::npos) value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    field(line.substr(0, colon), value);
  }
  line_.clear();
  return complete;
}

void EventParser::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    data_.append(value).append(1, '\n');
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    std::int64_t milliseconds = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, milliseconds);
    const bool digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool usable = digits && error == std::errc{} && stop == end;
    if (usable && milliseconds < INT64_MAX / 1'000'000) {
      retry_ = std::chrono::milliseconds{milliseconds};
    }
  }
}

// An event without a data line is none, whatever else it has.
bool EventParser::dispatch() {
  if (data_.empty()) {
    type_.clear();
    return false;
  }
  data_.pop_back();
  event_.type = type_.empty() ? std::string("message") : std::move(type_);
  event_.data = std::move(data_);
  event_.id = id_;
  event_.retry = retry_;
  type_.clear();
  data_.clear();
  retry_.reset();
  return true;
}

}  // namespace dyno::http
