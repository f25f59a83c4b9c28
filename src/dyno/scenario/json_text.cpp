#include "dyno/scenario/json_text.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/scenario/in_quotes.h"

namespace dyno::scenario {

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Behind the closing quote of the string whose opening quote is at `at`.
std::size_t skip_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '"') return at + 1;
    if (json[at] == '\\') ++at;
  }
  return npos;
}

std::size_t skip_container(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  while (at < json.size()) {
    switch (json[at]) {
      case '"':
        at = skip_string(json, at);
        if (at == npos) return npos;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      default:
        break;
    }
    ++at;
  }
  return npos;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits of \uXXXX that begin at `at`; -1 when they are none.
int code_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | point >> 6);
    byte(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    byte(0xe0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3f));
    byte(0x80 | (point & 0x3f));
  } else {
    byte(0xf0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3f));
    byte(0x80 | (point >> 6 & 0x3f));
    byte(0x80 | (point & 0x3f));
  }
}

// Appends what \u at `at` (behind the u) says, with its second half where it has one; the position
// behind it, or npos.
std::size_t append_unicode_escape(std::string_view text, std::size_t at, std::string& out) {
  constexpr std::uint32_t replacement = 0xfffd;
  const int first = code_unit(text, at);
  if (first < 0) return npos;
  at += 4;
  if (first < 0xd800 || first > 0xdfff) {
    append_utf8(static_cast<std::uint32_t>(first), out);
    return at;
  }
  const bool more = first < 0xdc00 && text.substr(at, 2) == "\\u";
  const int second = more ? code_unit(text, at + 2) : -1;
  if (second < 0xdc00 || second > 0xdfff) {
    append_utf8(replacement, out);
    return at;
  }
  append_utf8(0x10000 + ((static_cast<std::uint32_t>(first) - 0xd800) << 10) +
                  (static_cast<std::uint32_t>(second) - 0xdc00),
              out);
  return at + 6;
}

// Whether a key, given with its quotes, says `name`.
bool is_key(std::string_view quoted, std::string_view name) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside == name) return inside.find('\\') == npos;
  if (inside.find('\\') == npos) return false;
  std::string decoded;
  return append_json_decoded(quoted, decoded) && decoded == name;
}

// The start of the member `name` of the object at `at`; npos when it has none.
std::size_t find_member(std::string_view json, std::size_t at, std::string_view name) {
  at = skip_json_space(json, at + 1);
  while (at < json.size() && json[at] == '"') {
    const std::size_t key_end = skip_string(json, at);
    if (key_end == npos) return npos;
    const bool found = is_key(json.substr(at, key_end - at), name);
    at = skip_json_space(json, key_end);
    if (at >= json.size() || json[at] != ':') return npos;
    at = skip_json_space(json, at + 1);
    if (found) return at;
    at = skip_json_value(json, at);
    if (at == npos) return npos;
    at = skip_json_space(json, at);
    if (at >= json.size() || json[at] != ',') return npos;
    at = skip_json_space(json, at + 1);
  }
  return npos;
}

std::size_t find_item(std::string_view json, std::size_t at, std::size_t index) {
  at = skip_json_space(json, at + 1);
  if (at < json.size() && json[at] == ']') return npos;
  for (; index > 0; --index) {
    at = skip_json_value(json, at);
    if (at == npos) return npos;
    at = skip_json_space(json, at);
    if (at >= json.size() || json[at] != ',') return npos;
    at = skip_json_space(json, at + 1);
  }
  return at;
}

}  // namespace

std::optional<double> json_number(std::string_view json) {
  double value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error != std::errc{} || end != json.data() + json.size()) return {};
  return value;
}

std::size_t skip_json_space(std::string_view json, std::size_t at) {
  while (at < json.size() && is_space(json[at])) ++at;
  return at;
}

std::size_t skip_json_value(std::string_view json, std::size_t at) {
  if (at >= json.size()) return npos;
  const char first = json[at];
  if (first == '"') return skip_string(json, at);
  if (first == '{' || first == '[') return skip_container(json, at);
  const std::size_t begin = at;
  while (at < json.size() && !is_space(json[at]) && json[at] != ',' && json[at] != ']' &&
         json[at] != '}') {
    ++at;
  }
  return at == begin ? npos : at;
}

