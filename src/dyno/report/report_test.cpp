// The renderers against fixtures/golden/report/: scripts/approve rewrites them, for a look at the
// diff.
#include "dyno/report/report.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/record/record_file.h"
#include "dyno/record/test_records.h"

namespace dyno::report {
namespace {

using namespace std::chrono_literals;
using record::VerdictKind;
using ::testing::HasSubstr;
using ::testing::Not;

void expect_golden(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(DYNO_SOURCE_DIR) / "fixtures/golden/report" / name;
  if (std::getenv("DYNO_APPROVE") != nullptr) {
    ASSERT_TRUE(write_file(path, text));
    return;
  }
  const auto golden = read_file(path);
  ASSERT_TRUE(golden) << golden.error().message << "; scripts/approve writes it";
  EXPECT_EQ(text, *golden) << "scripts/approve accepts the change";
}

record::RunRecord run() {
  auto record = record::test_record();
  record.verdicts = {
      {VerdictKind::pass, "normal: response_time.mean < 2.00 s", "*", "response_time.mean", 15e7,
       2e9, "ns", 4000, "response_time.mean is 153 ms (target < 2.00 s; 4000 samples)"},
      {VerdictKind::fail, "normal: response_time.p95 < 100 ms", "*", "response_time.p95", 45e7, 1e8,
       "ns", 4000, "response_time.p95 is 450 ms, 4.5 times the limit | see <it>"},
      {VerdictKind::no_data,
       "normal: response_time.p99.9 < 5.00 s",
       "*",
       "response_time.p99.9",
       {},
       5e9,
       "ns",
       4000,
       "not judged on 4000 samples"},
      {VerdictKind::not_applicable,
       "normal: service.rss.max < 512 MB",
       "*",
       "service.rss.max",
       {},
       {},
       "bytes",
       0,
       "not applicable"}};
  record.validity.warnings = {"the engine used 75 % of its CPU"};
  return record;
}

record::SuiteRecord suite() {
  record::SuiteRecord suite;
  suite.id = "20261121T074300Z-quick-1a2b3c4d5e6f";
  suite.name = "quick";
  suite.started = run().started;
  suite.length = 95s;
  suite.environment = run().environment;
  auto good = run();
  good.name = "CostAgentPerf.PeakLoad";
  good.verdicts.resize(1);
  suite.cases = {record::summarise(run(), {"load"}, "cases/CostAgentPerf.NormalLoad"),
                 record::summarise(good, {"load"}, "cases/CostAgentPerf.PeakLoad")};
  suite.missing_cases = {"CostAgentPerf.StressLoad"};
  record::ComparedFigure slower;
  slower.change = record::Change::regressed;
  slower.subject = "CacheGet/8";
  slower.figure = "real_time";
  slower.message = "CacheGet/8 real_time regressed: 100 ns to 1.00 µs, 10 times";
  record::ComparedFigure same = slower;
  same.change = record::Change::inconclusive;
  same.subject = "CacheSet/8";
  same.message = "CacheSet/8 real_time inconclusive: 100 ns to 110 ns, 1.1 times";
  suite.comparison =
      record::Comparison{"results/baselines/abc/quick", "this run", {same, slower}, {"a note"}};
  suite.notes = {"interrupted? no"};
  suite.exit = ExitStatus::invalid;
  return suite;
}

TEST(Report, ConsoleOfARun) { expect_golden("run.txt", console(run(), false)); }
TEST(Report, ConsoleOfASuite) { expect_golden("suite.txt", console(suite(), false)); }
TEST(Report, MarkdownOfARun) { expect_golden("run.md", markdown(run())); }
TEST(Report, MarkdownOfASuite) { expect_golden("suite.md", markdown(suite())); }
TEST(Report, StreamsHaveATableOfTheirOwn) {
  auto record = run();
  for (auto& cell : record.cells) {
    if (cell.endpoint != 0 || !cell.outcome.ok()) continue;
    for (int i = 0; i < 100; ++i) {
      cell.first_event.record(std::chrono::milliseconds(100 + i));
      cell.token_time.record(20ms);
      for (int j = 0; j < 9; ++j) cell.gap.record(std::chrono::milliseconds(10 + 2 * j));
    }
    cell.events = 1000;
    cell.tokens = 3000;
  }
  expect_golden("streams.md", markdown(record));
  expect_golden("streams.txt", console(record, false));
}

TEST(Report, JUnitOfARun) { expect_golden("run_junit.xml", junit(run())); }
TEST(Report, JUnitOfASuite) { expect_golden("suite_junit.xml", junit(suite())); }

TEST(Report, LocustsFourFiles) {
  const auto csv = locust_csv({run()});
  expect_golden("locust_stats.csv", csv.stats);
  expect_golden("locust_stats_history.csv", csv.history);
  expect_golden("locust_failures.csv", csv.failures);
  expect_golden("locust_exceptions.csv", csv.exceptions);
}

record::Comparison comparison_of(
    const std::vector<std::pair<record::Change, std::size_t>>& changes) {
  record::Comparison comparison{"base", "head", {}, {}};
  for (const auto& [change, count] : changes) {
    for (std::size_t i = 0; i < count; ++i) {
      record::ComparedFigure figure;
      figure.change = change;
      figure.subject = fmt::format("Case{}", i);
      figure.figure = "rate";
      figure.message = fmt::format("Case{} rate: {}: it was so", i, to_string(change));
      comparison.figures.push_back(figure);
    }
  }
  return comparison;
}

// The first words of the table's rows.
std::vector<std::string> verdicts_of(const std::string& table) {
  std::vector<std::string> found;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" rate  ") != std::string::npos) {
      found.push_back(line.substr(0, line.find("  ")));
    }
  }
  return found;
}

