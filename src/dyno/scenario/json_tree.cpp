#include "dyno/scenario/json_tree.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/json_text.h"

namespace dyno::scenario {

namespace {

// Takes the syntax through nlohmann's parser without building anything, and keeps its complaint.
struct SyntaxCheck : nlohmann::json_sax<nlohmann::json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& exception) override {
    offset = position == 0 ? 0 : position - 1;
    reason = exception.what();
    return false;
  }

  std::size_t offset = 0;
  std::string reason;
};

// "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error while parsing
// value - unexpected …; expected …": people need what follows the dash. One line, no raw bytes.
std::string plain_reason(std::string_view reason) {
  if (const auto dash = reason.find(" - "); dash != npos) {
    reason.remove_prefix(dash + 3);
  } else if (const auto colon = reason.find(": "); colon != npos) {
    reason.remove_prefix(colon + 2);
  } else if (const auto bracket = reason.find("] "); bracket != npos) {
    reason.remove_prefix(bracket + 2);
  }
  std::string result;
  for (const char c : reason.substr(0, 200)) {
    const auto byte = static_cast<unsigned char>(c);
    result.push_back(byte < 0x20 || byte >= 0x7f ? '?' : c);
  }
  return result;
}

// Builds the tree of a text whose syntax is known to be right.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, std::string_view file_name)
      : text_(text), file_name_(file_name) {}

  Result<Node> build() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    skip_space();
    return value();
  }

 private:
  // A comment ends where the check of the syntax lets it end: also at a carriage return or a NUL.
  void skip_space() {
    constexpr std::string_view line_ends("\n\r\0", 3);
    while (true) {
      at_ = skip_json_space(text_, std::min(at_, text_.size()));
      const std::string_view next = text_.substr(at_, 2);
      if (next == "//") {
        const auto end = text_.find_first_of(line_ends, at_);
        at_ = end == npos ? text_.size() : end + 1;
      } else if (next == "/*") {
        const auto end = text_.find("*/", at_ + 2);
        at_ = end == npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  Error error(std::size_t offset, std::string_view what) const {
    return error_at(text_, file_name_, offset, what);
  }

  Result<Node> value() {
    Node node;
    node.offset = at_;
    if (next() == '{' || next() == '[') {
      if (depth_ == deepest_nesting) {
        return error(at_, fmt::format("more than {} levels of nesting", deepest_nesting));
      }
      ++depth_;
      auto built = next() == '{' ? object(std::move(node)) : array(std::move(node));
      --depth_;
      return built;
    }
    const std::string_view written = scalar();
    if (written.empty()) return error(at_, "a value is missing");
    if (written.front() == '"') {
      node.kind = Node::Kind::string;
      if (!append_json_decoded(written, node.text)) return error(node.offset, "not a string");
      return node;
    }
    node.text = written;
    if (written == "null") return node;
    node.kind = Node::Kind::boolean;
    if (written == "true" || written == "false") return node;
    node.kind = Node::Kind::number;
    const auto end = std::from_chars(written.data(), written.data() + written.size(), node.number);
    if (end.ec != std::errc{}) return error(node.offset, "a number that is too large or too small");
    return node;
  }

  // A string with its quotes, a number or a literal: what is no string also ends at a comment.
  std::string_view scalar() {
    const std::size_t begin = at_;
    if (next() == '"') {
      const std::size_t end = skip_json_value(text_, at_);
      at_ = end == npos ? text_.size() : end;
    } else {
      at_ = std::min(text_.find_first_of(" \t\r\n,]}/", at_), text_.size());
    }
    return text_.substr(begin, at_ - begin);
  }

  Result<Node> object(Node node) {
    node.kind = Node::Kind::object;
    ++at_;
    skip_space();
    while (at_ < text_.size() && next() != '}') {
      Member member;
      member.offset = at_;
      if (!append_json_decoded(scalar(), member.key)) return error(member.offset, "not a key");
      if (node.find(member.key) != nullptr) {
        return error(member.offset, fmt::format("key {} stands here twice", in_quotes(member.key)));
      }
      skip_space();
      ++at_;  // the colon
      skip_space();
      auto found = value();
      if (!found) return found;
      member.value = std::move(*found);
      node.members.push_back(std::move(member));
      skip_separator();
    }
    ++at_;
    return node;
  }

  Result<Node> array(Node node) {
    node.kind = Node::Kind::array;
    ++at_;
    skip_space();
    while (at_ < text_.size() && next() != ']') {
      auto found = value();
      if (!found) return found;
      node.items.push_back(std::move(*found));
      skip_separator();
    }
    ++at_;
    return node;
  }

  void skip_separator() {
    skip_space();
    if (next() == ',') ++at_;
    skip_space();
  }

  std::string_view text_;
  std::string_view file_name_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Error error_at(std::string_view text, std::string_view file_name, std::size_t offset,
               std::string_view what) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto last = before.rfind('\n');
  const auto column = before.size() - (last == npos ? 0 : last + 1) + 1;
  return Error{one_line(fmt::format("{}:{}:{}: {}", file_name, line, column, what))};
}

Result<Node> parse_tree(std::string_view text, std::string_view file_name) {
  SyntaxCheck check;
  const bool right =
      nlohmann::json::sax_parse(text, &check, nlohmann::json::input_format_t::json, true, true);
  if (!right) {
    return error_at(text, file_name, check.offset, plain_reason(check.reason));
  }
  return TreeBuilder(text, file_name).build();
}

}  // namespace dyno::scenario
