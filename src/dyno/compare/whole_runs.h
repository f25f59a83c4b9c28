// Runs of which, as a whole, nothing can be compared: that of a case which cannot be believed, and
// what was measured on other data. Each is one row of the comparison in place of one for each of
// its figures.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dyno/compare/notes.h"
#include "dyno/compare/side.h"
#include "dyno/compare/unpaired.h"
#include "dyno/record/comparison.h"

namespace dyno::compare {

// Of the runs that both sides have, those of which one cannot be believed. What one side does not
// have at all is missing or new, figure by figure.
class UnfitRuns {
 public:
  UnfitRuns(const Side& base, const Side& head);

  // Whether that is a figure of such a run, and so not to be compared.
  bool has(const Key& key) const { return keys_.contains(key); }

  // Each as errored; those of which neither side has one to be believed as a note, since that is no
  // fault of the head's alone.
  void add_to(record::Comparison& comparison, std::vector<Note>& notes) const;

 private:
  struct Runs {
    std::size_t all = 0;
    std::vector<std::string> errors;  // of those that cannot be believed, with their source
  };
  using RunsByName = std::map<std::string, Runs>;

  static RunsByName runs_of(const Side& side);
  static std::string words(const char* side, const Runs& runs);

  RunsByName base_;
  RunsByName head_;
  std::vector<std::string> names_;
  std::set<Key> keys_;
};

// Why what these measured says nothing to each other: "measured on other data: ..."; empty where it
// does, or where one of them does not say what it was measured on.
std::string why_other_data(const Group& base, const Group& head);

}  // namespace dyno::compare
