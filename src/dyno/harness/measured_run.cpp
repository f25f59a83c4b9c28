#include "dyno/harness/measured_run.h"

#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/monitor/affinity.h"
#include "dyno/monitor/monitor.h"
#include "dyno/record/journal.h"
#include "dyno/record/record_file.h"

namespace dyno::harness {

namespace {

using monitor::Monitor;
using monitor::MonitorOptions;
using record::RunRecord;

constexpr Duration gauge_interval = std::chrono::seconds{1};

// The part of `all` that has come since the first `known` were seen.
template <typename T>
std::vector<T> since(const std::vector<T>& all, std::size_t& known) {
  std::vector<T> fresh(all.begin() + static_cast<std::ptrdiff_t>(std::min(known, all.size())),
                       all.end());
  known = all.size();
  return fresh;
}

// The monitors of a run and its journal, from the start that the engine announces to the end.
class Watch {
 public:
  Watch(const ServiceUnderTest* service, const MeasuredRunOptions& options)
      : service_(service), options_(options) {}

  void start(const RunRecord& as_known) {
    const auto epoch = clock_.now();
    engine_.emplace(clock_, epoch, engine_source(),
                    MonitorOptions{.name = "engine", .cores = engine_share()});
    engine_->start();
    if (service_ != nullptr) watch_service(epoch);
    watch_others(epoch);
    if (options_.folder.empty()) return;
    RunRecord header = as_known;
    describe(header);
    note_failure(journal_.open(options_.folder / record::journal_file, header));
  }

  void progress(const load::Progress& progress) {
    if (!journal_.is_open() && !options_.on_readings) return;
    Readings fresh = read();
    if (options_.on_readings) options_.on_readings(fresh);
    if (!journal_.is_open()) return;
    record::JournalEntry entry;
    entry.at = progress.elapsed;
    entry.endpoints = since(progress.endpoints, endpoints_seen_);
    entry.cells = progress.interval.cells();
    entry.series = {progress.point};
    entry.service_resources = std::move(fresh.service);
    entry.engine_resources = std::move(fresh.engine);
    entry.other_resources = std::move(fresh.others);
    entry.gauges = std::move(fresh.gauges);
    note_failure(journal_.append(entry));
  }

  // Stops watching and completes the record with what was seen.
  void finish(RunRecord& record) {
    describe(record);
    if (engine_) {
      engine_->stop();
      record.engine_resources = engine_->trace().samples;
    }
    if (others_) {
      others_->stop();
      record.other_resources = others_->trace().samples;
    }
    if (resources_) take_resources(record);
    if (gauges_) {
      gauges_->stop();
      record.gauges = gauges_->trace().gauges;
    }
    if (shares_cores()) {
      record.notes.emplace_back("engine and service share one core, and each slows the other");
    }
    record.notes.insert(record.notes.end(), notes_.begin(), notes_.end());
  }

 private:
  // What has come since the call before.
  Readings read() {
    Readings fresh;
    if (resources_) fresh.service = resources_->samples_since(resources_seen_);
    resources_seen_ += fresh.service.size();
    if (engine_) fresh.engine = engine_->samples_since(engine_seen_);
    engine_seen_ += fresh.engine.size();
    if (others_) fresh.others = others_->samples_since(others_seen_);
    others_seen_ += fresh.others.size();
    // A remote service's /metrics tell both.
    if (const auto& gauges = gauges_ ? gauges_ : resources_) {
      std::size_t points = 0;
      fresh.gauges = gauges->gauges_since(points_seen_, points);
      points_seen_ += points;
    }
    return fresh;
  }

  // A service that was started here and could not be given cores of its own.
  bool shares_cores() const {
    return service_ != nullptr && service_->mode() != record::ServiceMode::remote &&
           info_.cores.empty();
  }

  // What CPU percentages of the engine are of: its own cores, or all where it has none.
  double engine_share() const {
    return options_.run.cores.empty() ? monitor::allotted_cores()
                                      : static_cast<double>(options_.run.cores.size());
  }

