#include "dyno/record/figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/core/text.h"
#include "dyno/metrics/order_statistics.h"
#include "dyno/record/course_figures.h"
#include "dyno/record/figure_name.h"
#include "dyno/record/resource_figures.h"

namespace dyno::record {

using metrics::Histogram;
using metrics::OutcomeKind;

namespace {

Figure none(std::string why) { return {FigureState::no_data, 0, "", 0, {}, std::move(why)}; }

Figure known(double value, std::string unit, std::uint64_t samples) {
  return {FigureState::known, value, std::move(unit), samples, {}, ""};
}

bool matches_endpoint(const Endpoint& endpoint, const FigureQuery& query) {
  const auto name = to_string(endpoint);
  if (!query.endpoints.empty()) {
    return std::find(query.endpoints.begin(), query.endpoints.end(), name) != query.endpoints.end();
  }
  return matches_glob(query.endpoint, endpoint.name) || matches_glob(query.endpoint, name);
}

bool is_failure(metrics::Outcome outcome) {
  return !outcome.ok() && outcome.kind != OutcomeKind::dropped &&
         outcome.kind != OutcomeKind::cancelled;
}

bool matches_outcome(metrics::Outcome outcome, const std::string& wanted) {
  if (wanted == "failed") return is_failure(outcome);
  return matches_glob(wanted, metrics::to_string(outcome));
}

// The cells of a query's endpoints and windows, whatever their outcome.
std::vector<const Cell*> cells_of(const RunRecord& record, const FigureQuery& query) {
  std::vector<const Cell*> cells;
  for (const auto& cell : record.cells) {
    if (matches_window(record.windows.at(cell.window), query.window) &&
        matches_endpoint(record.endpoints.at(cell.endpoint), query)) {
      cells.push_back(&cell);
    }
  }
  return cells;
}

std::string why_no_cells(const RunRecord& record, const FigureQuery& query) {
  std::vector<std::string> names;
  for (const auto& endpoint : record.endpoints) {
    if (matches_endpoint(endpoint, query)) {
      return fmt::format("no sample with outcome '{}' in window '{}'", query.outcome, query.window);
    }
    names.push_back(endpoint.name);
    names.push_back(to_string(endpoint));
  }
  if (!query.endpoints.empty()) {
    return fmt::format("none of the endpoints {} in the record", fmt::join(query.endpoints, ", "));
  }
  const auto near = nearest(query.endpoint, names);
  return fmt::format("no endpoint '{}' in the record{}", query.endpoint,
                     near ? fmt::format("; did you mean '{}'?", *near) : "");
}

const Histogram& histogram_of(const Cell& cell, Latency latency) {
  switch (latency) {
    case Latency::response_time:
      return cell.response_time;
    case Latency::service_time:
      return cell.service_time;
    case Latency::first_byte:
      return cell.first_byte;
    case Latency::lateness:
      return cell.lateness;
    case Latency::connect:
      return cell.connect;
    case Latency::dns:
      return cell.dns;
    case Latency::tls:
      return cell.tls;
    case Latency::first_event:
      return cell.first_event;
    case Latency::gap:
      return cell.gap;
    case Latency::token_time:
      return cell.token_time;
    case Latency::queued:
      return cell.queued;
  }
  return cell.response_time;
}

Histogram merged(const RunRecord& record, Latency latency, const FigureQuery& query) {
  Histogram all;
  for (const auto* cell : cells_of(record, query)) {
    if (matches_outcome(cell->outcome, query.outcome)) all.merge(histogram_of(*cell, latency));
  }
  return all;
}

double in_ns(Duration duration) { return static_cast<double>(duration.count()); }

Figure percentile_figure(const Histogram& histogram, double percentile) {
  auto result = known(in_ns(histogram.percentile(percentile)), "ns", histogram.count());
  if (const auto interval = histogram.percentile_interval(percentile)) {
    result.interval = {in_ns(interval->low), in_ns(interval->high)};
  }
  return result;
}

Figure mean_figure(const Histogram& histogram) {
  const auto mean = in_ns(histogram.mean());
  auto result = known(mean, "ns", histogram.count());
  if (histogram.count() >= 30) {  // from where the normal approximation is tenable
    const auto half =
        1.96 * in_ns(histogram.stddev()) / std::sqrt(static_cast<double>(histogram.count()));
    result.interval = {std::max(0.0, mean - half), mean + half};
  }
  return result;
}

Figure latency_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  const auto histogram = merged(record, name.latency, query);
  if (histogram.empty()) return none(why_no_cells(record, query));
  switch (name.statistic) {
    case Statistic::mean:
      return mean_figure(histogram);
    case Statistic::min:
      return known(in_ns(histogram.min()), "ns", histogram.count());
    case Statistic::max:
      return known(in_ns(histogram.max()), "ns", histogram.count());
    case Statistic::stddev:
      return known(in_ns(histogram.stddev()), "ns", histogram.count());
    default:
      return percentile_figure(histogram, name.percentile);
  }
}

// Of a stream's tokens after the first. A high speed is a short time, so percentiles turn round.
Figure token_speed_figure(const RunRecord& record, FigureName name, const FigureQuery& query) {
  name.family = Family::latency;
  name.percentile = 100 - name.percentile;
  if (name.statistic == Statistic::min) {
    name.statistic = Statistic::max;
  } else if (name.statistic == Statistic::max) {
    name.statistic = Statistic::min;
  } else if (name.statistic == Statistic::stddev) {
    return none("tokens_per_second has no stddev; take that of token_time");
  }
  Figure figure = latency_figure(record, name, query);
  if (!figure.known()) return figure;
  figure.unit = "1/s";
  figure.value = 1e9 / figure.value;
  if (figure.interval) {
    const auto [low, high] = *figure.interval;
    figure.interval.reset();
    if (low > 0) figure.interval = {1e9 / high, 1e9 / low};
  }
  return figure;
}

struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t dropped = 0;
  std::uint64_t redirects = 0;
  std::uint64_t retries = 0;
  std::uint64_t resent = 0;
  std::uint64_t completed_ok = 0;
  std::uint64_t completed = 0;
  std::uint64_t events = 0;
  std::uint64_t tokens = 0;
};

