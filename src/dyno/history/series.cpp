#include "dyno/history/series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/history/rank_test.h"
#include "dyno/record/figures.h"

namespace dyno::history {

namespace {

constexpr std::size_t most_columns = 6;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

bool wanted(const std::vector<std::string>& globs, const std::string& subject,
            const std::string& figure) {
  if (globs.empty()) return true;
  const auto whole = subject + " " + figure;
  return std::any_of(globs.begin(), globs.end(),
                     [&](const auto& glob) { return matches_glob(glob, whole); });
}

std::string unit_of_figure(const std::string& figure) {
  if (figure == "real_time" || figure == "cpu_time") return "ns";
  return record::unit_of(figure);
}

// Runs of one commit that follow each other.
struct CommitGroup {
  std::string commit;
  std::string started;
  std::size_t from = 0;
  std::size_t to = 0;
};

std::vector<CommitGroup> groups_of(const Chart& chart) {
  std::vector<CommitGroup> groups;
  for (std::size_t i = 0; i < chart.runs.size(); ++i) {
    const auto& run = chart.runs[i];
    if (groups.empty() || groups.back().commit != run.commit) {
      groups.push_back({run.commit, run.started, i, i});
    }
    groups.back().to = i + 1;
  }
  return groups;
}

std::optional<double> value_of(const FigureSeries& series, const CommitGroup& group) {
  std::vector<double> values;
  for (auto i = group.from; i < group.to; ++i) {
    if (std::isfinite(series.values[i])) values.push_back(series.values[i]);
  }
  if (values.empty()) return {};
  return median(values);
}

const FigureSeries* series_for(const Chart& chart, const Column& column) {
  for (const auto& series : chart.series) {
    if (matches_glob(column.subject, series.subject) &&
        matches_glob(column.figure, series.figure)) {
      return &series;
    }
  }
  return nullptr;
}

std::string mark(const std::string& figure, std::optional<double> before, double now,
                 const TableOptions& options) {
  const auto sense = sense_of(figure);
  if (!before || *before <= 0 || sense == Sense::neither) return "";
  const auto change = now / *before - 1;
  const auto worse = sense == Sense::lower_is_better ? change : -change;
  if (worse > options.fail) return " ❌";
  return worse > options.warn ? " ⚠️" : "";
}

std::string escaped(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

std::string short_commit(const std::string& commit) { return escaped(commit.substr(0, 12)); }

// The cells of one figure, by group.
std::vector<std::string> cells_of(const Chart& chart, const Column& column,
                                  const std::vector<CommitGroup>& groups,
                                  const TableOptions& options) {
  std::vector<std::string> cells;
  const auto* series = series_for(chart, column);
  std::optional<double> before;
  for (const auto& group : groups) {
    const auto value = series == nullptr ? std::optional<double>{} : value_of(*series, group);
    if (!value) {
      cells.emplace_back("–");
      continue;
    }
    cells.push_back(record::value_to_string(*value, series->unit) +
                    mark(series->figure, before, *value, options));
    before = value;
  }
  return cells;
}

using Rows = std::vector<std::vector<std::string>>;

// Columns of characters, not bytes: what is beyond ASCII here is one column wide, a sign two.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (const unsigned char c : text) width += (c & 0xC0) != 0x80 ? 1 : 0;
  if (contains(text, "❌")) ++width;
  return width;
}

std::string padded_table(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 3);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += '|';
    for (std::size_t i = 0; i < widths.size(); ++i) {
      text += " " + rows[r][i] + std::string(widths[i] - width_of(rows[r][i]), ' ') + " |";
    }
    text += '\n';
    if (r > 0) continue;
    text += '|';
    for (const auto width : widths) text += std::string(width + 2, '-') + "|";
    text += '\n';
  }
  return text;
}

Rows transposed(const Rows& rows) {
  Rows result(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) result[i].push_back(row[i]);
  }
  return result;
}

}  // namespace

