#include "dyno/record/figure_name.h"

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::record {

namespace {

// In the order of the enumerators.
constexpr std::string_view latencies[] = {
    "response_time", "service_time", "first_byte", "lateness",   "connect", "dns",
    "tls",           "first_event",  "gap",        "token_time", "queued"};
constexpr std::string_view token_speed = "tokens_per_second";
constexpr std::string_view owners[] = {"service", "engine", "others"};
constexpr std::string_view resources[] = {"cpu_percent", "rss", "fds", "threads"};

struct PlainName {
  std::string_view name;
  Family family;
};
constexpr PlainName plain_names[] = {{"rate", Family::rate},
                                     {"throughput.all", Family::throughput_all},
                                     {"requests", Family::requests},
                                     {"failures", Family::failures},
                                     {"dropped", Family::dropped},
                                     {"error_share", Family::error_share},
                                     {"iterations", Family::iterations},
                                     {"iteration_rate", Family::iteration_rate},
                                     {"redirects", Family::redirects},
                                     {"retries", Family::retries},
                                     {"resent", Family::resent},
                                     {"resent_share", Family::resent_share},
                                     {"events", Family::events},
                                     {"tokens", Family::tokens},
                                     {"token_rate", Family::token_rate},
                                     {"goodput_kept", Family::goodput_kept},
                                     {"cache_hit_share", Family::cache_hit_share}};

struct StatisticName {
  std::string_view name;
  Statistic statistic;
};
constexpr StatisticName latency_statistics[] = {{"mean", Statistic::mean},
                                                {"min", Statistic::min},
                                                {"max", Statistic::max},
                                                {"stddev", Statistic::stddev}};
constexpr StatisticName level_statistics[] = {{"mean", Statistic::mean},
                                              {"min", Statistic::min},
                                              {"max", Statistic::max},
                                              {"last", Statistic::last},
                                              {"increase", Statistic::increase},
                                              {"growth", Statistic::growth},
                                              {"growth_per_minute", Statistic::growth_per_minute}};

template <typename Names>
std::optional<Statistic> statistic_of(const Names& names, std::string_view text) {
  for (const auto& [name, statistic] : names) {
    if (name == text) return statistic;
  }
  return {};
}

template <typename Names>
std::optional<std::size_t> position_in(const Names& names, std::string_view text) {
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (names[i] == text) return i;
  }
  return {};
}

std::optional<FigureName> parse_latency(std::string_view text) {
  const auto dot = text.find('.');
  const bool speed = text.substr(0, dot) == token_speed;
  const auto latency = position_in(latencies, text.substr(0, dot));
  if ((!latency && !speed) || dot == std::string_view::npos) return {};
  FigureName name;
  name.family = speed ? Family::token_speed : Family::latency;
  name.latency = speed ? Latency::token_time : static_cast<Latency>(*latency);
  const auto rest = text.substr(dot + 1);
  if (const auto statistic = statistic_of(latency_statistics, rest)) {
    name.statistic = *statistic;
    return name;
  }
  if (!rest.starts_with('p')) return {};
  const auto percentile = parse_number(rest.substr(1));
  if (!percentile || *percentile < 0 || *percentile > 100) return {};
  name.statistic = Statistic::percentile;
  name.percentile = *percentile;
  return name;
}

// users.STATISTIC
std::optional<FigureName> parse_users(std::string_view text) {
  if (!text.starts_with("users.")) return {};
  const auto statistic = statistic_of(level_statistics, text.substr(6));
  if (!statistic || *statistic == Statistic::increase || *statistic == Statistic::growth ||
      *statistic == Statistic::growth_per_minute) {
    return {};
  }
  FigureName name;
  name.family = Family::users;
  name.statistic = *statistic;
  return name;
}

// service.RESOURCE.STATISTIC, engine.RESOURCE.STATISTIC, others.cpu_percent.STATISTIC or
// gauge.NAME.STATISTIC.
std::optional<FigureName> parse_level(std::string_view text) {
  const auto first = text.find('.');
  const auto last = text.rfind('.');
  if (first == last) return {};
  const auto whose = text.substr(0, first);
  const auto subject = text.substr(first + 1, last - first - 1);
  const auto statistic = statistic_of(level_statistics, text.substr(last + 1));
  if (!statistic || subject.empty()) return {};
  FigureName name;
  name.statistic = *statistic;
  if (whose == "gauge") {
    name.family = Family::gauge;
    name.gauge = subject;
    return name;
  }
  const auto resource = position_in(resources, subject);
  const auto owner = position_in(owners, whose);
  if (!resource || !owner || *statistic == Statistic::increase) return {};
  name.family = Family::resource;
  name.whose = static_cast<Whose>(*owner);
  name.resource = static_cast<Resource>(*resource);
  if (name.whose == Whose::others && name.resource != Resource::cpu_percent) return {};
  return name;
}

// drift.p50, .p95, .p99 or .mean: what the series has of each second.
std::optional<FigureName> parse_drift(std::string_view text) {
  if (!text.starts_with("drift.")) return {};
  FigureName name;
  name.family = Family::drift;
  for (const double percentile : {50.0, 95.0, 99.0}) {
    if (text.substr(6) != fmt::format("p{}", percentile)) continue;
    name.statistic = Statistic::percentile;
    name.percentile = percentile;
    return name;
  }
  if (text != "drift.mean") return {};
  return name;
}

// time_to_recover, or with the band in percent: time_to_recover.25.
std::optional<FigureName> parse_recovery(std::string_view text) {
  constexpr std::string_view family = "time_to_recover";
  if (!text.starts_with(family)) return {};
  const auto rest = text.substr(family.size());
  FigureName name;
  name.family = Family::time_to_recover;
  name.percentile = 50;
  if (rest.empty()) return name;
  const auto band = parse_number(rest.substr(1));
  if (rest.front() != '.' || !band || *band < 0) return {};
  name.percentile = *band;
  return name;
}

std::vector<std::string> usual_names() {
  std::vector<std::string> names;
  for (const auto& plain : plain_names) names.emplace_back(plain.name);
  for (const auto latency : latencies) {
    for (const auto* statistic : {"mean", "min", "max", "stddev", "p50", "p95", "p99", "p99.9"}) {
      names.push_back(fmt::format("{}.{}", latency, statistic));
    }
  }
  for (const auto* statistic : {"mean", "min", "max", "p5", "p50", "p95"}) {
    names.push_back(fmt::format("{}.{}", token_speed, statistic));
  }
  for (const auto* statistic : {"mean", "min", "max", "last"}) {
    names.push_back(fmt::format("users.{}", statistic));
  }
  for (const auto* course :
       {"drift.p50", "drift.p95", "drift.p99", "drift.mean", "time_to_recover"}) {
    names.emplace_back(course);
  }
  for (const auto* whose : {"service", "engine"}) {
    for (const auto resource : resources) {
      for (const auto& statistic : level_statistics) {
        if (statistic.statistic == Statistic::increase) continue;
        names.push_back(fmt::format("{}.{}.{}", whose, resource, statistic.name));
      }
    }
  }
  for (const auto* statistic : {"mean", "max"}) {
    names.push_back(fmt::format("others.cpu_percent.{}", statistic));
  }
  return names;
}

}  // namespace