Counts count(const std::vector<const Cell*>& cells) {
  Counts counts;
  for (const auto* cell : cells) {
    counts.events += cell->events;
    counts.tokens += cell->tokens;
    if (cell->outcome.kind == OutcomeKind::cancelled) continue;
    if (cell->outcome.kind == OutcomeKind::dropped) {
      counts.dropped += cell->count;
      continue;
    }
    counts.requests += cell->count;
    counts.redirects += cell->redirects;
    counts.retries += cell->retries;
    counts.resent += cell->resent;
    counts.completed += cell->completed_in_window;
    if (cell->outcome.ok()) {
      counts.completed_ok += cell->completed_in_window;
    } else {
      counts.failures += cell->count;
    }
  }
  return counts;
}

// Wilson's interval of a share (E. B. Wilson, JASA 22, 1927).
std::pair<double, double> wilson(double share, double n) {
  constexpr double z = 1.959963984540054;
  const auto centre = (share + z * z / (2 * n)) / (1 + z * z / n);
  const auto half = z / (1 + z * z / n) * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  // At the ends the bound is exact; computed it would be off by a rounding error.
  return {share > 0 ? std::max(0.0, centre - half) : 0.0,
          share < 1 ? std::min(1.0, centre + half) : 1.0};
}

Figure share_figure(std::uint64_t part, std::uint64_t of) {
  const auto n = static_cast<double>(of);
  auto result = known(static_cast<double>(part) / n, "share", of);
  result.interval = wilson(result.value, n);
  return result;
}

Figure rate_figure(std::uint64_t completed, std::uint64_t requests, Duration length) {
  const auto seconds = in_ns(length) / 1e9;
  return known(static_cast<double>(completed) / seconds, "1/s", requests);
}

Figure count_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  const auto length = window_length(record, query.window);
  const auto cells = cells_of(record, query);
  if (length <= Duration::zero()) {
    return none(fmt::format("the run has no window '{}'", query.window));
  }
  if (cells.empty()) return none(why_no_cells(record, query));
  const auto counts = count(cells);
  switch (name.family) {
    case Family::rate:
      return rate_figure(counts.completed_ok, counts.requests, length);
    case Family::throughput_all:
      return rate_figure(counts.completed, counts.requests, length);
    case Family::requests:
      return known(static_cast<double>(counts.requests), "", counts.requests);
    case Family::failures:
      return known(static_cast<double>(counts.failures), "", counts.requests);
    case Family::dropped:
      return known(static_cast<double>(counts.dropped), "", counts.requests);
    case Family::events:
      return known(static_cast<double>(counts.events), "", counts.requests);
    case Family::tokens:
      return known(static_cast<double>(counts.tokens), "", counts.requests);
    case Family::token_rate:
      if (counts.tokens == 0) return none("no stream gave a token");
      return rate_figure(counts.tokens, counts.tokens, length);
    case Family::redirects:
      return known(static_cast<double>(counts.redirects), "", counts.requests);
    case Family::retries:
      return known(static_cast<double>(counts.retries), "", counts.requests);
    case Family::resent:
      return known(static_cast<double>(counts.resent), "", counts.requests);
    default:
      break;
  }
  if (counts.requests == 0) return none("no request was sent");
  return share_figure(name.family == Family::resent_share ? counts.resent : counts.failures,
                      counts.requests);
}

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
  if (length <= 0) return none(fmt::format("the run has no window '{}'", query.window));
  const auto samples = static_cast<std::uint64_t>(std::llround(ended));
  if (name.family == Family::iterations) return known(std::round(ended), "", samples);
  return known(ended * 1e9 / length, "1/s", samples);
}

Figure users_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  std::vector<double> levels;
  for (const SeriesPoint& point : record.series) {
    if (share_in(record, point, query.window) >= 0.5) levels.push_back(point.users);
  }
  if (levels.empty()) return none(fmt::format("no second lies in the window '{}'", query.window));
  const auto samples = levels.size();
  if (name.statistic == Statistic::last) return known(levels.back(), "", samples);
  const auto [least, most] = std::minmax_element(levels.begin(), levels.end());
  if (name.statistic == Statistic::min) return known(*least, "", samples);
  if (name.statistic == Statistic::max) return known(*most, "", samples);
  const double sum = std::accumulate(levels.begin(), levels.end(), 0.0);
  return known(sum / static_cast<double>(samples), "", samples);
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

Histogram latency_histogram(const RunRecord& record, std::string_view latency,
                            const FigureQuery& query) {
  const auto name = parse_figure_name(fmt::format("{}.mean", latency));
  return name && name->family == Family::latency ? merged(record, name->latency, query)
                                                 : Histogram{};
}

Figure figure(const RunRecord& record, const FigureQuery& query) {
  const auto name = parse_figure_name(query.figure);
  if (!name) return none(name.error().message);
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
  const bool growth = parsed->statistic == Statistic::growth_per_minute;
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
      return "share";
    case Family::gauge:
      return growth ? "1/min" : "";
    case Family::resource:
      return unit_of(parsed->resource, growth);
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
