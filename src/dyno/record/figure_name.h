// The parts of a figure's name. figures.h lists the names; this is for the files that resolve them.
#pragma once

#include <string>
#include <string_view>

#include "dyno/core/result.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

enum class Family {
  latency,
  rate,
  throughput_all,
  requests,
  failures,
  dropped,
  events,
  tokens,
  token_rate,
  token_speed,
  redirects,
  retries,
  resent,
  resent_share,
  error_share,
  iterations,
  iteration_rate,
  users,
  drift,
  time_to_recover,
  goodput_kept,
  cache_hit_share,
  resource,
  gauge,
};

enum class Latency {
  response_time,
  service_time,
  first_byte,
  lateness,
  connect,
  dns,
  tls,
  first_event,
  gap,
  token_time,
  queued,
};

enum class Whose { service, engine, others };

enum class Resource { cpu_percent, rss, fds, threads };

enum class Statistic {
  mean,
  min,
  max,
  stddev,
  percentile,
  last,
  increase,  // of gauges only: of a resource it would be first minus last, which a spike decides
  growth,
  growth_per_minute,
};

struct FigureName {
  Family family = Family::latency;
  Latency latency = Latency::response_time;
  Whose whose = Whose::service;  // a resource
  Resource resource = Resource::cpu_percent;
  std::string gauge;
  Statistic statistic = Statistic::mean;
  double percentile = 0;  // of time_to_recover: of the band, in percent
};

// Fails with the nearest name there is.
Result<FigureName> parse_figure_name(std::string_view text);

// "percent", "bytes" or "" and what they are per minute.
std::string unit_of(Resource resource, bool per_minute);

// Whether a window is of the kind or has the name wanted; "*" is any.
bool matches_window(const Window& window, std::string_view wanted);

}  // namespace dyno::record