void append_json_escaped(std::string_view text, std::string& out) {
  static constexpr char digits[] = "0123456789abcdef";
  static constexpr std::string_view controls = "btn\0fr";  // from 8 on
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(done, i - done)).push_back('\\');
    done = i + 1;
    if (c >= 0x20) {
      out.push_back(text[i]);
    } else if (c >= 8 && c <= 13 && c != 11) {
      out.push_back(controls[c - 8U]);
    } else {
      out.append("u00").push_back(digits[c >> 4]);
      out.push_back(digits[c & 15]);
    }
  }
  out.append(text.substr(done));
}

bool append_json_decoded(std::string_view quoted, std::string& out) {
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return false;
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t escape = text.find('\\', at);
    out.append(text.substr(at, escape - at));
    if (escape == npos) return true;
    if (escape + 1 >= text.size()) return false;
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char letter = text[escape + 1];
    at = escape + 2;
    if (letter == 'u') {
      at = append_unicode_escape(text, at, out);
      if (at == npos) return false;
    } else if (const auto which = letters.find(letter); which != npos) {
      out.push_back(meanings[which]);
    } else {
      return false;
    }
  }
  return true;
}

void append_json_as_text(std::string_view value, std::string& out) {
  const std::size_t before = out.size();
  if (append_json_decoded(value, out)) return;
  out.resize(before);
  out.append(value);
}

Result<JsonPointer> JsonPointer::compile(std::string_view pointer) {
  JsonPointer compiled;
  if (pointer.empty()) return compiled;
  if (pointer.front() != '/') {
    return Error{
        fmt::format("{} is not a JSON pointer: write e.g. /items/0/id", in_quotes(pointer))};
  }
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view written = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(written.size());
    Token token;
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (written[i] != '~') {
        token.name.push_back(written[i]);
        continue;
      }
      const char which = i + 1 < written.size() ? written[++i] : ' ';
      if (which != '0' && which != '1') {
        return Error{"in a JSON pointer '~' is written ~0, and '/' in a name ~1"};
      }
      token.name.push_back(which == '0' ? '~' : '/');
    }
    const bool plain = token.name == "0" || (!token.name.empty() && token.name.front() != '0');
    std::size_t index = 0;
    const char* const last = token.name.data() + token.name.size();
    const auto [end, error] = std::from_chars(token.name.data(), last, index);
    if (plain && error == std::errc{} && end == last) token.index = index;
    compiled.tokens_.push_back(std::move(token));
  }
  return compiled;
}

std::optional<std::string_view> JsonPointer::find(std::string_view json) const {
  std::size_t at = skip_json_space(json, 0);
  for (const Token& token : tokens_) {
    if (at >= json.size()) return {};
    if (json[at] == '{') {
      at = find_member(json, at, token.name);
    } else if (json[at] == '[' && token.index) {
      at = find_item(json, at, *token.index);
    } else {
      return {};
    }
    if (at == npos) return {};
  }
  const std::size_t end = skip_json_value(json, at);
  if (end == npos) return {};
  return json.substr(at, end - at);
}

JsonExpectation::JsonExpectation(std::string_view json) : json_(json) {
  if (json.starts_with('"')) append_json_decoded(json, decoded_);
  number_ = json_number(json);
}

bool JsonExpectation::same(std::string_view value) const {
  if (value == json_) return true;
  if (number_) return json_number(value) == number_;
  if (json_.starts_with('"')) {
    if (!value.starts_with('"') || value.find('\\') == npos) {
      return value.size() == decoded_.size() + 2 && value.starts_with('"') &&
             value.substr(1, decoded_.size()) == decoded_;
    }
    std::string decoded;
    return append_json_decoded(value, decoded) && decoded == decoded_;
  }
  if (!json_.starts_with('{') && !json_.starts_with('[')) return false;
  const auto got = nlohmann::json::parse(value, nullptr, false);
  return !got.is_discarded() && got == nlohmann::json::parse(json_, nullptr, false);
}

}  // namespace dyno::scenario
