// The matcher meets(): judges a record, and gives verdicts and evidence to the case that runs.
#include <utility>

#include <fmt/format.h>

#include "dyno/harness/perf_case.h"
#include "dyno/harness/perf_session.h"
#include "dyno/targets/judge.h"
#include "dyno/targets/validity.h"

namespace dyno::harness {

const char* word(record::VerdictKind kind) {
  switch (kind) {
    case record::VerdictKind::pass:
      return "pass";
    case record::VerdictKind::warn:
      return "WARN";
    case record::VerdictKind::fail:
      return "FAIL";
    case record::VerdictKind::invalid:
      return "INVALID";
    case record::VerdictKind::no_data:
      return "NO DATA";
    case record::VerdictKind::not_applicable:
      return "n/a";
  }
  return "?";
}

namespace {

class MeetsTargets final : public testing::MatcherInterface<const record::RunRecord&> {
 public:
  explicit MeetsTargets(targets::TargetSet set) : set_(std::move(set)) {}

  bool MatchAndExplain(const record::RunRecord& run,
                       testing::MatchResultListener* listener) const override {
    if (session().listing) return true;
    auto judged = run;
    judged.validity = targets::assess(judged, set_);
    auto verdicts = targets::judge(judged, set_);
    if (const auto* running = PerfCase::current()) {
      running->mark_unreachable(judged, set_, verdicts);
    }
    const auto status = targets::exit_status(verdicts);
    for (const auto& verdict : verdicts) {
      if (verdict.kind != record::VerdictKind::pass) {
        *listener << "\n  " << word(verdict.kind) << ": " << verdict.message;
      }
    }
    if (auto* running = PerfCase::current(); running != nullptr) {
      session().status = worst(session().status, status);
      running->add_verdicts(run, set_.name, std::move(judged.validity), std::move(verdicts));
    }
    return status == ExitStatus::pass;
  }

  void DescribeTo(std::ostream* out) const override {
    *out << "meets the " << set_.targets.size() << " targets of " << set_.system << "/"
         << set_.name;
  }
  void DescribeNegationTo(std::ostream* out) const override {
    *out << "misses a target of " << set_.system << "/" << set_.name;
  }

 private:
  targets::TargetSet set_;
};

}  // namespace

testing::Matcher<const record::RunRecord&> meets(targets::TargetSet set) {
  return testing::MakeMatcher(new MeetsTargets(std::move(set)));
}

}  // namespace dyno::harness

namespace dyno::record {

void PrintTo(const RunRecord& run, std::ostream* out) {
  *out << "the run " << run.name << " (" << run.load.description << ")";
}

}  // namespace dyno::record
