#include "dyno/history/review.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/compare/statistics.h"
#include "dyno/core/text.h"
#include "dyno/history/rank_test.h"
#include "dyno/record/figures.h"

namespace dyno::history {

using compare::Acceptance;

namespace {

constexpr double creep_level = 0.001;
// False alarms per 1 000 points when looked at once. Looking after every point makes one or two of
// each, and some twenty where runs resemble each other (results/proofs/change-points).
constexpr double aimed_at_by_all = 0.2;

bool same_commit(const std::string& commit, const std::string& wanted) {
  return !wanted.empty() && commit.starts_with(wanted);
}

// Why a change is accepted; what ended is noted.
std::string accepted_by(const std::vector<Acceptance>& acceptances, const FigureSeries& series,
                        const ChangePoint& point, const std::string& commit,
                        const std::string& today, std::vector<std::string>& notes) {
  const auto say = [&](std::string note) {  // once, though several acceptances may be of it
    if (std::find(notes.begin(), notes.end(), note) == notes.end())
      notes.push_back(std::move(note));
  };
  for (const auto& acceptance : acceptances) {
    const auto whole = series.subject + " " + series.figure;
    const bool named =
        matches_glob(acceptance.what, series.subject) || matches_glob(acceptance.what, whole);
    if (!named || !same_commit(commit, acceptance.commit)) continue;
    if (!acceptance.range || point.before <= 0) continue;
    const auto ratio = point.after / point.before;
    if (ratio < acceptance.range->first || ratio > acceptance.range->second) {
      say(
          fmt::format("{}: by {} it became {:.3f} times as large, and {:g} to {:g} is "
                      "what is accepted",
                      whole, commit, ratio, acceptance.range->first, acceptance.range->second));
      continue;
    }
    if (acceptance.expires < today) {
      say(fmt::format("{}: that the change by {} is accepted ended on {}", whole, commit,
                      acceptance.expires));
      continue;
    }
    return fmt::format("{} (until {})", acceptance.reason, acceptance.expires);
  }
  return "";
}

bool is_worse_than(Sense sense, double a, double b) {
  return sense == Sense::lower_is_better ? a > b : sense == Sense::higher_is_better && a < b;
}

std::vector<std::size_t> there(const FigureSeries& series, std::size_t from) {
  std::vector<std::size_t> places;
  for (auto i = from; i < series.values.size(); ++i) {
    if (std::isfinite(series.values[i]) && series.values[i] > 0) places.push_back(i);
  }
  return places;
}

// The logs of a window, turned so that more is worse.
std::vector<double> badness(const FigureSeries& series, const std::vector<std::size_t>& places,
                            std::size_t from, std::size_t count, Sense sense) {
  std::vector<double> values;
  for (auto i = from; i < from + count; ++i) {
    const auto value = std::log(series.values[places[i]]);
    values.push_back(sense == Sense::lower_is_better ? value : -value);
  }
  return values;
}

// The newest window against the best of those from `from` on, the run of the last accepted change.
std::optional<Creep> creep_of(const FigureSeries& series, std::size_t from,
                              const ReviewOptions& options) {
  const auto sense = sense_of(series.figure);
  const auto places = there(series, from);
  const auto window = options.window;
  if (sense == Sense::neither || places.size() < 2 * window) return {};
  const auto newest_from = places.size() - window;
  const auto newest = badness(series, places, newest_from, window, sense);
  const auto now = median(newest);
  std::vector<double> best;
  std::size_t best_from = 0;
  for (std::size_t i = 0; i + window <= newest_from; i += window) {
    auto values = badness(series, places, i, window, sense);
    if (best.empty() || median(values) < median(best)) {
      best = std::move(values);
      best_from = i;
    }
  }
  const auto reference = median(best);
  if (now - reference <= std::log1p(options.budget)) return {};
  Creep creep{&series, places[best_from], 0, 0, 0, 1};
  creep.p = compare::p_above(best, newest, std::log1p(options.budget / 2));
  if (creep.p > creep_level) return {};
  const auto sign = sense == Sense::lower_is_better ? 1 : -1;
  creep.reference = std::exp(sign * reference);
  creep.now = std::exp(sign * now);
  creep.change = creep.now / creep.reference - 1;
  return creep;
}

std::string percent_of(double share) { return fmt::format("{:+.1f} %", share * 100); }

std::string figure_line(const Finding& finding) {
  const auto& series = *finding.series;
  const auto& point = finding.point;
  const auto sense = sense_of(series.figure);
  const auto* word = finding.worse ? "worse" : sense == Sense::neither ? "changed" : "better";
  auto line = fmt::format("  {:<7} {} {}: {} → {}{}, p {:.2g}", word, series.subject, series.figure,
                          record::value_to_string(point.before, series.unit),
                          record::value_to_string(point.after, series.unit),
                          point.change ? " (" + percent_of(*point.change) + ")" : "", point.p);
  if (!finding.accepted.empty()) return line + "; accepted: " + finding.accepted;
  if (finding.worse && !finding.standing) line += "; since made good";
  return line;
}

nlohmann::json finding_json(const Chart& chart, const Finding& finding) {
  const auto& run = chart.runs[finding.run];
  return {{"subject", finding.series->subject},
          {"figure", finding.series->figure},
          {"unit", finding.series->unit},
          {"commit", run.commit},
          {"commit_before", finding.run > 0 ? chart.runs[finding.run - 1].commit : ""},
          {"run", run.id},
          {"started", run.started},
          {"index", finding.run},
          {"before", finding.point.before},
          {"after", finding.point.after},
          {"change", finding.point.change ? nlohmann::json(*finding.point.change) : nullptr},
          {"p", finding.point.p},
          {"worse", finding.worse},
          {"standing", finding.standing},
          {"accepted", finding.accepted}};
}

nlohmann::json creep_json(const Chart& chart, const Creep& creep) {
  return {{"subject", creep.series->subject},
          {"figure", creep.series->figure},
          {"unit", creep.series->unit},
          {"reference_commit", chart.runs[creep.reference_run].commit},
          {"reference", creep.reference},
          {"now", creep.now},
          {"change", creep.change},
          {"p", creep.p}};
}

}  // namespace

bool Review::alerts() const {
  return !creeps.empty() || std::any_of(findings.begin(), findings.end(),
                                        [](const auto& finding) { return finding.standing; });
}

ChangeOptions shared_by(std::size_t series, const ChangeOptions& options) {
  auto each = options;
  const auto share = aimed_at_by_all / static_cast<double>(std::max<std::size_t>(series, 1));
  each.false_alarms_per_1000 = std::min(options.false_alarms_per_1000, share);
  return each;
}

Review review(const Chart& chart, const std::vector<Acceptance>& acceptances,
              const std::string& today, const ReviewOptions& options) {
  Review result;
  const auto detection = shared_by(chart.series.size(), options.change);
  result.fewest = fewest_points(detection);
  for (const auto& series : chart.series) {
    const auto analysis = find_changes(series.values, detection);
    ++result.series;
    result.points += analysis.points;
    if (!analysis.cannot.empty()) ++result.short_series;
    const auto sense = sense_of(series.figure);
    std::size_t accepted_from = 0;
    for (const auto& point : analysis.changes) {
      Finding finding{&series, point, point.at, is_worse_than(sense, point.after, point.before),
                      false,   ""};
      if (finding.worse) {
        finding.accepted = accepted_by(acceptances, series, point, chart.runs[point.at].commit,
                                       today, result.notes);
        const auto newest = analysis.changes.back().after;
        const auto least = std::abs(point.before) * options.change.least_change;
        finding.standing = finding.accepted.empty() && is_worse_than(sense, newest, point.before) &&
                           std::abs(newest - point.before) >= least;
      }
      if (!finding.accepted.empty()) accepted_from = point.at;
      result.findings.push_back(std::move(finding));
    }
    if (auto creep = creep_of(series, accepted_from, options)) {
      result.creeps.push_back(*creep);
    }
  }
  std::stable_sort(result.findings.begin(), result.findings.end(),
                   [](const auto& a, const auto& b) { return a.run > b.run; });
  return result;
}

std::string review_text(const Chart& chart, const Review& review, const ReviewOptions& options) {
  std::string text;
  for (std::size_t i = 0; i < review.findings.size();) {
    const auto run = review.findings[i].run;
    const auto& of = chart.runs[run];
    text += fmt::format("{}  {}  run {} of {}", of.commit.substr(0, 12), of.started, run + 1,
                        chart.runs.size());
    if (run > 0 && chart.runs[run - 1].commit == of.commit) {
      text += ": between two runs of one commit, so not by the code: look at the machine";
    } else if (run > 0) {
      text += ", after " + chart.runs[run - 1].commit.substr(0, 12);
    }
    text += '\n';
    for (; i < review.findings.size() && review.findings[i].run == run; ++i) {
      text += figure_line(review.findings[i]) + "\n";
    }
  }
  for (const auto& creep : review.creeps) {
    text += fmt::format(
        "crept   {} {}: {} → {} ({}) since {}, in steps that each may be too small to see; the "
        "budget is {:g} %\n",
        creep.series->subject, creep.series->figure,
        record::value_to_string(creep.reference, creep.series->unit),
        record::value_to_string(creep.now, creep.series->unit), percent_of(creep.change),
        chart.runs[creep.reference_run].commit.substr(0, 12), options.budget * 100);
  }
  if (review.findings.empty() && review.creeps.empty()) text += "no change seen\n";
  text += fmt::format("{} runs, {} figures, {} points", chart.runs.size(), review.series,
                      review.points);
  if (review.short_series > 0) {
    text += fmt::format(
        "; {} of the figures have fewer than {} points, of which no change can be "
        "told from noise",
        review.short_series, review.fewest);
  }
  text += '\n';
  for (const auto& note : review.notes) text += "note: " + note + "\n";
  return text;
}

std::string review_json(const Chart& chart, const Review& review) {
  nlohmann::json alerts = nlohmann::json::array();
  nlohmann::json changes = nlohmann::json::array();
  nlohmann::json creeps = nlohmann::json::array();
  for (const auto& finding : review.findings) {
    changes.push_back(finding_json(chart, finding));
    if (finding.standing) alerts.push_back(changes.back());
  }
  for (const auto& creep : review.creeps) {
    creeps.push_back(creep_json(chart, creep));
    alerts.push_back(creeps.back());
  }
  const nlohmann::json whole = {
      {"alerts", alerts}, {"changes", changes}, {"creeps", creeps}, {"notes", review.notes}};
  return whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace dyno::history
