// The GoogleTest fixture of a performance case: it has the service, runs load on it, and keeps
// record, verdicts and outcome of the case under the results folder. A case reads
//
//   TEST_F(CostAgentPerf, NormalLoad) {
//     const RunRecord run = load(browse, users(50).ramp(2s).hold(length({5s, 30s, 120s})));
//     EXPECT_THAT(run, meets(targets("cost_agent/normal")));
//   }
//
// Each case is a process of its own (dyno_perf_case in CMake), so that none measures what another
// left behind. docs/writing-a-test.md is the introduction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/harness/arithmetic.h"
#include "dyno/harness/measured_run.h"
#include "dyno/harness/service_under_test.h"
#include "dyno/harness/settings.h"
#include "dyno/record/run_record.h"
#include "dyno/targets/targets.h"

namespace dyno::harness {

// The length of a steady window in each form.
struct Lengths {
  Duration quick;
  Duration standard;
  Duration full;
};

// How long a case lasts, as its own loads say: for sure; besides, at most, those loads that end
// after so many operations; and until its service has started. What it does between its loads is
// not in it, nor loads that are bound by their count alone.
struct CaseLength {
  Duration load{};
  Duration at_most{};
  Duration start{};
};

class PerfCase : public testing::Test {
 public:
  PerfCase();
  ~PerfCase() override;

  // Keeps verdicts with the record they judge. Called by meets().
  void add_verdicts(const record::RunRecord& judged, const std::string& set,
                    record::Validity validity, std::vector<record::Verdict> verdicts);

  // Says in the message of each target on a rate that was missed when the plan of its run could not
  // have reached it, and which number to change. Called by meets().
  void mark_unreachable(const record::RunRecord& judged, const targets::TargetSet& set,
                        std::vector<record::Verdict>& verdicts) const;

  // The case that runs now; null outside of one.
  static PerfCase* current();

 protected:
  // How this system is started.
  virtual ServiceSpec service_spec() const = 0;

  // For cases that need the service as a process of its own: CPU, memory, descriptors, stress.
  // `extra` is appended to its arguments. Before the first service(); no effect on a remote
  // service.
  void spawn_service(std::vector<std::string> extra = {});

  // Starts it on first use. A service that does not start ends the case with one clear line.
  ServiceUnderTest& service();

  // Runs a load on the service and keeps its record as cases/<case>/[label/]record.json. Mistakes
  // in plan or scenario end the case.
  record::RunRecord load(const load::Scenario& scenario, load::LoadPlan plan,
                         const std::string& label = {});
  record::RunRecord load_blocking(const load::BlockingJourney& journey, load::LoadPlan plan,
                                  const std::string& label = {});

  // One user does every task of `scenario` once, and every request must succeed: for the case Smoke
  // that comes before all others of a system (dyno_perf_case). It keeps no record and judges no
  // time; each failed request is a failure of the case.
  void smoke(const load::Scenario& scenario);

  // "cost_agent/normal": the set `normal` of cost_agent.json in the targets folder, with the limits
  // of the form that runs. A mistake in the file ends the case with file, place and reason.
  targets::TargetSet targets(const std::string& name) const;

  // targets(name), which also ends the loads that follow, where one of them that may (one with a
  // `critical` limit, or with "abort") is missed so far for its grace: the record then says which,
  // and the load passes nothing.
  targets::TargetSet ending_targets(const std::string& name);

  // The length for the form that runs; TEST_DURATION_SECONDS overrides all three.
  Duration length(const Lengths& lengths) const;

  // Likewise of what comes before the steady window. TEST_DURATION_SECONDS cannot make it longer.
  Duration warm_up_length(const Lengths& lengths) const;

  // One request after the other, as many as a p95 needs. A service too slow for that is asked for a
  // while, which does not get shorter by TEST_DURATION_SECONDS, and judged on what there is.
  load::LoadPlan one_at_a_time() const;

  // The way to the breaking point: each of `levels` of users reached within `ramp` and held as
  // "stress".
  load::LoadPlan ever_more(const std::vector<std::uint32_t>& levels, Duration ramp,
                           const Lengths& held);

  // `wanted`, or MAX_CONCURRENT_USERS when that is lower; the record then says so.
  std::uint32_t at_most(std::uint32_t wanted);

  // Adds a line to the notes of the last load's record.
  void note(const std::string& text);

  const Settings& settings() const;

  // So far, where only lengths are asked for (perf_session.h).
  const CaseLength& planned() const { return planned_; }

  void SetUp() override;  // skips the case when the program has been told to stop
  void TearDown() override;

 private:
  struct Run;
  struct Ending;

  void share_service(const ServiceSpec& spec);
  record::RunRecord only_plan(const load::LoadPlan& plan);
  record::RunRecord keep(Result<record::RunRecord> result, const std::string& label);
  void say_unreachable(const load::Scenario& scenario, const load::LoadPlan& plan) const;
  Knob knob_of(const load::LoadPlan& plan) const;
  MeasuredRunOptions options(const std::string& label);
  void watch_for_breaches(MeasuredRunOptions& options);
  std::filesystem::path folder(const std::string& label) const;
  void write_outcome();

  bool spawn_ = false;
  std::vector<std::string> extra_;
  std::vector<std::string> notes_;
  std::optional<std::uint32_t> cut_to_;  // MAX_CONCURRENT_USERS, where it has cut users
  std::shared_ptr<ServiceUnderTest> service_;
  CaseLength planned_;
  std::vector<std::unique_ptr<Run>> runs_;
  std::optional<targets::TargetSet> ending_;
  std::unique_ptr<Ending> under_way_;
};

// Judges a record against a set of targets and prints the evidence, line by line, where it fails. A
// warning passes; failed, invalid and no data do not.
testing::Matcher<const record::RunRecord&> meets(targets::TargetSet set);

}  // namespace dyno::harness

namespace dyno::record {

// What GoogleTest prints for a run: its name and load, not its megabytes.
void PrintTo(const RunRecord& run, std::ostream* out);

}  // namespace dyno::record