Sense sense_of(const std::string& figure) {
  static const std::set<std::string> rates{"rate",       "throughput.all",   "iteration_rate",
                                           "token_rate", "items_per_second", "bytes_per_second"};
  if (rates.count(figure) > 0 || figure.starts_with("tokens_per_second")) {
    return Sense::higher_is_better;
  }
  for (const auto* good : {"hit", "reduction", "saved", "score", "accuracy"}) {
    if (figure.starts_with("gauge.") && contains(figure, good)) return Sense::higher_is_better;
  }
  for (const auto* neither : {"requests", "iterations", "events", "tokens", "redirects", "users"}) {
    if (figure == neither || figure.starts_with(std::string(neither) + ".")) return Sense::neither;
  }
  if (figure.starts_with("gauge.")) return Sense::neither;
  return Sense::lower_is_better;
}

Chart chart_of(const History& history, const std::string& form,
               const std::vector<std::string>& globs) {
  Chart chart;
  if (history.runs.empty()) return chart;
  const auto shown = form.empty() ? history.runs.back().form : form;
  for (const auto& run : history.runs) {
    if (run.form == shown) chart.runs.push_back(run);
  }
  std::map<std::string, std::string> conditions;  // of the newest run of each subject
  for (const auto& run : chart.runs) {
    for (const auto& subject : run.subjects) conditions[subject.name] = subject.condition;
  }
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (std::size_t i = 0; i < chart.runs.size(); ++i) {
    for (const auto& subject : chart.runs[i].subjects) {
      if (subject.condition != conditions[subject.name]) continue;
      for (const auto& [figure, value] : subject.figures) {
        if (!wanted(globs, subject.name, figure)) continue;
        const auto [place, fresh] =
            places.try_emplace(std::pair{subject.name, figure}, chart.series.size());
        if (fresh) {
          chart.series.push_back({subject.name, figure, unit_of_figure(figure),
                                  std::vector<double>(chart.runs.size(), missing)});
        }
        chart.series[place->second].values[i] = value;
      }
    }
  }
  std::sort(chart.series.begin(), chart.series.end(), [](const auto& a, const auto& b) {
    return std::tie(a.subject, a.figure) < std::tie(b.subject, b.figure);
  });
  return chart;
}

std::vector<Column> default_columns(const Chart& chart) {
  std::vector<Column> columns;
  for (const auto& series : chart.series) {
    const bool whole_case =
        series.figure == "response_time.p95" && series.subject.find(": ") == std::string::npos;
    if (whole_case) columns.push_back({series.subject + " p95", series.subject, series.figure});
  }
  if (!columns.empty()) return columns;
  for (const auto& series : chart.series) {
    columns.push_back({series.subject + " " + series.figure, series.subject, series.figure});
  }
  return columns;
}

std::string table_by_commit(const Chart& chart, const std::vector<Column>& columns,
                            const TableOptions& options) {
  const auto all = groups_of(chart);
  const bool turned = columns.size() > most_columns;
  const auto count =
      std::min(all.size(), turned ? std::min(options.commits, most_columns) : options.commits);
  const auto skipped = all.size() - count;
  Rows rows(count + 1);
  rows[0].emplace_back("Commit");
  for (std::size_t i = 0; i < count; ++i)
    rows[i + 1].push_back(short_commit(all[skipped + i].commit));
  for (const auto& column : columns) {
    // All groups, so that the first one shown is marked by the one before it.
    const auto cells = cells_of(chart, column, all, options);
    rows[0].push_back(escaped(column.label));
    for (std::size_t i = 0; i < count; ++i) rows[i + 1].push_back(cells[skipped + i]);
  }
  auto text = padded_table(turned ? transposed(rows) : rows);
  text += fmt::format(
      "\n⚠️ more than {:g} %, ❌ more than {:g} % worse than the commit before; of several "
      "runs "
      "of a "
      "commit the median. A mark is a difference, not a proof: `dyno history changes` tells which "
      "ones last.\n",
      options.warn * 100, options.fail * 100);
  return text;
}

}  // namespace dyno::history
