#include "dyno/compare/lenient_json.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

namespace dyno::compare {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// What printf makes of such numbers, and what Google Benchmark does: nan, inf, NaN, Infinity.
bool is_no_number(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "nan" || lower == "inf" || lower == "infinity";
}

// Where the JSON begins: at the start, or at the first line that does so with '{'.
std::size_t begin_of_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] == '{' || text[first] == '[') return 0;
  if (text.starts_with("\xEF\xBB\xBF")) return 0;  // a byte order mark, which the parser knows
  const auto line = text.find("\n{");
  return line == std::string_view::npos ? 0 : line + 1;
}

class Mender {
 public:
  explicit Mender(std::string_view text) : text_(text) {}

  std::string mended() {
    at_ = begin_of_json(text_);
    result_.assign(static_cast<std::size_t>(
                       std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n')),
                   '\n');
    result_.reserve(text_.size());
    while (at_ < text_.size()) step();
    return std::move(result_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return string();
    if (is_word(c)) return word();
    if (c == '{') members_.emplace_back();
    if (c == '}' && !members_.empty()) members_.pop_back();
    result_ += c;
    ++at_;
  }

  void string() {
    auto end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    end = std::min(end, text_.size());
    const auto content = text_.substr(at_ + 1, end - at_ - 1);
    result_ += '"';
    result_ += content;
    if (end < text_.size() && names_member(end + 1) && !members_.empty() &&
        !members_.back().insert(std::string(content)).second) {
      result_ += again;
    }
    if (end < text_.size()) result_ += '"';
    at_ = end + 1;
  }

  bool names_member(std::size_t after) const {
    const auto next = text_.find_first_not_of(" \t\r\n", after);
    return next != std::string_view::npos && text_[next] == ':';
  }

  void word() {
    auto end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const auto word = text_.substr(at_, end - at_);
    if (is_no_number(word)) {
      if (!result_.empty() && result_.back() == '-') result_.pop_back();
      result_ += "null";
    } else {
      result_ += word;
    }
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string result_;
  std::vector<std::set<std::string>> members_;  // of the objects around
};

}  // namespace

std::string with_valid_json(std::string_view text) { return Mender(text).mended(); }

}  // namespace dyno::compare