  void watch_service(TimePoint epoch) {
    info_ = service_->info();
    resources_.emplace(clock_, epoch, service_->resources(),
                       MonitorOptions{.name = "service", .cores = service_->cores()});
    resources_->start();
    if (service_->mode() == record::ServiceMode::remote) return;  // its /metrics tell both
    gauges_.emplace(clock_, epoch, service_->gauges(),
                    MonitorOptions{.name = "gauges", .interval = gauge_interval});
    gauges_->start();
  }

  void watch_others(TimePoint epoch) {
    const auto source = service_ != nullptr
                            ? service_->others()
                            : monitor::others_source({monitor::process_source(::getpid())});
    if (!source) return;
    const auto cores = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
    others_.emplace(clock_, epoch, *source, MonitorOptions{.name = "others", .cores = cores});
    others_->start();
  }

  void describe(RunRecord& record) const {
    if (service_ != nullptr) record.service = info_;
    record.load.form = options_.form;
    record.reproduce = options_.reproduce;
  }

  void take_resources(RunRecord& record) {
    resources_->stop();
    auto trace = resources_->trace();
    record.service_resources = std::move(trace.samples);
    if (service_->mode() == record::ServiceMode::remote) record.gauges = std::move(trace.gauges);
    if (trace.exited_at) {
      record.notes.push_back(fmt::format("the service ended {} after the start of the run",
                                         dyno::to_string(*trace.exited_at)));
    }
    if (service_->mode() != record::ServiceMode::remote || trace.unanswered == 0) return;
    const auto answered = record.service_resources.size();
    if (answered == 0) return;  // it has none to tell, which shows by itself
    record.notes.push_back(
        fmt::format("the service's /metrics did not answer {} of {} times: what is known of its "
                    "resources has gaps",
                    trace.unanswered, trace.unanswered + answered));
  }

  void note_failure(const Result<void>& result) {
    if (!result) notes_.push_back(result.error().message);
  }

  const ServiceUnderTest* service_;
  const MeasuredRunOptions& options_;
  SteadyClock clock_;
  record::ServiceInfo info_;
  std::optional<Monitor> engine_;
  std::optional<Monitor> resources_;
  std::optional<Monitor> gauges_;
  std::optional<Monitor> others_;
  record::Journal journal_;
  std::size_t endpoints_seen_ = 0;
  std::size_t resources_seen_ = 0;
  std::size_t engine_seen_ = 0;
  std::size_t others_seen_ = 0;
  std::size_t points_seen_ = 0;
  std::vector<std::string> notes_;
};

// The journal goes only when the record that replaces it is safely there.
void write(RunRecord& record, const std::filesystem::path& folder) {
  if (folder.empty()) return;
  if (const auto written = record::write_record(record, folder / record::record_file); !written) {
    record.notes.push_back(written.error().message);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove(folder / record::journal_file, ignored);
}

using Execute = std::function<Result<RunRecord>(const load::RunOptions&)>;

Result<RunRecord> watched(const ServiceUnderTest* service, MeasuredRunOptions options,
                          const Execute& execute) {
  if (service != nullptr) options.run.host = service->url();
  if (options.run.cores.empty()) options.run.cores = engine_cores(options.run.threads);
  Watch watch(service, options);
  auto run = options.run;
  run.on_start = [&](const RunRecord& as_known) {
    watch.start(as_known);
    if (options.run.on_start) options.run.on_start(as_known);
  };
  run.observer = [&](const load::Progress& progress) {
    watch.progress(progress);
    if (options.run.observer) options.run.observer(progress);
  };
  auto result = execute(run);
  if (!result) return result;
  watch.finish(*result);
  write(*result, options.folder);
  return result;
}

}  // namespace

Result<RunRecord> measured_run(const ServiceUnderTest& service, const load::Scenario& scenario,
                               const load::LoadPlan& plan, MeasuredRunOptions options) {
  return watched(&service, std::move(options),
                 [&](const load::RunOptions& run) { return load::run(scenario, plan, run); });
}

Result<RunRecord> measured_blocking_run(const ServiceUnderTest* service,
                                        const load::BlockingJourney& journey,
                                        const load::LoadPlan& plan, MeasuredRunOptions options) {
  return watched(service, std::move(options), [&](const load::RunOptions& run) {
    return load::run_blocking(journey, plan, run);
  });
}

}  // namespace dyno::harness
