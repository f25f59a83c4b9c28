#include "dyno/harness/perf_case.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/harness/breach_watch.h"
#include "dyno/harness/case_outcome.h"
#include "dyno/harness/perf_session.h"
#include "dyno/harness/smoke.h"
#include "dyno/record/record_file.h"
#include "dyno/record/suite_record.h"
#include "dyno/targets/validity.h"

namespace dyno::harness {

namespace {

PerfCase* current_case = nullptr;

// Configuration or I/O: one line on stderr, and the status that goes with it.
void complain(const Error& error) {
  session().status = worst(session().status, ExitStatus::usage);
  fmt::print(stderr, "error: {}\n", error.message);
}

// A mistake in plan, scenario, targets or set-up: GoogleTest reports the line and ends the case.
[[noreturn]] void give_up(const Error& error) {
  complain(error);
  throw std::runtime_error(error.message);
}

std::string case_name() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  return fmt::format("{}.{}", info->test_suite_name(), info->name());
}

// A line every other second, so that whoever watches a long case sees that it moves.
void show(const load::Progress& progress) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.elapsed).count();
  if (seconds % 2 != 0) return;
  fmt::print("dyno: {} s{}, {} users, {:.0f}/s, p95 {}, {} failed\n", seconds,
             progress.planned > Duration::zero()
                 ? fmt::format(" of {:.0f} s", static_cast<double>(progress.planned.count()) / 1e9)
                 : std::string{},
             progress.point.users,
             static_cast<double>(progress.point.ok) * 1e9 /
                 static_cast<double>(std::max<std::int64_t>(progress.point.length.count(), 1)),
             dyno::to_string(progress.point.p95), progress.failures);
  std::fflush(stdout);
}

Duration length_of(const Lengths& lengths, Form form) {
  switch (form) {
    case Form::quick:
      return lengths.quick;
    case Form::standard:
      return lengths.standard;
    case Form::full:
      return lengths.full;
  }
  return lengths.standard;
}

}  // namespace

PerfSession& session() {
  static PerfSession instance;
  return instance;
}

// A run of this case and what was judged of it, by set of targets.
struct PerfCase::Run {
  std::string label;
  record::RunRecord record;
  std::map<std::string, std::vector<record::Verdict>> verdicts;
  std::set<std::string> spoilt;  // sets whose judgement only the engine's want of CPU made invalid
  std::optional<load::Scenario> scenario;  // nothing: of code that blocks, and has no waits to tell
  load::LoadPlan plan;
};

// What may end the load that is under way: Ctrl-C, or a breach.
struct PerfCase::Ending {
  load::StopRequest stop{&session().stop};
  std::optional<BreachWatch> watch;
  std::string reason;
};

PerfCase::PerfCase() { current_case = this; }
PerfCase::~PerfCase() { current_case = nullptr; }
PerfCase* PerfCase::current() { return current_case; }

void PerfCase::SetUp() {
  if (session().stop.level() > 0) GTEST_SKIP() << session().stop.reason();
}

const Settings& PerfCase::settings() const { return session().settings; }

void PerfCase::spawn_service(std::vector<std::string> extra) {
  spawn_ = true;
  extra_ = std::move(extra);
}

ServiceUnderTest& PerfCase::service() {
  if (service_) return *service_;
  auto spec = service_spec();
  spec.arguments.insert(spec.arguments.end(), extra_.begin(), extra_.end());
  if (session().listing) {
    share_service(spec);
    return *service_;
  }
  const auto host = host_of(settings(), spec.system);
  auto mode = host.empty() ? settings().mode : TargetMode::remote;
  if (spawn_ && mode == TargetMode::in_process) mode = TargetMode::spawned;
  auto started = ServiceUnderTest::start(spec, mode, host, folder({}) / (spec.system + ".log"),
                                         settings().http);
  if (!started) give_up(started.error());
  service_ = std::move(*started);
  return *service_;
}

// Started twice, since the first may generate its data, which every later start finds.
void PerfCase::share_service(const ServiceSpec& spec) {
  auto& shared = session().services[spec.system];
  SteadyClock clock;
  for (int i = 0; i < 2 && shared.start == Duration{}; ++i) {
    const auto begin = clock.now();
    shared.service.reset();
    auto started = ServiceUnderTest::start(spec, TargetMode::in_process, {}, {}, {});
    if (!started) give_up(started.error());
    shared.service = std::move(*started);
    if (i == 1) shared.start = clock.now() - begin;
  }
  service_ = shared.service;
  planned_.start = shared.start;
}

record::RunRecord PerfCase::only_plan(const load::LoadPlan& plan) {
  // A plan that is bound by its count alone has a long stage for a cap, which is no length.
  static const Duration cap = load::length(load::users(1).operations(1));
  auto& sum = plan.iterations > 0 ? planned_.at_most : planned_.load;
  sum += load::length(plan);
  if (plan.iterations > 0 && plan.stages.back().length == cap) sum -= cap;
  return {};
}

