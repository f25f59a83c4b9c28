// A comparison as a table, what it concludes and what not, and what to do next.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/core/text.h"
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
                   [](const auto* a, const auto* b) { return matters_more(a->change, b->change); });
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

// The evidence of these figures; of those without a baseline each reason once.
std::vector<std::string> evidence(const std::vector<const ComparedFigure*>& figures,
                                  const Comparison& comparison) {
  std::vector<std::string> lines;
  bool told = false;
  for (const auto* figure : figures) {
    if (figure->change == Change::no_baseline) {
      if (!told) {
        const auto reasons = why_no_baseline(comparison);
        lines.insert(lines.end(), reasons.begin(), reasons.end());
      }
      told = true;
    } else if (needs_evidence(*figure)) {
      lines.push_back(figure->message);
    }
  }
  return lines;
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
    return "measure both sides on this machine under one load, on the same data (dyno ab BASE "
           "HEAD), or save a baseline here (dyno baseline save, scripts/perf --save-baseline)";
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
  return text.empty() ? "nothing" : text;
}

// More rows than a screen or two holds, in which there is nothing to act on, hide those that
// matter.
constexpr std::size_t most_ordinary_rows = 40;

struct ShownRows {
  std::vector<const ComparedFigure*> shown;
  std::string hidden;  // how many of what; empty: none
};

ShownRows shown_rows(const Comparison& comparison, bool all) {
  ShownRows rows{sorted(comparison), ""};
  const auto ordinary = std::find_if(rows.shown.begin(), rows.shown.end(), [](const auto* figure) {
    return is_ordinary(figure->change);
  });
  const auto many = static_cast<std::size_t>(rows.shown.end() - ordinary);
  if (all || many <= most_ordinary_rows) return rows;
  rows.shown.erase(ordinary, rows.shown.end());
  for (const auto change : {Change::equivalent, Change::inconclusive, Change::no_baseline}) {
    const auto of_it = count(comparison, change);
    if (of_it == 0) continue;
    rows.hidden +=
        fmt::format("{}{} {}", rows.hidden.empty() ? "" : ", ", of_it, to_string(change));
  }
  return rows;
}

// A pull request takes comments of 65 536 characters.
constexpr std::size_t most_rows = 100;
constexpr std::size_t most_reasons = 25;

std::string change_text(const ComparedFigure& figure) {
  const auto percent = [](double ratio) { return fmt::format("{:+.1f} %", (ratio - 1) * 100); };
  if (!figure.ratio) return "";
  if (!figure.low || !figure.high) return percent(*figure.ratio);
  return fmt::format("{} ({} to {})", percent(*figure.ratio), percent(*figure.low),
                     percent(*figure.high));
}

std::string compared_table(const std::vector<const ComparedFigure*>& figures) {
  std::string text = "| verdict | what | base | head | change (95 %) |\n|---|---|---:|---:|---:|\n";
  for (std::size_t i = 0; i < std::min(most_rows, figures.size()); ++i) {
    const auto& figure = *figures[i];
    const auto name =
        figure.figure == "real_time" ? figure.subject : figure.subject + " " + figure.figure;
    text += fmt::format("| {}{} | {} | {} | {} | {} |\n", to_string(figure.change),
                        figure.accepted.empty() ? "" : ", accepted", escaped(name),
                        value_text(figure.base, figure.unit), value_text(figure.head, figure.unit),
                        change_text(figure));
  }
  if (figures.size() > most_rows) {
    text += fmt::format("\nand {} more\n", figures.size() - most_rows);
  }
  return text;
}

}  // namespace

std::string comparison_table(const Comparison& comparison, bool colour, bool all) {
  std::vector<std::size_t> columns;
  for (const auto& title : heading) columns.push_back(columns_of(title));
  const auto [figures, hidden] = shown_rows(comparison, all);
  for (const auto* figure : figures) {
    const auto cells = cells_of(*figure);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      columns[i] = std::max(columns[i], columns_of(cells[i]));
    }
  }
  const auto line = [&](const Cells& cells, const char* code) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto cell = i >= 3 ? right_in(columns[i], cells[i]) : left_in(columns[i], cells[i]);
      text += i == 0 ? painted(cell, code, code != nullptr) : "  " + cell;
    }
    text.resize(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  auto text = fmt::format("{} against {}\n\n", comparison.head, comparison.base);
  if (!figures.empty() || hidden.empty()) text += line(heading, nullptr);
  for (const auto* figure : figures) {
    text += line(cells_of(*figure), colour ? code_of(figure->change) : nullptr);
  }
  if (!hidden.empty()) text += fmt::format("... {}: --all shows them\n", hidden);
  text += "\n";
  for (const auto& told : evidence(figures, comparison)) text += told + "\n";
  if (!hidden.empty()) {
    for (const auto& why : why_no_baseline(comparison)) text += why + "\n";
  }
  for (const auto& note : comparison.notes) text += fmt::format("note: {}\n", note);
  const bool accepted = std::any_of(figures.begin(), figures.end(),
                                    [](const auto* figure) { return !figure->accepted.empty(); });
  if (accepted) text += "* known and accepted: no part of the exit status\n";
  const auto status = record::exit_status(comparison);
  const bool open = status == ExitStatus::inconclusive;
  return text + fmt::format("\nconcluded: {}\nnot concluded: {}{}\n{} (exit status {}); next: {}\n",
                            concluded(comparison), not_concluded(comparison),
                            open ? "; that is no pass" : "", word(status), static_cast<int>(status),
                            next_step(comparison));
}

std::string findings(const Comparison& comparison) {
  auto text = fmt::format("Concluded: {}. Not concluded: {}.\n", concluded(comparison),
                          not_concluded(comparison));
  auto open = sorted(comparison);
  const auto end = std::stable_partition(
      open.begin(), open.end(), [](const auto* figure) { return needs_evidence(*figure); });
  const std::vector<const ComparedFigure*> settled(end, open.end());
  open.erase(end, open.end());
  auto reasons = evidence(open, comparison);
  if (reasons.size() > most_reasons) reasons.resize(most_reasons);
  if (!open.empty()) text += fmt::format("\n{}\n{}", compared_table(open), list(reasons));
  if (!settled.empty()) {
    text += fmt::format("\n<details><summary>{} without a change</summary>\n\n{}\n</details>\n",
                        settled.size(), compared_table(settled));
  }
  return text + (comparison.notes.empty() ? "" : "\n" + list(comparison.notes));
}

std::string markdown(const Comparison& comparison) {
  return fmt::format("# {} against {}: {}\n\n{}\nNext: {}.\n", escaped(comparison.head),
                     escaped(comparison.base), word(record::exit_status(comparison)),
                     findings(comparison), next_step(comparison));
}

}  // namespace dyno::report