using record::Change;

TEST(Report, WhatMattersMostComesFirst) {
  const auto comparison = comparison_of({{Change::equivalent, 1},
                                         {Change::inconclusive, 1},
                                         {Change::no_baseline, 1},
                                         {Change::added, 1},
                                         {Change::improved, 1},
                                         {Change::errored, 1},
                                         {Change::missing, 1},
                                         {Change::regressed, 1}});
  EXPECT_THAT(verdicts_of(comparison_table(comparison, false)),
              testing::ElementsAre("regressed", "missing", "errored", "improved", "new",
                                   "no baseline", "inconclusive", "equivalent"));
  const auto text = markdown(comparison);
  EXPECT_LT(text.find("| errored |"), text.find("| improved |"));
  EXPECT_LT(text.find("| improved |"), text.find("| inconclusive |"));
}

TEST(Report, ManyFiguresInWhichNothingIsToBeDoneAreCounted) {
  auto comparison = comparison_of({{Change::equivalent, 30},
                                   {Change::inconclusive, 11},
                                   {Change::errored, 1},
                                   {Change::regressed, 2}});
  const auto table = comparison_table(comparison, false);
  EXPECT_THAT(verdicts_of(table), testing::ElementsAre("regressed", "regressed", "errored"));
  EXPECT_THAT(table, HasSubstr("\n... 30 equivalent, 11 inconclusive: --all shows them\n"));
  EXPECT_THAT(table, HasSubstr("concluded: 2 regressed, 30 equivalent, 1 errored\n"));
  EXPECT_THAT(table, Not(HasSubstr("Case3 rate: inconclusive")));
  EXPECT_THAT(table, HasSubstr("Case0 rate: errored: it was so\n"));
  const auto all = comparison_table(comparison, false, true);
  EXPECT_EQ(verdicts_of(all).size(), 44U);
  EXPECT_THAT(all, HasSubstr("Case3 rate: inconclusive"));
  EXPECT_THAT(all, Not(HasSubstr("--all")));
  comparison.figures.erase(comparison.figures.begin());
  EXPECT_EQ(verdicts_of(comparison_table(comparison, false)).size(), 43U) << "forty are shown";
}

TEST(Report, WhyThereIsNoBaselineIsSaidOnceForAll) {
  const auto many = comparison_table(comparison_of({{Change::no_baseline, 50}}), false);
  EXPECT_THAT(many, HasSubstr("... 50 no baseline: --all shows them\n"));
  EXPECT_THAT(many,
              HasSubstr("\nno baseline: it was so: 50 in all, such as Case0 rate; Case1 rate; "
                        "Case2 rate\n"));
  EXPECT_THAT(many, Not(HasSubstr("verdict"))) << "a heading without rows";
  const auto few = comparison_table(comparison_of({{Change::no_baseline, 2}}), false);
  EXPECT_THAT(few, HasSubstr("\nno baseline: it was so: Case0 rate; Case1 rate\n"));
  EXPECT_THAT(markdown(comparison_of({{Change::no_baseline, 2}})),
              HasSubstr("- no baseline: it was so: Case0 rate; Case1 rate\n"));
  auto record = suite();
  record.comparison = comparison_of({{Change::no_baseline, 2}});
  EXPECT_THAT(console(record, false),
              HasSubstr("  note         no baseline: it was so: Case0 rate; Case1 rate\n"));
}

