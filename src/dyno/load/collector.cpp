#include "dyno/load/collector.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/environment.h"
#include "dyno/core/text.h"
#include "dyno/load/schedule.h"

namespace dyno::load {
namespace {

// A drain is as long as it takes; nothing is recorded a day after the end.
constexpr Duration longest_drain = std::chrono::hours{24};

std::string file_name_of(const std::string& name) {
  std::string result = name.empty() ? "run" : name;
  for (char& c : result) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '.' && c != '-' && c != '_') c = '-';
  }
  return result;
}

// "20261121T074300.123456Z": two runs of one name within a second are told apart.
std::string id_stamp(UtcTime started) {
  auto stamp = to_iso8601(started);
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return stamp;
}

}  // namespace

record::RunRecord planned_record(const LoadPlan& plan, const RunOptions& options,
                                 const std::string& executor) {
  record::RunRecord record;
  record.name = options.name;
  record.environment = current_environment();
  record.started = utc_now();
  record.id = fmt::format("{}-{}-{}", id_stamp(record.started), file_name_of(options.name),
                          record.environment.commit);
  record.windows = windows(plan, length(plan));
  record::LoadInfo& load = record.load;
  const bool open = plan.model == Model::open;
  load.model = open ? record::LoadModel::open : record::LoadModel::closed;
  load.executor = executor;
  load.description = describe(plan);
  load.users = most_users(plan);
  load.rate = open ? highest_level(plan) : 0;
  if (open) load.arrivals = plan.arrivals == Arrivals::poisson ? "poisson" : "uniform";
  load.operations = plan.iterations;
  load.seed = options.seed;
  load.threads = options.threads;
  load.cores = options.cores;
  return record;
}

std::vector<metrics::Window> recorder_windows(const LoadPlan& plan) {
  return windows(plan, length(plan) + longest_drain);
}

Collector::Collector(record::RunRecord record, const LoadPlan& plan, const RunOptions& options,
                     const Endpoints& endpoints, TimePoint start)
    : record_(std::move(record)),
      plan_(plan),
      options_(options),
      endpoints_(endpoints),
      start_(start),
      tick_(start),
      interval_(recorder_windows(plan), start),
      total_(recorder_windows(plan), start) {}

void Collector::gather() {
  interval_.reset();
  for (metrics::Recorder* recorder : recorders_) interval_.merge(recorder->take());
  total_.merge(interval_);
}

void Collector::tick(TimePoint now, std::uint32_t users, bool draining) {
  gather();
  const metrics::IntervalSummary summary = metrics::summarise(interval_);
  record::SeriesPoint point = record::series_point(summary, tick_ - start_, now - tick_, users);
  point.iterations = iterations_ - iterations_shown_;
  iterations_shown_ = iterations_;
  tick_ = now;
  requests_ += summary.ok + summary.failed;
  failures_ += summary.failed;
  series_.push_back(point);
  if (record_.endpoints.size() != endpoints_.size()) record_.endpoints = endpoints_.all();
  if (!options_.observer) return;
  options_.observer(Progress{.elapsed = now - start_,
                             .planned = plan_.iterations > 0 ? Duration{} : length(plan_),
                             .point = point,
                             .interval = interval_,
                             .endpoints = record_.endpoints,
                             .requests = requests_,
                             .failures = failures_,
                             .draining = draining});
}

void Collector::begun(const std::vector<std::uint64_t>& by_window) {
  begun_.resize(std::max(begun_.size(), by_window.size()));
  for (std::size_t i = 0; i < by_window.size(); ++i) begun_[i] += by_window[i];
}

// After the windows have got their ends.
void Collector::tell_arrivals() {
  if (plan_.model != Model::open) return;
  for (std::size_t i = 0; i < record_.windows.size(); ++i) {
    auto& window = record_.windows[i];
    window.arrivals_asked = arrivals_between(plan_, window.start, window.end);
    window.arrivals_begun = i < begun_.size() ? begun_[i] : 0;
  }
}

void Collector::stopped(const char* reason) {
  record_.completion = record::Completion::stopped;
  note(fmt::format("stopped before the end of the plan: {}", reason ? reason : "no reason given"));
}

record::RunRecord Collector::finish(TimePoint now) {
  // What came between the last tick and the end is a shorter interval, or a trace of one.
  if (now > tick_) tick(now, 0, true);
  record_.length = now - start_;
  record_.series = series_.all();
  record_.cells = total_.copy();
  record_.endpoints = endpoints_.all();
  record_.windows = recorder_windows(plan_);
  std::size_t used = 1;
  for (const record::Cell& cell : record_.cells)
    used = std::max<std::size_t>(used, cell.window + 1);
  while (record_.windows.size() > used && record_.windows.back().start >= record_.length) {
    record_.windows.pop_back();
  }
  record_.windows.back().end = record_.length;
  tell_arrivals();
  if (endpoints_.overflowed()) {
    note(
        fmt::format("more than {} endpoints: the others are counted as {}; name those whose paths "
                    "contain identifiers",
                    Endpoints::most, Endpoints::overflow_name));
  }
  note_sessions();
  record_.validity.valid = record_.validity.reasons.empty();
  return std::move(record_);
}

void Collector::note_sessions() {
  std::uint64_t redirects = 0;
  std::uint64_t retries = 0;
  metrics::Histogram queued;
  for (const record::Cell& cell : record_.cells) {
    redirects += cell.redirects;
    retries += cell.retries;
    queued.merge(cell.queued);
  }
  if (redirects > 0) note(fmt::format("redirects followed: {}", redirects));
  if (retries > 0)
    note(fmt::format("further attempts of requests that were turned away: {}", retries));
  if (options_.http.max_connections == 0) return;
  note(fmt::format("at most {} connections: {} requests waited for one{}",
                   options_.http.max_connections, queued.count(),
                   queued.empty()
                       ? ""
                       : fmt::format(", p95 {}, at most {}", to_string(queued.percentile(95)),
                                     to_string(queued.max()))));
}

}  // namespace dyno::load