record::RunRecord PerfCase::load(const load::Scenario& scenario, load::LoadPlan plan,
                                 const std::string& label) {
  service();
  if (session().listing) return only_plan(plan);
  say_unreachable(scenario, plan);
  const auto run = keep(measured_run(*service_, scenario, plan, options(label)), label);
  runs_.back()->scenario = scenario;
  runs_.back()->plan = plan;
  return run;
}

record::RunRecord PerfCase::load_blocking(const load::BlockingJourney& journey, load::LoadPlan plan,
                                          const std::string& label) {
  if (session().listing) return only_plan(plan);
  return keep(measured_blocking_run(service_.get(), journey, plan, options(label)), label);
}

Knob PerfCase::knob_of(const load::LoadPlan& plan) const {
  return cut_to_ && load::highest_level(plan) == *cut_to_ ? Knob::variable : Knob::code;
}

// What journeys send is not known before.
void PerfCase::say_unreachable(const load::Scenario& scenario, const load::LoadPlan& plan) const {
  if (!ending_) return;
  for (const auto& line : unreachable({scenario, plan, knob_of(plan), {}}, *ending_)) {
    fmt::print("dyno: {}\n", line);
  }
}

void PerfCase::mark_unreachable(const record::RunRecord& judged, const targets::TargetSet& set,
                                std::vector<record::Verdict>& verdicts) const {
  const auto run = std::find_if(runs_.begin(), runs_.end(),
                                [&](const auto& one) { return one->record.id == judged.id; });
  if (run == runs_.end() || !(*run)->scenario) return;
  const PlannedLoad load{
      *(*run)->scenario, (*run)->plan, knob_of((*run)->plan),
      [&](const auto& target) { return requests_per_iteration(judged, target); }};
  for (std::size_t i = 0; i < set.targets.size() && i < verdicts.size(); ++i) {
    const bool missed = verdicts[i].kind == record::VerdictKind::fail ||
                        verdicts[i].kind == record::VerdictKind::warn;
    if (!missed) continue;
    if (const auto why = why_unreachable(load, set.targets[i])) {
      verdicts[i].message += fmt::format("; unreachable: {}", *why);
    }
  }
}

void PerfCase::smoke(const load::Scenario& scenario) {
  service();
  if (session().listing) return;
  std::size_t least = 0;
  for (const auto& users : scenario.classes) least += users.tasks.size();
  auto unkept = options({});
  unkept.folder.clear();
  const auto run = measured_run(*service_, once_each(scenario), one_pass(), std::move(unkept));
  if (!run) give_up(run.error());
  for (const auto& line : what_went_wrong(*run, least)) ADD_FAILURE() << line;
}

targets::TargetSet PerfCase::ending_targets(const std::string& name) {
  ending_ = targets(name);
  return *ending_;
}

void PerfCase::watch_for_breaches(MeasuredRunOptions& options) {
  auto& ending = *under_way_;
  ending.watch.emplace(*ending_);
  if (!ending.watch->may_end()) return;
  options.run.on_start = [&ending](const record::RunRecord& as_known) {
    ending.watch->start(as_known);
  };
  options.on_readings = [&ending](const Readings& readings) { ending.watch->add(readings); };
  options.run.observer = [&ending](const load::Progress& progress) {
    show(progress);
    ending.watch->gather(progress);
    const auto reason = ending.watch->breach(progress);
    if (!reason) return;
    ending.reason = *reason;
    fmt::print("dyno: ending the run: {}\n", ending.reason);
    ending.stop.request(ending.reason.c_str());
  };
}

MeasuredRunOptions PerfCase::options(const std::string& label) {
  under_way_ = std::make_unique<Ending>();
  MeasuredRunOptions options;
  options.run.name = case_name() + (label.empty() ? "" : "/" + label);
  options.run.seed = settings().seed;
  options.run.http = settings().http;
  options.run.stop = &under_way_->stop;
  options.run.observer = show;
  if (ending_) watch_for_breaches(options);
  options.form = to_string(settings().form);
  const auto& given = settings().given;
  options.reproduce = fmt::format("{}{}ctest --test-dir build/release -R '^{}$'", given,
                                  given.empty() ? "" : " ", case_name());
  options.folder = folder(label);
  return options;
}

record::RunRecord PerfCase::keep(Result<record::RunRecord> result, const std::string& label) {
  if (!result) give_up(result.error());
  auto run = std::make_unique<Run>();
  run->label = label;
  run->record = std::move(*result);
  run->record.notes.insert(run->record.notes.end(), notes_.begin(), notes_.end());
  run->record.validity = targets::assess(run->record, std::nullopt);
  runs_.push_back(std::move(run));
  return runs_.back()->record;
}

