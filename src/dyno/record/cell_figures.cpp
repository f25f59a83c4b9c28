#include "dyno/record/cell_figures.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/core/text.h"

namespace dyno::record {

using metrics::Histogram;
using metrics::OutcomeKind;

namespace {

double as_ns(Duration duration) { return static_cast<double>(duration.count()); }

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

Figure percentile_figure(const Histogram& histogram, double percentile) {
  auto result = known_figure(as_ns(histogram.percentile(percentile)), "ns", histogram.count());
  if (const auto interval = histogram.percentile_interval(percentile)) {
    result.interval = {as_ns(interval->low), as_ns(interval->high)};
  }
  return result;
}

Figure mean_figure(const Histogram& histogram) {
  const auto mean = as_ns(histogram.mean());
  auto result = known_figure(mean, "ns", histogram.count());
  if (histogram.count() >= 30) {  // from where the normal approximation is tenable
    const auto half =
        1.96 * as_ns(histogram.stddev()) / std::sqrt(static_cast<double>(histogram.count()));
    result.interval = {std::max(0.0, mean - half), mean + half};
  }
  return result;
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
  auto result = known_figure(static_cast<double>(part) / n, "share", of);
  result.interval = wilson(result.value, n);
  return result;
}

Figure rate_figure(std::uint64_t completed, std::uint64_t requests, Duration length) {
  const auto seconds = as_ns(length) / 1e9;
  return known_figure(static_cast<double>(completed) / seconds, "1/s", requests);
}

}  // namespace

Figure no_figure(std::string why) { return {FigureState::no_data, 0, "", 0, {}, std::move(why)}; }

Figure known_figure(double value, std::string unit, std::uint64_t samples) {
  return {FigureState::known, value, std::move(unit), samples, {}, ""};
}

Figure latency_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  const auto histogram = merged(record, name.latency, query);
  if (histogram.empty()) return no_figure(why_no_cells(record, query));
  switch (name.statistic) {
    case Statistic::mean:
      return mean_figure(histogram);
    case Statistic::min:
      return known_figure(as_ns(histogram.min()), "ns", histogram.count());
    case Statistic::max:
      return known_figure(as_ns(histogram.max()), "ns", histogram.count());
    case Statistic::stddev:
      return known_figure(as_ns(histogram.stddev()), "ns", histogram.count());
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
    return no_figure("tokens_per_second has no stddev; take that of token_time");
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

Figure count_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query) {
  const auto length = window_length(record, query.window);
  const auto cells = cells_of(record, query);
  if (length <= Duration::zero()) {
    return no_figure(fmt::format("the run has no window '{}'", query.window));
  }
  if (cells.empty()) return no_figure(why_no_cells(record, query));
  const auto counts = count(cells);
  switch (name.family) {
    case Family::rate:
      return rate_figure(counts.completed_ok, counts.requests, length);
    case Family::throughput_all:
      return rate_figure(counts.completed, counts.requests, length);
    case Family::requests:
      return known_figure(static_cast<double>(counts.requests), "", counts.requests);
    case Family::failures:
      return known_figure(static_cast<double>(counts.failures), "", counts.requests);
    case Family::dropped:
      return known_figure(static_cast<double>(counts.dropped), "", counts.requests);
    case Family::events:
      return known_figure(static_cast<double>(counts.events), "", counts.requests);
    case Family::tokens:
      return known_figure(static_cast<double>(counts.tokens), "", counts.requests);
    case Family::token_rate:
      if (counts.tokens == 0) return no_figure("no stream gave a token");
      return rate_figure(counts.tokens, counts.tokens, length);
    case Family::redirects:
      return known_figure(static_cast<double>(counts.redirects), "", counts.requests);
    case Family::retries:
      return known_figure(static_cast<double>(counts.retries), "", counts.requests);
    case Family::resent:
      return known_figure(static_cast<double>(counts.resent), "", counts.requests);
    default:
      break;
  }
  if (counts.requests == 0) return no_figure("no request was sent");
  return share_figure(name.family == Family::resent_share ? counts.resent : counts.failures,
                      counts.requests);
}

Histogram latency_histogram(const RunRecord& record, std::string_view latency,
                            const FigureQuery& query) {
  const auto name = parse_figure_name(fmt::format("{}.mean", latency));
  return name && name->family == Family::latency ? merged(record, name->latency, query)
                                                 : Histogram{};
}

}  // namespace dyno::record
