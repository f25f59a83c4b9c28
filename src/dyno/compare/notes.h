// What a reader of a comparison should know besides its verdicts: of one kind one line, however
// many it is said of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dyno::compare {

struct Note {
  std::string what;    // "no number on either side, not compared"
  std::string name{};  // of what; empty: of everything
};

// In the order in which each kind was first noted: "NAME: WHAT" of one name, "WHAT: 24 in all, such
// as A; B; C" of many. What is noted twice of one name counts once.
std::vector<std::string> lines_of(const std::vector<Note>& notes);

}  // namespace dyno::compare
