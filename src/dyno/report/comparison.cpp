// A comparison as a table, what it concludes and what not, and what to do next.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/record/figures.h"
#include "dyno/report/report.h"
#include "dyno/report/words.h"

namespace dyno::report {

using record::Change;
using record::ComparedFigure;
using record::Comparison;

namespace {

// Whole nanoseconds would round the shortest benchmarks away.
std::string value_text(const std::optional<double>& value, const std::string& unit) {
  if (!value) return "-";
  if (unit == "ns" && *value < 1000) return fmt::format("{:.3g} ns", *value);
  return record::value_to_string(*value, unit);
}

std::string ratio_text(const ComparedFigure& figure) {
  return figure.ratio ? fmt::format("{:.3g}", *figure.ratio) : "-";
}

std::string interval_text(const ComparedFigure& figure) {
  return figure.low ? fmt::format("{:.3g} to {:.3g}", *figure.low, *figure.high) : "-";
}

std::string verdict_cell(const ComparedFigure& figure) {
  return figure.accepted.empty() ? to_string(figure.change) : to_string(figure.change) + "*";
}

// Columns on a terminal: the bytes of UTF-8 that begin a character.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string padded(const std::string& text, std::size_t columns, bool right) {
  const std::string blanks(columns - std::min(columns, width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

using Cells = std::vector<std::string>;

Cells cells_of(const ComparedFigure& figure) {
  return {verdict_cell(figure),
          figure.subject,
          figure.figure,
          value_text(figure.base, figure.unit),
          value_text(figure.head, figure.unit),
          ratio_text(figure),
          interval_text(figure)};
}

const Cells heading{"verdict", "benchmark", "figure", "base", "head", "ratio", "95 % interval"};

std::vector<const ComparedFigure*> sorted(const Comparison& comparison) {
  std::vector<const ComparedFigure*> figures;
  for (const auto& figure : comparison.figures) figures.push_back(&figure);
  std::stable_sort(figures.begin(), figures.end(),
                   [](const auto* a, const auto* b) { return a->change < b->change; });
  return figures;
}

std::size_t count(const Comparison& comparison, Change change) {
  return static_cast<std::size_t>(
      std::count_if(comparison.figures.begin(), comparison.figures.end(),
                    [&](const auto& figure) { return figure.change == change; }));
}

bool needs_evidence(const ComparedFigure& figure) {
  return figure.change != Change::equivalent && figure.change != Change::added;
}

// What is wanted next, by what is worst.
std::string next_step(const Comparison& comparison) {
  const auto open = [&](Change change) {
    return std::any_of(
        comparison.figures.begin(), comparison.figures.end(),
        [&](const auto& figure) { return figure.change == change && figure.accepted.empty(); });
  };
  if (comparison.figures.empty()) {
    return "there is nothing to compare: measure both sides again";
  }
  if (open(Change::errored)) return "mend what is errored and measure that side again";
  if (open(Change::missing)) {
    return "measure the head again with what is missing; gone on purpose, it is accepted with dyno "
           "baseline accept WHAT --missing";
  }
  if (open(Change::regressed)) {
    return "find what made it slower, or, known and wanted, accept it with dyno baseline accept "
           "WHAT "
           "--range LOW..HIGH";
  }
  if (open(Change::no_baseline)) {
    return "measure both sides on this machine under one load (dyno ab BASE HEAD), or save a "
           "baseline "
           "here (dyno baseline save, scripts/perf --save-baseline)";
  }
  if (open(Change::inconclusive)) {
    return "measure more processes of each side, one file per process, in turns (dyno ab does "
           "that)";
  }
  return "nothing; the head may become the baseline";
}

std::string concluded(const Comparison& comparison) {
  std::string text;
  for (const auto change : {Change::regressed, Change::improved, Change::equivalent,
                            Change::missing, Change::errored, Change::added}) {
    const auto many = count(comparison, change);
    if (many > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", many, to_string(change));
  }
  return text.empty() ? "nothing" : text;
}

std::string not_concluded(const Comparison& comparison) {
  std::string text;
  for (const auto change : {Change::inconclusive, Change::no_baseline}) {
    const auto many = count(comparison, change);
    if (many > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", many, to_string(change));
  }
  return text.empty() ? "nothing" : text + "; that is no pass";
}

std::string without_bars(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

const char* colour_of(Change change) {
  switch (change) {
    case Change::regressed:
    case Change::missing:
    case Change::errored:
      return "\033[31m";
    case Change::improved:
    case Change::equivalent:
      return "\033[32m";
    default:
      return "\033[33m";
  }
}

}  // namespace

std::string comparison_table(const Comparison& comparison, bool colour) {
  std::vector<std::size_t> columns;
  for (const auto& title : heading) columns.push_back(width(title));
  const auto figures = sorted(comparison);
  for (const auto* figure : figures) {
    const auto cells = cells_of(*figure);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      columns[i] = std::max(columns[i], width(cells[i]));
    }
  }
  const auto line = [&](const Cells& cells, const char* paint) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto cell = padded(cells[i], columns[i], i >= 3);
      text += (i == 0 ? "" : "  ") + (i == 0 && paint != nullptr ? paint + cell + "\033[0m" : cell);
    }
    text.resize(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  auto text = fmt::format("{} against {}\n\n", comparison.head, comparison.base);
  text += line(heading, nullptr);
  for (const auto* figure : figures) {
    text += line(cells_of(*figure), colour ? colour_of(figure->change) : nullptr);
  }
  text += "\n";
  for (const auto* figure : figures) {
    if (needs_evidence(*figure)) text += figure->message + "\n";
  }
  for (const auto& note : comparison.notes) text += fmt::format("note: {}\n", note);
  const bool accepted = std::any_of(figures.begin(), figures.end(),
                                    [](const auto* figure) { return !figure->accepted.empty(); });
  if (accepted) text += "* known and accepted: no part of the exit status\n";
  const auto status = record::exit_status(comparison);
  return text + fmt::format("\nconcluded: {}\nnot concluded: {}\n{} (exit status {}); next: {}\n",
                            concluded(comparison), not_concluded(comparison), word(status),
                            static_cast<int>(status), next_step(comparison));
}

std::string comparison_markdown(const Comparison& comparison) {
  const auto status = record::exit_status(comparison);
  auto text = fmt::format("# {} against {}: {}\n\nConcluded: {}. Not concluded: {}.\n\n",
                          without_bars(comparison.head), without_bars(comparison.base),
                          word(status), concluded(comparison), not_concluded(comparison));
  text += fmt::format("| {} |\n|---|---|---|---:|---:|---:|---:|\n", fmt::join(heading, " | "));
  for (const auto* figure : sorted(comparison)) {
    auto cells = cells_of(*figure);
    for (auto& cell : cells) cell = without_bars(cell);
    text += fmt::format("| {} |\n", fmt::join(cells, " | "));
  }
  text += "\n";
  for (const auto* figure : sorted(comparison)) {
    if (needs_evidence(*figure)) text += fmt::format("- {}\n", figure->message);
  }
  for (const auto& note : comparison.notes) text += fmt::format("- note: {}\n", note);
  return text + fmt::format("\nNext: {}.\n", next_step(comparison));
}

}  // namespace dyno::report