std::string unit_of(Resource resource, bool per_minute) {
  switch (resource) {
    case Resource::cpu_percent:
      return per_minute ? "percent/min" : "percent";
    case Resource::rss:
      return per_minute ? "bytes/min" : "bytes";
    default:
      return per_minute ? "1/min" : "";
  }
}

Result<FigureName> parse_figure_name(std::string_view text) {
  for (const auto& [name, family] : plain_names) {
    if (name == text) {
      FigureName figure;
      figure.family = family;
      return figure;
    }
  }
  if (const auto latency = parse_latency(text)) return *latency;
  if (const auto users = parse_users(text)) return *users;
  if (const auto drift = parse_drift(text)) return *drift;
  if (const auto recovery = parse_recovery(text)) return *recovery;
  if (const auto level = parse_level(text)) return *level;
  if (text.starts_with("gauge.")) {
    return Error{
        fmt::format("'{}' is no figure: write gauge.NAME.mean, min, max, last, increase, growth or "
                    "growth_per_minute",
                    text)};
  }
  const auto near = nearest(text, usual_names());
  return Error{fmt::format("'{}' is no figure; {}", text,
                           near ? fmt::format("did you mean '{}'?", *near)
                                : "write e.g. response_time.p95, rate or service.rss.max")};
}

}  // namespace dyno::record
