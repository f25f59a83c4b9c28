#include "dyno/record/course_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/trend.h"

namespace dyno::record {

namespace {

constexpr std::size_t seconds_in_a_row = 3;
constexpr double more_failures = 0.01;

Figure untold(std::string why) { return {FigureState::no_data, 0, "", 0, {}, std::move(why)}; }

double exact_ns(Duration duration) { return static_cast<double>(duration.count()); }

Duration middle(const SeriesPoint& point) { return point.start + point.length / 2; }

bool is_within(const Window& window, const SeriesPoint& point) {
  return window.start <= middle(point) && middle(point) < window.end;
}

Duration statistic_of(const SeriesPoint& point, const FigureName& name) {
  if (name.statistic == Statistic::mean) return point.mean;
  if (name.percentile == 50) return point.p50;
  return name.percentile == 95 ? point.p95 : point.p99;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// What seconds are held to after a disturbance.
struct Band {
  double p95 = 0;
  double failed_share = 0;

  bool holds(const SeriesPoint& point) const {
    const auto requests = static_cast<double>(point.ok + point.failed);
    return point.ok > 0 && exact_ns(point.p95) <= p95 &&
           static_cast<double>(point.failed) <= failed_share * requests;
  }
};

Band band_of(const std::vector<const SeriesPoint*>& before, double percent) {
  std::vector<double> p95s;
  double requests = 0;
  double failed = 0;
  for (const auto* point : before) {
    if (point->ok > 0) p95s.push_back(exact_ns(point->p95));
    requests += static_cast<double>(point->ok + point->failed);
    failed += static_cast<double>(point->failed);
  }
  if (p95s.empty()) return {};
  const double worst = *std::max_element(p95s.begin(), p95s.end());
  return {std::max(worst, median(p95s) * (1 + percent / 100)), failed / requests + more_failures};
}

// From the first to the last window of that kind or name.
std::optional<Window> span_of(const RunRecord& record, std::string_view wanted) {
  std::optional<Window> span;
  for (const auto& window : record.windows) {
    if (!matches_window(window, wanted)) continue;
    if (!span) span = window;
    span->end = window.end;
  }
  return span;
}

struct BeforeAndAfter {
  std::vector<const SeriesPoint*> before;  // the steady seconds
  std::vector<const SeriesPoint*> after;   // all until the plan was over
};

BeforeAndAfter around(const RunRecord& record, const Window& disturbance) {
  BeforeAndAfter found;
  for (const auto& point : record.series) {
    const auto window = std::find_if(record.windows.begin(), record.windows.end(),
                                     [&](const Window& one) { return is_within(one, point); });
    if (window == record.windows.end() || window->kind == WindowKind::drain) continue;
    if (middle(point) >= disturbance.end) {
      found.after.push_back(&point);
    } else if (window->kind == WindowKind::steady && window->end <= disturbance.start) {
      found.before.push_back(&point);
    }
  }
  return found;
}

std::optional<std::size_t> first_back(const std::vector<const SeriesPoint*>& after,
                                      const Band& band) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    run = band.holds(*after[i]) ? run + 1 : 0;
    if (run == seconds_in_a_row) return i + 1 - seconds_in_a_row;
  }
  return {};
}

struct Level {
  const Window* window = nullptr;
  double users = 0;
  double rate = 0;
  std::uint64_t answered = 0;
};

Level level_of(const RunRecord& record, std::size_t index) {
  Level level;
  level.window = &record.windows[index];
  for (const auto& cell : record.cells) {
    if (cell.window == index && cell.outcome.ok()) level.answered += cell.completed_in_window;
  }
  level.rate = static_cast<double>(level.answered) * 1e9 /
               exact_ns(std::max(level.window->end - level.window->start, Duration{1}));
  double seconds = 0;
  for (const auto& point : record.series) {
    if (!is_within(*level.window, point)) continue;
    level.users += point.users;
    seconds += 1;
  }
  if (seconds > 0) level.users /= seconds;
  return level;
}

std::string told(const Level& level) {
  return fmt::format("{:.3g}/s with {:.0f} users", level.rate, level.users);
}

}  // namespace

Figure drift_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  if (query.endpoint != "*") return untold("drift is of all endpoints; leave 'endpoint' out");
  std::vector<std::pair<Duration, double>> points;
  std::vector<double> values;
  for (const auto& point : record.series) {
    const bool wanted =
        std::any_of(record.windows.begin(), record.windows.end(), [&](const Window& window) {
          return matches_window(window, query.window) && is_within(window, point);
        });
    if (!wanted || point.ok == 0) continue;
    values.push_back(exact_ns(statistic_of(point, name)));
    points.emplace_back(middle(point), values.back());
  }
  if (const auto why = too_few_for_trend(points)) return untold(*why);
  const auto trend = theil_sen(points);
  const double typical = median(values);
  if (!trend || typical <= 0) return untold("its seconds show no response time");
  const double scale = exact_ns(points.back().first - points.front().first) / 60e9 / typical;
  Figure result{FigureState::known, trend->per_minute * scale, "share", points.size(), {}, ""};
  result.interval = {trend->low * scale, trend->high * scale};
  return result;
}

Figure recovery_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  if (query.endpoint != "*") return untold("recovery is of all endpoints; leave 'endpoint' out");
  const auto disturbance = span_of(record, query.window);
  if (!disturbance) return untold(fmt::format("the run has no window '{}'", query.window));
  const auto [before, after] = around(record, *disturbance);
  if (before.size() < seconds_in_a_row || after.size() < seconds_in_a_row) {
    return untold(
        fmt::format("{} steady seconds before the window '{}' and {} after it; it takes {} of each",
                    before.size(), query.window, after.size(), seconds_in_a_row));
  }
  const Band band = band_of(before, name.percentile);
  const auto back = first_back(after, band);
  const Duration since = back ? after[*back]->start : after.back()->start + after.back()->length;
  Figure result{FigureState::known,
                exact_ns(std::max(since - disturbance->end, Duration::zero())),
                "ns",
                after.size(),
                {},
                ""};
  result.at_least = !back;
  result.why =
      fmt::format("as before is a p95 of {} and {:.3g} % failures at most, {} s in a row{}",
                  dyno::to_string(Duration{std::llround(band.p95)}), band.failed_share * 100,
                  seconds_in_a_row, back ? "" : "; it never was until the end of the run");
  return result;
}

Figure goodput_figure(const RunRecord& record, const FigureQuery& query) {
  if (query.endpoint != "*") return untold("goodput_kept is of all endpoints");
  std::vector<Level> levels;
  for (std::size_t i = 0; i < record.windows.size(); ++i) {
    if (matches_window(record.windows[i], query.window)) levels.push_back(level_of(record, i));
  }
  if (levels.size() < 2) {
    return untold(fmt::format("{} levels of load in the windows '{}'; it takes two at least",
                              levels.size(), query.window));
  }
  const auto less = [](const Level& a, const Level& b) { return a.rate < b.rate; };
  const auto knee = std::max_element(levels.begin(), levels.end(), less);
  if (knee->answered == 0) return untold("nothing was answered at any level");
  Figure result{FigureState::known, 1, "share", knee->answered, {}, ""};
  const Level* least = nullptr;
  for (auto level = knee + 1; level < levels.end(); ++level) {
    if (level->users < knee->users || (least && least->rate <= level->rate)) continue;
    least = &*level;
  }
  if (least) result.value = least->rate / knee->rate;
  result.why = least ? fmt::format("most at {}, beyond it {}", told(*knee), told(*least))
                     : fmt::format("it still rises up to {}", told(*knee));
  return result;
}

}  // namespace dyno::record
