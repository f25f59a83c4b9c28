// The figures of a record, by name: the one place where a percentile, a rate or a growth is taken
// from a record, so that a target, a comparison and a report cannot mean different things by it.
//
//   response_time, service_time, first_byte, lateness, connect, dns, tls, queued
//   first_event, gap, token_time                       of streams
//       . mean min max stddev p50 p95 p99.9 …          durations, ns
//   tokens_per_second . mean min max p5 p50 …          of each stream: 1 / token_time, so that p5
//   is
//                                                      what the slowest 5 % get; mean: harmonic
//   token_rate         tokens that came in the window per second of the window
//   rate               successes completed in the window per second of the window
//   throughput.all     likewise of whatever ended, failures included
//   requests, failures, dropped, redirects, retries, events, tokens
//                                                      counts; what the stop cancelled is not in
//                                                      them
//   error_share        failures / requests
//   resent             requests sent again on a fresh connection, once, the service having closed
//                      the kept-alive one before any answer (docs/outcomes.md)
//   resent_share       resent / requests
//   iterations         journeys or tasks that ended in the window
//   iteration_rate     likewise per second
//   drift . p50 p95 p99 mean
//                      by how much the response time of each second rises over the window, as a
//                      share of its median
//   time_to_recover, time_to_recover.PERCENT
//                      from the end of the window ("spike") until p95 and failures are as before
//   goodput_kept       the least successes per second beyond the knee, as a share of the most
//                      (these three: course_figures.h)
//   cache_hit_share    hits / lookups of the service's caches in the window alone: by how much its
//                      counters cache_hits_total and cache_misses_total rose, over all their labels
//   users . mean min max last                          there at the end of each second; in the open
//                                                      model sessions in flight
//   service. or engine. cpu_percent, rss, fds, threads
//       . mean min max last growth growth_per_minute   growth_per_minute: Theil-Sen slope over the
//                                                      window; growth: that times its length
//   others. cpu_percent        likewise, of all programs but service and engine, of all cores
//   gauge.NAME . mean min max last increase growth growth_per_minute
//                                                      increase: last minus first, for counters
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/metrics/histogram.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

struct FigureQuery {
  std::string figure;
  std::string endpoint = "*";     // glob over "METHOD name" and over the name alone
  std::string window = "steady";  // a kind or a name of windows, or "*"
  std::string outcome = "ok";     // of latencies: "ok", "failed", "*", or a glob: "timeout(*)"
  std::vector<std::string> endpoints{};  // "METHOD name" each; where there are any, in place of the
                                         // glob
};

enum class FigureState {
  known,
  no_data,         // it should be there and is not
  not_applicable,  // it cannot be there: a remote service that does not tell its memory
};

struct Figure {
  FigureState state = FigureState::no_data;
  double value = 0;
  std::string
      unit;  // "ns", "1/s", "share", "percent", "bytes", "bytes/min", "1/min" or "" (a count)
  std::uint64_t samples = 0;
  std::optional<std::pair<double, double>> interval;  // 95 %, where there is one
  std::string why;        // of no_data and not_applicable; of others what explains the value
  bool at_least = false;  // the value is a lower bound: what it measures was not over

  bool known() const { return state == FigureState::known; }
};

// Takes a figure from a record. A name that is no figure is no_data.
Figure figure(const RunRecord& record, const FigureQuery& query);

// Fails, with the nearest figure there is, when `name` is none.
Result<void> check_figure(std::string_view name);

// The percentile that a latency figure is of: 95 for "response_time.p95", and for
// "tokens_per_second.p5", which needs as many samples; nothing for others.
std::optional<double> percentile_of(std::string_view name);
bool is_latency(std::string_view name);

// The unit that a figure comes in; empty for a count, and for what is no figure.
std::string unit_of(std::string_view name);

// The percentage of the machine's CPU that other programs had over the steady windows, where that
// was more than 10: figures may then be their doing.
std::optional<double> disturbance(const RunRecord& record);

// All values of a latency ("response_time", …) of the cells that match, merged. Empty when none do.
metrics::Histogram latency_histogram(const RunRecord& record, std::string_view latency,
                                     const FigureQuery& query);

// Length of the windows of that kind or name, in all; zero when there are none.
Duration window_length(const RunRecord& record, std::string_view window);

// "GET /api/v1/costs".
std::string to_string(const Endpoint& endpoint);

// A value in one of the units above as people read it: "1.24 ms", "1.2 %", "512 MB", "98.4/s".
std::string value_to_string(double value, std::string_view unit);

}  // namespace dyno::record
