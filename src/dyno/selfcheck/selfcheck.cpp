#include "dyno/selfcheck/selfcheck.h"

#include <algorithm>
#include <future>
#include <memory>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/load/engine.h"
#include "dyno/monitor/affinity.h"
#include "dyno/record/figures.h"
#include "dyno/selfcheck/bare_timer.h"
#include "dyno/selfcheck/oracle_server.h"
#include "dyno/selfcheck/truth.h"

namespace dyno::selfcheck {

using namespace std::chrono_literals;
using load::per_second;
using metrics::Histogram;

namespace {

constexpr double percentiles[] = {50, 95, 99, 99.9};

// What one run against the oracle gave.
struct Measured {
  Histogram response_time;
  Histogram service_time;
  Histogram lateness;
  OracleFigures oracle;
};

load::Task<void> ask(load::User& user) { co_await user.get("/"); }

Result<Measured> measure(const load::LoadPlan& plan, const Discipline& discipline,
                         std::uint64_t seed, const Findings& where) {
  auto oracle = OracleServer::start({.cores = where.oracle_cores});
  if (!oracle) return oracle.error();
  load::RunOptions options;
  options.name = "selfcheck";
  options.host = (*oracle)->url();
  options.http.headers = headers_for(discipline);
  options.cores = where.engine_cores;
  options.seed = seed;
  const auto run = load::run(load::Scenario(ask), plan, options);
  if (!run) return run.error();
  const record::FigureQuery answered{.figure = {}};
  return Measured{record::latency_histogram(*run, "response_time", answered),
                  record::latency_histogram(*run, "service_time", answered),
                  record::latency_histogram(*run, "lateness", answered), (*oracle)->stop()};
}

Result<CaseFinding> check_case(const Case& checked, std::uint64_t seed, const Findings& where) {
  const auto arrivals = arrivals_of(checked.plan, seed);
  const auto truth = response_times(arrivals, checked.discipline);
  const auto measured = measure(checked.plan, checked.discipline, seed, where);
  if (!measured) return measured.error();
  CaseFinding found{.name = checked.name,
                    .what = checked.what,
                    .scheduled = arrivals.size(),
                    .answered = measured->response_time.count(),
                    .rows = {},
                    .oracle_late_p99 = measured->oracle.lateness.percentile(99),
                    .oracle_late_max = measured->oracle.lateness.max()};
  for (const double percent : percentiles) {
    const double beyond = static_cast<double>(arrivals.size()) * (100 - percent) / 100;
    found.rows.push_back({.percentile = percent,
                          .truth = percentile(truth, percent),
                          .response_time = measured->response_time.percentile(percent),
                          .service_time = measured->service_time.percentile(percent),
                          .judged = beyond >= judged_tail - 1e-6});
  }
  return found;
}

Result<LatenessFinding> check_lateness(const LatenessPlan& wanted, std::uint64_t seed,
                                       const Findings& where) {
  LatenessFinding found;
  found.what = fmt::format("{} Poisson, {} turns of {} beside a bare timer loop at a tenth of that",
                           to_string(wanted.rate), wanted.rounds, to_string(wanted.length));
  const auto plan = load::rate(wanted.rate).warm_up(wanted.warm_up).hold(wanted.length);
  // Few enough to leave the core to the engine; of a seed of its own, so that it does not wait for
  // the same arrivals.
  const auto beside = load::rate(per_second(wanted.rate.per_second() / 10))
                          .warm_up(wanted.warm_up)
                          .hold(wanted.length);
  for (int round = 0; round < wanted.rounds; ++round) {
    const std::uint64_t own_seed = derived_seed(seed, static_cast<std::uint64_t>(round));
    const auto arrivals = arrivals_of(plan, own_seed);
    const auto compared = static_cast<std::uint64_t>(
        std::ranges::count_if(arrivals, [&](Duration at) { return at >= wanted.warm_up; }));
    const auto times = arrivals_of(beside, ~own_seed);
    found.alone.merge(bare_timer_lateness(times, where.engine_cores));
    auto control = std::async(std::launch::async,
                              [&] { return bare_timer_lateness(times, where.engine_cores); });
    const auto measured = measure(plan, {}, own_seed, where);
    found.bare_timer.merge(control.get());
    if (!measured) return measured.error();
    found.scheduled += compared;
    found.sent += measured->lateness.count();
    found.engine.merge(measured->lateness);
  }
  return found;
}

std::string in_words(Duration work, const std::string& freeze) {
  return fmt::format("500/s uniform, one at a time for {}, frozen for {}", to_string(work), freeze);
}

}  // namespace

std::vector<Case> cases(bool thorough) {
  const auto poisson =
      thorough ? load::rate(per_second(1000)).hold(10'500ms) : load::rate(per_second(600)).hold(2s);
  const std::string rate = thorough ? "1000/s" : "600/s";
  const auto uniform = load::rate(per_second(500)).uniform().hold(thorough ? 40s : 4s);
  const Freezes freezes = thorough ? Freezes{1s, 10s, 4s} : Freezes{200ms, 2s, 800ms};
  return {{"fixed", rate + " Poisson, each answered after 5 ms", poisson, {0s, {5ms, 0s, 0}, {}}},
          {"bimodal",
           rate + " Poisson, answered after 2 ms, every tenth after 20 ms",
           poisson,
           {0s, {2ms, 20ms, 10}, {}}},
          {"freeze",
           in_words(1ms, thorough ? "1 s every 10 s" : "200 ms every 2 s"),
           uniform,
           {1ms, {}, freezes}}};
}

Result<Findings> check_engine(const Options& options) {
  const auto say = [&](const std::string& line) {
    if (options.progress) options.progress(line);
  };
  Findings findings;
  findings.environment = current_environment();
  const auto split = monitor::split_cores(monitor::allowed_cores());
  if (!split.shared) {
    findings.engine_cores = split.engine;
    findings.oracle_cores = split.service;
  }
  for (const Case& checked : options.cases) {
    say(fmt::format("{}: {}", checked.name, checked.what));
    auto found = check_case(checked, options.seed, findings);
    if (!found) return found.error();
    findings.cases.push_back(std::move(*found));
  }
  for (const LatenessPlan& wanted : options.lateness) {
    say(fmt::format("lateness: {}", to_string(wanted.rate)));
    auto found = check_lateness(wanted, options.seed, findings);
    if (!found) return found.error();
    findings.lateness.push_back(std::move(*found));
  }
  return findings;
}

}  // namespace dyno::selfcheck
