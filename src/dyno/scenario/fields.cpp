#include "dyno/scenario/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/scenario/in_quotes.h"

namespace dyno::scenario {

void Problems::add(std::size_t offset, std::string_view what) {
  if (!first_) first_ = error_at(text_, file_name_, offset, what);
}

std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::boolean:
      return "true or false";
    case Node::Kind::number:
      return "a number";
    case Node::Kind::string:
      return "a text";
    case Node::Kind::array:
      return "a list";
    case Node::Kind::object:
      return "an object";
  }
  return "nothing";
}

std::string read_text(const Node& node, std::string_view what, Problems& problems) {
  if (node.kind == Node::Kind::string) return node.text;
  problems.add(node, fmt::format("{} must be a text, and is {}", what, kind_name(node)));
  return {};
}

double read_number(const Node& node, std::string_view what, Problems& problems) {
  if (node.kind == Node::Kind::number) return node.number;
  problems.add(node, fmt::format("{} must be a number, and is {}", what, kind_name(node)));
  return 0;
}

bool read_bool(const Node& node, std::string_view what, Problems& problems) {
  if (node.kind == Node::Kind::boolean) return node.text == "true";
  problems.add(node, fmt::format("{} must be true or false, and is {}", what, kind_name(node)));
  return false;
}

Duration read_duration(const Node& node, std::string_view what, Problems& problems) {
  if (node.kind != Node::Kind::string && node.kind != Node::Kind::number) {
    problems.add(
        node, fmt::format("{} must be a time such as \"30s\", and is {}", what, kind_name(node)));
    return {};
  }
  const auto duration = parse_duration(node.text);
  if (duration) return *duration;
  problems.add(node, fmt::format("{}: {} is not a time: write e.g. \"250ms\", \"30s\" or \"1h30m\"",
                                 what, in_quotes(node.text)));
  return {};
}

Fields::Fields(const Node& node, std::string_view what,
               std::initializer_list<std::string_view> known, Problems& problems)
    : node_(&node), problems_(problems) {
  if (node.kind != Node::Kind::object) {
    problems.add(node, fmt::format("{} must be an object, and is {}", what, kind_name(node)));
    return;
  }
  for (const Member& member : node.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    const auto meant = nearest(member.key, {known.begin(), known.end()});
    const std::string advice = meant ? fmt::format("did you mean {}?", in_quotes(*meant))
                                     : fmt::format("{} has {}", what, fmt::join(known, ", "));
    problems.add(member.offset, fmt::format("unknown key {}; {}", in_quotes(member.key), advice));
    return;
  }
}

std::string Fields::text(std::string_view key) const {
  const Node* const found = find(key);
  return found ? read_text(*found, in_quotes(key), problems_) : std::string{};
}

std::optional<double> Fields::number(std::string_view key) const {
  const Node* const found = find(key);
  if (!found) return {};
  return read_number(*found, in_quotes(key), problems_);
}

std::optional<Duration> Fields::duration(std::string_view key) const {
  const Node* const found = find(key);
  if (!found) return {};
  return read_duration(*found, in_quotes(key), problems_);
}

bool Fields::flag(std::string_view key) const {
  const Node* const found = find(key);
  return found && read_bool(*found, in_quotes(key), problems_);
}

}  // namespace dyno::scenario