TEST(Report, ColoursAreThereOnlyWhenAskedFor) {
  EXPECT_THAT(console(run(), false), Not(HasSubstr("\033")));
  EXPECT_THAT(console(run(), true), HasSubstr("\033[31mFAIL    \033[0m"));
}

TEST(Report, WhatOtherProgramsHadIsToldOfTheCaseInWhichItWasMost) {
  auto record = suite();
  EXPECT_THAT(console(record, false), Not(HasSubstr("other programs")));
  record.cases[0].figures.push_back({"others.cpu_percent.mean", 12, "percent"});
  record.cases[1].figures.push_back({"others.cpu_percent.mean", 23.4, "percent"});
  const auto* said =
      "other programs had 23 % of the CPU while CostAgentPerf.PeakLoad was measured, and over 10 % "
      "in 1 other case";
  EXPECT_THAT(console(record, false), HasSubstr(said));
  EXPECT_THAT(markdown(record), HasSubstr(said));
}

// Its events, or its end, came in the window; it was asked before.
TEST(Report, WhatBeganBeforeTheWindowStandsInNoTableOfRequests) {
  auto record = run();
  for (auto& cell : record.cells) {
    if (cell.endpoint != 0 || cell.window != 1) continue;
    cell.count = 0;
    cell.completed_in_window = 30;
  }
  const auto lines = console_table(record);
  EXPECT_THAT(lines, Not(HasSubstr("/api/v1/costs")));
  EXPECT_THAT(lines, HasSubstr("/api/v1/analyze"));
  EXPECT_THAT(console_percentiles(record), Not(HasSubstr("/api/v1/costs")));
  EXPECT_THAT(markdown(record), Not(HasSubstr("| GET | /api/v1/costs |")));
  EXPECT_THAT(locust_csv({record}).stats, Not(HasSubstr("/api/v1/costs")));
}

TEST(Report, SeveralRunsAreOneTableWithOneSum) {
  auto first = run();
  auto second = run();
  first.name = "A";
  second.name = "B";
  const auto csv = locust_csv({first, second});
  EXPECT_THAT(csv.stats, HasSubstr("\nGET,A: /api/v1/costs,2000,0,"));
  EXPECT_THAT(csv.stats, HasSubstr("\nGET,B: /api/v1/costs,2000,0,"));
  EXPECT_THAT(csv.stats, HasSubstr("\n,Aggregated,8040,40,"));
}

TEST(Report, ARunWithoutSamplesIsShownWithoutFigures) {
  auto record = run();
  record.cells.clear();
  record.series.clear();
  record.verdicts.clear();
  EXPECT_THAT(locust_csv({record}).stats, HasSubstr(",Aggregated,0,0,N/A,N/A,N/A,N/A,0.0,0.000,"));
  EXPECT_THAT(console(record, false), HasSubstr("no steady window holds a sample"));
  EXPECT_THAT(junit(record), HasSubstr("errors=\"1\""));
  for (const auto& text : {locust_csv({record}).stats, console(record, false), markdown(record)}) {
    EXPECT_THAT(text, Not(HasSubstr("nan")));
  }
}

TEST(Report, XmlHasNoControlCharactersOrRawMarkup) {
  auto record = run();
  record.name =
      "a\x01"
      "b<c>&\"d\"";
  EXPECT_THAT(junit(record), HasSubstr("name=\"a?b&lt;c&gt;&amp;&quot;d&quot;\""));
}

TEST(Report, TheUsualFilesAreWritten) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("dyno_report_test_" + std::to_string(::getpid()));
  ASSERT_TRUE(record::write_record(run(), folder / "cases/CostAgentPerf.PeakLoad/record.json"));
  const auto written = write_suite_reports(suite(), folder);
  ASSERT_TRUE(written) << written.error().message;
  for (const auto* name :
       {"summary.md", "junit.xml", "locust_stats.csv", "locust_stats_history.csv",
        "locust_failures.csv", "locust_exceptions.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
  }
  EXPECT_FALSE(write_run_reports(run(), "/proc/no/such/folder"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace dyno::report
