// Looks into JSON text without building anything from it: finds the value at a pointer, compares
// it, decodes a string. What is skipped on the way is not validated; of text that is no JSON at all
// nothing is found. Nothing here allocates but for the text it is asked to append.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/result.h"

namespace dyno::scenario {

// The end of the value that begins at `at` (not at white space); npos when there is none.
std::size_t skip_json_value(std::string_view json, std::size_t at);

inline constexpr auto npos = std::string_view::npos;

// The first position from `at` on that is not white space.
std::size_t skip_json_space(std::string_view json, std::size_t at);

// The number that `json` is as a whole; nothing when it is none.
std::optional<double> json_number(std::string_view json);

// Appends `text` as it stands between the quotes of a JSON string (RFC 8259, section 7).
void append_json_escaped(std::string_view text, std::string& out);

// Appends what a JSON string, given with its quotes, says; escapes of half a surrogate pair become
// U+FFFD. False when it is not a JSON string; what was appended until then stays.
bool append_json_decoded(std::string_view quoted, std::string& out);

// Appends a value of JSON as text: a string without its quotes, anything else as it is written.
void append_json_as_text(std::string_view value, std::string& out);

// A JSON pointer (RFC 6901), compiled: "/items/0/name"; "" is the whole.
class JsonPointer {
 public:
  JsonPointer() = default;
  static Result<JsonPointer> compile(std::string_view pointer);

  // The text of the value there, a view into `json`; nothing when there is none. Of members with
  // the same name the first counts.
  std::optional<std::string_view> find(std::string_view json) const;

 private:
  struct Token {
    std::string name;
    std::optional<std::size_t> index;  // when it can be one of an array
  };
  std::vector<Token> tokens_;
};

// A value that an answer is compared with.
class JsonExpectation {
 public:
  JsonExpectation() : JsonExpectation("null") {}

  // `json`: one complete value.
  explicit JsonExpectation(std::string_view json);

  // Whether `value` is the same: numbers by value, strings by what they say, arrays and objects
  // member by member (these two are parsed, the others are not).
  bool same(std::string_view value) const;

  const std::string& text() const { return json_; }

 private:
  std::string json_;
  std::string decoded_;           // of a string
  std::optional<double> number_;  // of a number
};

}  // namespace dyno::scenario
