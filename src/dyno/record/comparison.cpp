#include "dyno/record/comparison.h"

#include <array>

namespace dyno::record {

namespace {

constexpr std::array<std::string_view, 8> words = {"regressed",    "improved",   "equivalent",
                                                   "inconclusive", "missing",    "new",
                                                   "errored",      "no baseline"};

ExitStatus exit_status(Change change) {
  switch (change) {
    case Change::improved:
    case Change::equivalent:
    case Change::added:
      return ExitStatus::pass;
    case Change::regressed:
      return ExitStatus::fail;
    case Change::missing:
    case Change::errored:
      return ExitStatus::invalid;
    case Change::inconclusive:
    case Change::no_baseline:
      return ExitStatus::inconclusive;
  }
  return ExitStatus::invalid;
}

}  // namespace

std::string to_string(Change change) {
  return std::string(words.at(static_cast<std::size_t>(change)));
}

std::optional<Change> parse_change(std::string_view word) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return static_cast<Change>(i);
  }
  return {};
}

ExitStatus exit_status(const Comparison& comparison) {
  if (comparison.figures.empty()) return ExitStatus::inconclusive;
  auto status = ExitStatus::pass;
  for (const auto& figure : comparison.figures) {
    if (figure.accepted.empty()) status = worst(status, exit_status(figure.change));
  }
  return status;
}

}  // namespace dyno::record
