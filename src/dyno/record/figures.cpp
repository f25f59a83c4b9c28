#include "dyno/record/figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/cell_figures.h"
#include "dyno/record/course_figures.h"
#include "dyno/record/figure_name.h"
#include "dyno/record/resource_figures.h"

namespace dyno::record {

namespace {

double in_ns(Duration duration) { return static_cast<double>(duration.count()); }

// How much of an interval of the series lies in the windows asked for, from 0 to 1.
double share_in(const RunRecord& record, const SeriesPoint& point, std::string_view window) {
  Duration inside{};
  for (const Window& candidate : record.windows) {
    if (!matches_window(candidate, window)) continue;
    const auto from = std::max(candidate.start, point.start);
    const auto to = std::min(candidate.end, point.start + point.length);
    inside += std::max(to - from, Duration::zero());
  }
  return point.length > Duration::zero() ? in_ns(inside) / in_ns(point.length) : 0;
}

// Of the series, which is by intervals: one that lies across the end of a window counts in part.
Figure iterations_figure(const RunRecord& record, const FigureName& name,
                         const FigureQuery& query) {
  double ended = 0;
  double length = 0;
  for (const SeriesPoint& point : record.series) {
    const double share = share_in(record, point, query.window);
    ended += share * static_cast<double>(point.iterations);
    length += share * in_ns(point.length);
  }
  if (length <= 0) return no_figure(fmt::format("the run has no window '{}'", query.window));
  const auto samples = static_cast<std::uint64_t>(std::llround(ended));
  if (name.family == Family::iterations) return known_figure(std::round(ended), "", samples);
  return known_figure(ended * 1e9 / length, "1/s", samples);
}

Figure users_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  std::vector<double> levels;
  for (const SeriesPoint& point : record.series) {
    if (share_in(record, point, query.window) >= 0.5) levels.push_back(point.users);
  }
  if (levels.empty())
    return no_figure(fmt::format("no second lies in the window '{}'", query.window));
  const auto samples = levels.size();
  if (name.statistic == Statistic::last) return known_figure(levels.back(), "", samples);
  const auto [least, most] = std::minmax_element(levels.begin(), levels.end());
  if (name.statistic == Statistic::min) return known_figure(*least, "", samples);
  if (name.statistic == Statistic::max) return known_figure(*most, "", samples);
  const double sum = std::accumulate(levels.begin(), levels.end(), 0.0);
  return known_figure(sum / static_cast<double>(samples), "", samples);
}

}  // namespace

bool matches_window(const Window& window, std::string_view wanted) {
  return wanted == "*" || wanted == window.name || wanted == metrics::to_string(window.kind);
}

std::string to_string(const Endpoint& endpoint) {
  return endpoint.method.empty() ? endpoint.name : endpoint.method + " " + endpoint.name;
}

Duration window_length(const RunRecord& record, std::string_view window) {
  Duration length{};
  for (const auto& candidate : record.windows) {
    if (matches_window(candidate, window)) length += candidate.end - candidate.start;
  }
  return length;
}

Figure figure(const RunRecord& record, const FigureQuery& query) {
  const auto name = parse_figure_name(query.figure);
  if (!name) return no_figure(name.error().message);
  switch (name->family) {
    case Family::latency:
      return latency_figure(record, *name, query);
    case Family::token_speed:
      return token_speed_figure(record, *name, query);
    case Family::resource:
      return resource_figure(record, *name, query.window);
    case Family::gauge:
      return gauge_figure(record, *name, query.window);
    case Family::iterations:
    case Family::iteration_rate:
      return iterations_figure(record, *name, query);
    case Family::users:
      return users_figure(record, *name, query);
    case Family::drift:
      return drift_figure(record, *name, query);
    case Family::time_to_recover:
      return recovery_figure(record, *name, query);
    case Family::goodput_kept:
      return goodput_figure(record, query);
    case Family::cache_hit_share:
      return cache_hit_share_figure(record, query);
    default:
      return count_figure(record, *name, query);
  }
}

Result<void> check_figure(std::string_view name) {
  const auto parsed = parse_figure_name(name);
  if (!parsed) return parsed.error();
  return {};
}

bool is_latency(std::string_view name) {
  const auto parsed = parse_figure_name(name);
  return parsed && parsed->family == Family::latency;
}

std::optional<double> percentile_of(std::string_view name) {
  const auto parsed = parse_figure_name(name);
  if (!parsed || parsed->statistic != Statistic::percentile) return {};
  if (parsed->family == Family::token_speed) {  // the rare ones are at the lower end
    return std::max(parsed->percentile, 100 - parsed->percentile);
  }
  if (parsed->family != Family::latency) return {};
  return parsed->percentile;
}

std::string unit_of(std::string_view name) {
  const auto parsed = parse_figure_name(name);
  if (!parsed) return "";
  const bool per_minute = parsed->statistic == Statistic::growth_per_minute;
  switch (parsed->family) {
    case Family::latency:
      return "ns";
    case Family::rate:
    case Family::throughput_all:
    case Family::token_rate:
    case Family::token_speed:
    case Family::iteration_rate:
      return "1/s";
    case Family::time_to_recover:
      return "ns";
    case Family::error_share:
    case Family::resent_share:
    case Family::drift:
    case Family::goodput_kept:
    case Family::cache_hit_share:
      return "share";
    case Family::gauge:
      return per_minute ? "1/min" : "";
    case Family::resource:
      return unit_of(parsed->resource, per_minute);
    default:
      return "";
  }
}

std::string value_to_string(double value, std::string_view unit) {
  if (!std::isfinite(value)) return "?";
  if (unit == "ns") return dyno::to_string(Duration{std::llround(value)});
  if (unit == "share") return fmt::format("{:.3g} %", value * 100);
  if (unit == "percent") return fmt::format("{:.1f} %", value);
  if (unit == "bytes") return bytes_to_string(value);
  if (unit == "bytes/min") return bytes_to_string(value) + "/min";
  const auto number =
      std::abs(value) >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
  if (unit == "1/s") return number + "/s";
  if (unit == "1/min") return number + "/min";
  return unit.empty() ? number : fmt::format("{} {}", number, unit);
}

}  // namespace dyno::record
