#include "dyno/record/resource_figures.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/trend.h"

namespace dyno::record {

namespace {

using Points = std::vector<std::pair<Duration, double>>;

Figure no_data(std::string why) { return {FigureState::no_data, 0, "", 0, {}, std::move(why)}; }

std::optional<double> reading(const ResourceSample& sample, Resource resource) {
  const auto number = [](const std::optional<std::uint64_t>& value) {
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
  };
  switch (resource) {
    case Resource::cpu_percent:
      return sample.cpu_percent;
    case Resource::rss:
      return number(sample.rss_bytes);
    case Resource::fds:
      return number(sample.fds);
    case Resource::threads:
      return number(sample.threads);
  }
  return {};
}

bool is_slope(const FigureName& name) { return name.statistic == Statistic::growth_per_minute; }

Points within_windows(const RunRecord& record, const Points& points, std::string_view wanted) {
  Points inside;
  for (const auto& point : points) {
    for (const auto& window : record.windows) {
      if (!matches_window(window, wanted)) continue;
      if (point.first < window.start || point.first > window.end) continue;
      inside.push_back(point);
      break;
    }
  }
  return inside;
}

// The slope times `minutes`, its interval likewise.
Figure growth(const Points& points, double minutes, std::string unit) {
  if (const auto why = too_few_for_trend(points)) return no_data(*why);
  const auto trend = theil_sen(points);
  if (!trend) return no_data("all readings are of one moment");
  Figure result{
      FigureState::known, trend->per_minute * minutes, std::move(unit), points.size(), {}, ""};
  result.interval = {trend->low * minutes, trend->high * minutes};
  return result;
}

// `length`: of the windows that the points are of.
Figure level(const Points& points, Duration length, Statistic statistic, const std::string& unit) {
  if (points.empty()) return no_data("no reading in the window");
  if (statistic == Statistic::growth_per_minute) return growth(points, 1, unit);
  if (statistic == Statistic::growth) {
    return growth(points, static_cast<double>(length.count()) / 60e9, unit);
  }
  if (statistic == Statistic::increase && points.size() < 2) {
    return no_data("one reading in the window tells no increase; let it run for 3 s at least");
  }
  double sum = 0;
  double low = points.front().second;
  double high = low;
  for (const auto& [_, value] : points) {
    sum += value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  Figure result{FigureState::known, 0, unit, points.size(), {}, ""};
  switch (statistic) {
    case Statistic::min:
      result.value = low;
      break;
    case Statistic::max:
      result.value = high;
      break;
    case Statistic::last:
      result.value = points.back().second;
      break;
    case Statistic::increase:
      result.value = points.back().second - points.front().second;
      break;
    default:
      result.value = sum / static_cast<double>(points.size());
  }
  return result;
}

const std::vector<ResourceSample>& samples_of(const RunRecord& record, Whose whose) {
  return whose == Whose::engine   ? record.engine_resources
         : whose == Whose::others ? record.other_resources
                                  : record.service_resources;
}

Figure untold(const RunRecord& record, Whose whose) {
  if (whose == Whose::engine) return no_data("the engine's resources were not read");
  if (whose == Whose::others) {
    return {FigureState::not_applicable,
            0,
            "",
            0,
            {},
            "the service could not be told from the machine's other programs"};
  }
  switch (record.service.mode) {
    case ServiceMode::remote:
      return {FigureState::not_applicable,
              0,
              "",
              0,
              {},
              "the remote service does not tell it; give it a /metrics with process_* figures"};
    case ServiceMode::in_process:
      return {FigureState::not_applicable,
              0,
              "",
              0,
              {},
              "in one process it cannot be told from the engine's; run with DYNO_TARGET=spawn"};
    default:
      return no_data("the service's resources were not read");
  }
}

}  // namespace

Figure resource_figure(const RunRecord& record, const FigureName& name, std::string_view window) {
  Points points;
  for (const auto& sample : samples_of(record, name.whose)) {
    if (const auto value = reading(sample, name.resource)) points.emplace_back(sample.at, *value);
  }
  if (points.empty()) return untold(record, name.whose);
  return level(within_windows(record, points, window), window_length(record, window),
               name.statistic, unit_of(name.resource, is_slope(name)));
}

std::optional<double> disturbance(const RunRecord& record) {
  constexpr double worth_saying = 10;  // percent
  FigureName name;
  name.family = Family::resource;
  name.whose = Whose::others;
  const auto share = resource_figure(record, name, "steady");
  if (!share.known() || share.value <= worth_saying) return {};
  return share.value;
}

Figure gauge_figure(const RunRecord& record, const FigureName& name, std::string_view window) {
  std::vector<std::string> names;
  for (const auto& gauge : record.gauges) {
    if (gauge.name == name.gauge) {
      return level(within_windows(record, gauge.points, window), window_length(record, window),
                   name.statistic, is_slope(name) ? "1/min" : "");
    }
    names.push_back(gauge.name);
  }
  if (names.empty() && record.service.mode == ServiceMode::remote) {
    return {FigureState::not_applicable, 0, "", 0, {}, "the remote service has no /metrics"};
  }
  const auto near = nearest(name.gauge, names);
  return no_data(fmt::format("the service tells no gauge '{}'{}", name.gauge,
                             near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

namespace {

// By how much a counter rose in the windows asked for, each by itself; nothing where it was not
// read twice in any. A counter that fell has begun anew: all that it shows has come since.
std::optional<double> rise_of(const RunRecord& record, const GaugeSeries& counter,
                              std::string_view wanted) {
  std::optional<double> rise;
  for (const auto& window : record.windows) {
    if (!matches_window(window, wanted)) continue;
    std::optional<double> before;
    for (const auto& [at, value] : counter.points) {
      if (at < window.start || at > window.end) continue;
      if (before) rise = rise.value_or(0) + (value < *before ? value : value - *before);
      before = value;
    }
  }
  return rise;
}

struct Rise {
  bool told = false;  // the service tells the counter
  bool known = false;
  double sum = 0;
};

// Over all the labels that the service gives the counter: the kinds of caches that it has.
Rise rise_of(const RunRecord& record, const std::string& counter, std::string_view window) {
  Rise all;
  for (const auto& gauge : record.gauges) {
    if (gauge.name != counter && !gauge.name.starts_with(counter + "{")) continue;
    all.told = true;
    const auto rise = rise_of(record, gauge, window);
    all.known |= rise.has_value();
    all.sum += rise.value_or(0);
  }
  return all;
}

}  // namespace

Figure cache_hit_share_figure(const RunRecord& record, const FigureQuery& query) {
  if (query.endpoint != "*" || !query.endpoints.empty()) {
    return no_data("cache_hit_share is of the whole service; leave 'endpoint' out");
  }
  const auto hits = rise_of(record, "cache_hits_total", query.window);
  const auto misses = rise_of(record, "cache_misses_total", query.window);
  if (!hits.told || !misses.told) {
    Figure untold = no_data("the service tells no cache_hits_total and cache_misses_total");
    const bool may_have_none =
        record.service.mode == ServiceMode::remote || record.service.mode == ServiceMode::none;
    if (may_have_none) untold.state = FigureState::not_applicable;
    if (may_have_none && record.gauges.empty()) untold.why = "the service has no /metrics";
    return untold;
  }
  if (!hits.known || !misses.known) {
    return no_data("fewer than two readings in the window; let it run for 3 s at least");
  }
  const double lookups = hits.sum + misses.sum;
  if (lookups <= 0) return no_data("nothing was looked up in a cache in the window");
  return {FigureState::known,
          hits.sum / lookups,
          "share",
          static_cast<std::uint64_t>(std::llround(lookups)),
          {},
          ""};
}

}  // namespace dyno::record
