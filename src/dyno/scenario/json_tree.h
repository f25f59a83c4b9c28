// A JSON file as a tree that knows where everything stands, for messages with line and column.
// Comments (// and /* */) are allowed. Small files only: each value is a node of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/result.h"

namespace dyno::scenario {

struct Member;

struct Node {
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::size_t offset = 0;  // in the text of the file
  std::string text;        // of a string, decoded; of a number or a literal, as written
  double number = 0;
  std::vector<Member> members;
  std::vector<Node> items;

  // The member of that name; null when there is none, or when this is no object.
  const Node* find(std::string_view key) const;
};

struct Member {
  std::string key;
  std::size_t offset = 0;  // of the key
  Node value;
};

inline constexpr std::size_t deepest_nesting = 64;

// Errors begin with "file:line:column: ": what is no JSON, a key that stands twice in one object,
// more than deepest_nesting levels. Any bytes may be given.
Result<Node> parse_tree(std::string_view text, std::string_view file_name);

// "file:12:7: what"; columns are bytes, both count from 1.
Error error_at(std::string_view text, std::string_view file_name, std::size_t offset,
               std::string_view what);

}  // namespace dyno::scenario
