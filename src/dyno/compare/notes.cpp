#include "dyno/compare/notes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dyno::compare {

namespace {

constexpr std::size_t most_examples = 3;

using Kind = std::pair<std::string, std::vector<std::string>>;  // what, and of what

std::vector<Kind> kinds_of(const std::vector<Note>& notes) {
  std::vector<Kind> kinds;
  for (const auto& note : notes) {
    auto kind = std::find_if(kinds.begin(), kinds.end(),
                             [&](const Kind& one) { return one.first == note.what; });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {note.what, {}});
    auto& names = kind->second;
    const bool known = std::find(names.begin(), names.end(), note.name) != names.end();
    if (!note.name.empty() && !known) names.push_back(note.name);
  }
  return kinds;
}

std::string line_of(const std::string& what, const std::vector<std::string>& names) {
  if (names.empty()) return what;
  if (names.size() == 1) return fmt::format("{}: {}", names.front(), what);
  if (names.size() <= most_examples) return fmt::format("{}: {}", what, fmt::join(names, "; "));
  return fmt::format("{}: {} in all, such as {}", what, names.size(),
                     fmt::join(names.begin(), names.begin() + most_examples, "; "));
}

}  // namespace

std::vector<std::string> lines_of(const std::vector<Note>& notes) {
  std::vector<std::string> lines;
  for (const auto& [what, names] : kinds_of(notes)) lines.push_back(line_of(what, names));
  return lines;
}

}  // namespace dyno::compare