namespace {

// A failure is the service's, whatever the engine was short of.
bool all_went_well(const record::RunRecord& run) {
  return run.completion == record::Completion::complete &&
         std::all_of(run.cells.begin(), run.cells.end(), [](const record::Cell& cell) {
           return cell.outcome.kind == metrics::OutcomeKind::ok;
         });
}

}  // namespace

void PerfCase::add_verdicts(const record::RunRecord& judged, const std::string& set,
                            record::Validity validity, std::vector<record::Verdict> verdicts) {
  for (auto& run : runs_) {
    if (run->record.id != judged.id) continue;
    if (validity.short_of_cpu && all_went_well(judged)) run->spoilt.insert(set);
    run->record.validity = std::move(validity);
    run->verdicts[set] = std::move(verdicts);
    return;
  }
}

targets::TargetSet PerfCase::targets(const std::string& name) const {
  auto set = targets::load_target_set(name, settings().targets, to_string(settings().form));
  if (!set) give_up(set.error());
  return std::move(*set);
}

Duration PerfCase::length(const Lengths& lengths) const {
  return settings().duration ? *settings().duration : length_of(lengths, settings().form);
}

Duration PerfCase::warm_up_length(const Lengths& lengths) const {
  const auto wanted = length_of(lengths, settings().form);
  return std::min(wanted, settings().duration.value_or(wanted));
}

load::LoadPlan PerfCase::one_at_a_time() const {
  using namespace std::chrono_literals;
  constexpr std::uint64_t enough_for_p95 = 220;
  return load::users(1)
      .hold(std::max<Duration>(length({20s, 20s, 1min}), 20s))
      .operations(enough_for_p95);
}

load::LoadPlan PerfCase::ever_more(const std::vector<std::uint32_t>& levels, Duration ramp,
                                   const Lengths& held) {
  auto plan = load::users(at_most(levels.front())).ramp(ramp).hold(length(held), "stress");
  for (std::size_t i = 1; i < levels.size(); ++i)
    plan = plan.to(at_most(levels[i])).ramp(ramp).hold(length(held), "stress");
  return plan;
}

std::uint32_t PerfCase::at_most(std::uint32_t wanted) {
  const auto limit = settings().max_users.value_or(wanted);
  if (limit >= wanted) return wanted;
  cut_to_ = limit;
  notes_.push_back(fmt::format("MAX_CONCURRENT_USERS cut {} users to {}", wanted, limit));
  return limit;
}

void PerfCase::note(const std::string& text) {
  if (!runs_.empty()) runs_.back()->record.notes.push_back(text);
}

std::filesystem::path PerfCase::folder(const std::string& label) const {
  const auto folder = settings().results / "cases" / case_name();
  return label.empty() ? folder : folder / label;
}

void PerfCase::TearDown() {
  service_.reset();
  if (session().listing) {
    const auto seconds = [](Duration time) { return std::chrono::duration<double>(time).count(); };
    fmt::print("{} {:.1f} {:.1f} {:.1f}\n", case_name(), seconds(planned_.load),
               seconds(planned_.at_most), seconds(planned_.start));
    return;
  }
  for (auto& run : runs_) {
    for (auto& [set, verdicts] : run->verdicts) {
      for (auto& verdict : verdicts) {
        fmt::print("{:>8}  {}\n", word(verdict.kind), verdict.message);
        run->record.verdicts.push_back(std::move(verdict));
      }
    }
    const auto path = folder(run->label) / record::record_file;
    if (const auto written = record::write_record(run->record, path); !written) {
      complain(written.error());
      ADD_FAILURE() << written.error().message;
    }
  }
  write_outcome();
}

namespace {

// What a case threw, without GoogleTest's words around it.
std::string in_own_words(std::string message) {
  constexpr std::string_view before = "C++ exception with description \"";
  const auto end = message.rfind("\" thrown in ");
  if (!message.starts_with(before) || end == std::string::npos || end < before.size()) {
    return message;
  }
  return message.substr(before.size(), end - before.size());
}

}  // namespace

void PerfCase::write_outcome() {
  CaseOutcome outcome;
  outcome.name = case_name();
  outcome.skipped = IsSkipped();
  for (const auto& run : runs_) outcome.records.push_back(run->label);
  const auto& result = *testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result.total_part_count(); ++i) {
    const auto& part = result.GetTestPartResult(i);
    if (part.failed() || part.skipped()) outcome.messages.push_back(in_own_words(part.message()));
  }
  std::size_t spoilt = 0;
  for (const auto& run : runs_) spoilt += run->spoilt.size();
  outcome.measure_again = HasFailure() && outcome.messages.size() == spoilt;
  if (HasFailure()) {
    if (session().status == ExitStatus::pass) session().status = ExitStatus::fail;
    outcome.exit = session().status;
  }
  const auto written = write_case_outcome(outcome, folder({}) / case_outcome_file);
  if (!written) {
    complain(written.error());
    ADD_FAILURE() << written.error().message;
  }
}

}  // namespace dyno::harness
