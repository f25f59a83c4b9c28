// Runs that cannot be believed, or were measured on other data: one row each, and notes of one
// kind in one line.
#include "dyno/compare/whole_runs.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/compare/compare.h"
#include "dyno/record/test_records.h"

namespace dyno::compare {
namespace {

using record::Change;
using record::ComparedFigure;
using record::Comparison;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

record::RunRecord late_run() {
  auto record = record::test_record();
  record.validity = {false, {"the engine sent late: lateness p99 is 52.9 ms"}, {}};
  return record;
}

// One process, of a run of each of these cases.
Process of_cases(const std::map<std::string, record::RunRecord>& cases) {
  Process process{"results/run", "m", {}};
  for (const auto& [name, record] : cases) add_run(process, record, name);
  return process;
}

Comparison compared_cases(const std::map<std::string, record::RunRecord>& base,
                          const std::map<std::string, record::RunRecord>& head) {
  return compare(Side{"base", {of_cases(base)}}, Side{"head", {of_cases(head)}}, {});
}

std::vector<ComparedFigure> figures_with(const Comparison& comparison, Change change) {
  std::vector<ComparedFigure> found;
  for (const auto& figure : comparison.figures) {
    if (figure.change == change) found.push_back(figure);
  }
  return found;
}

TEST(WholeRuns, ARunThatCannotBeBelievedIsOneErrorOfItsCase) {
  const auto good = record::test_record();
  const auto comparison = compared_cases({{"A.Good", good}, {"A.Late", good}},
                                         {{"A.Good", good}, {"A.Late", late_run()}});
  const auto errored = figures_with(comparison, Change::errored);
  ASSERT_EQ(errored.size(), 1U);
  EXPECT_EQ(errored[0].subject, "A.Late");
  EXPECT_EQ(errored[0].figure, "run");
  EXPECT_EQ(errored[0].base_runs, 1U);
  EXPECT_EQ(errored[0].head_runs, 0U);
  EXPECT_EQ(errored[0].message,
            "A.Late: errored: head: the run cannot be believed: the engine sent late: lateness p99 "
            "is 52.9 ms (results/run)");
  EXPECT_EQ(comparison.figures.size(), 9U) << "the eight figures of the other case besides";
  EXPECT_EQ(exit_status(comparison), ExitStatus::invalid);
  EXPECT_TRUE(comparison.notes.empty()) << comparison.notes.front();
}

TEST(WholeRuns, WhichSideAndHowManyOfItsRunsIsSaid) {
  const auto good = record::test_record();
  const auto of_base =
      figures_with(compared_cases({{"A", late_run()}}, {{"A", good}}), Change::errored);
  ASSERT_EQ(of_base.size(), 1U);
  EXPECT_THAT(of_base[0].message, HasSubstr("A: errored: base: the run cannot be believed"));
  const Side base{"base", {of_cases({{"A", good}}), of_cases({{"A", good}})}};
  const Side head{"head", {of_cases({{"A", good}}), of_cases({{"A", late_run()}})}};
  const auto comparison = compare(base, head, {});
  ASSERT_EQ(comparison.figures.size(), 1U);
  EXPECT_THAT(comparison.figures[0].message, HasSubstr("head, 1 of its 2 runs: the run cannot"));
}

TEST(WholeRuns, AnEndpointThatAnUnfitRunDidNotReachIsNotMissingBesides) {
  auto late = late_run();
  late.endpoints.pop_back();
  std::erase_if(late.cells,
                [&](const auto& cell) { return cell.endpoint >= late.endpoints.size(); });
  const auto comparison = compared_cases({{"A", record::test_record()}}, {{"A", late}});
  ASSERT_EQ(comparison.figures.size(), 1U);
  EXPECT_EQ(comparison.figures[0].change, Change::errored);
}

TEST(WholeRuns, ACaseThatOneSideDoesNotHaveIsMissingAllTheSame) {
  const auto comparison = compared_cases({{"A", late_run()}, {"B", record::test_record()}},
                                         {{"B", record::test_record()}});
  EXPECT_FALSE(figures_with(comparison, Change::missing).empty());
  EXPECT_TRUE(figures_with(comparison, Change::errored).empty());
}

TEST(WholeRuns, WhatIsUnfitOnBothSidesIsANote) {
  const auto good = record::test_record();
  const auto comparison =
      compared_cases({{"A", good}, {"B", late_run()}}, {{"A", good}, {"B", late_run()}});
  EXPECT_TRUE(figures_with(comparison, Change::errored).empty());
  EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr("B: its run can be believed on neither")));
}

TEST(WholeRuns, ACaseOnOtherDataIsOneFigureWithoutABaseline) {
  auto generated = record::test_record();
  generated.service.details = {{"data", {{"size", "medium"}, {"seed", 1}}}};
  auto real = generated;
  real.service.details = {{"data", {{"billing", "export.csv"}, {"generator", nullptr}}}};
  const auto comparison = compared_cases({{"A", generated}}, {{"A", real}});
  ASSERT_EQ(comparison.figures.size(), 1U);
  const auto& figure = comparison.figures[0];
  EXPECT_EQ(figure.change, Change::no_baseline);
  EXPECT_EQ(figure.figure, "data");
  EXPECT_EQ(figure.message,
            "A: no baseline: measured on other data: seed 1, size medium against billing "
            "export.csv; measure both on the same");
  EXPECT_EQ(exit_status(comparison), ExitStatus::inconclusive);
  EXPECT_GT(compared_cases({{"A", real}}, {{"A", real}}).figures.size(), 1U);
}

Process benchmarks_on(const std::string& data, double time) {
  const auto context = data.empty() ? "" : fmt::format(R"(, "dyno_data": "{}")", data);
  const auto text = fmt::format(
      R"({{"context": {{"dyno_fingerprint": "f"{}}}, "benchmarks": [
           {{"name": "Get", "iterations": 100000000, "real_time": {}, "time_unit": "ns", "hits": {},
             "items_per_second": {}}}]}})",
      context, time, time, 1e9 / time);
  auto process = read_benchmarks(text, "get.json", Reading{.counters = true});
  return process ? *process : Process{};
}

Comparison compared_benchmarks(const std::string& base, const std::string& head) {
  return compare(Side{"base", {benchmarks_on(base, 1000)}}, Side{"head", {benchmarks_on(head, 10)}},
                 {});
}

TEST(WholeRuns, BenchmarksOnOtherDataAreNeitherImprovedNorRegressed) {
  const auto comparison = compared_benchmarks("medium, seed 1", "billing export");
  ASSERT_EQ(comparison.figures.size(), 1U);
  const auto& figure = comparison.figures[0];
  EXPECT_EQ(figure.change, Change::no_baseline);
  EXPECT_EQ(figure.subject, "benchmarks");
  EXPECT_THAT(figure.message, HasSubstr("medium, seed 1 against billing export"));
  EXPECT_TRUE(comparison.notes.empty()) << "nor is a counter said to differ";
}

TEST(WholeRuns, BenchmarksThatDoNotSayTheirDataStayComparable) {
  for (const auto& [base, head] :
       {std::pair("", ""), std::pair("", "medium, seed 1"), std::pair("medium, seed 1", ""),
        std::pair("medium, seed 1", "medium, seed 1")}) {
    const auto improved = figures_with(compared_benchmarks(base, head), Change::improved);
    EXPECT_EQ(improved.size(), 1U) << base << " and " << head;
  }
}

TEST(WholeRuns, NotesOfOneKindAreOneLine) {
  const std::string what = "not compared";
  EXPECT_THAT(lines_of({{what, "A"}}), ElementsAre("A: not compared"));
  EXPECT_THAT(lines_of({{what, "A"}, {what, "B"}, {what, "A"}}), ElementsAre("not compared: A; B"));
  EXPECT_THAT(lines_of({{what, "A"}, {what, "B"}, {"alone"}, {what, "C"}, {what, "D"}, {"alone"}}),
              ElementsAre("not compared: 4 in all, such as A; B; C", "alone"));
}

TEST(WholeRuns, FiguresWithoutANumberOnEitherSideAreOneNote) {
  auto silent = record::test_record();
  for (auto& cell : silent.cells) cell.response_time.reset();
  const auto comparison =
      compared_cases({{"A", silent}, {"B", silent}}, {{"A", silent}, {"B", silent}});
  EXPECT_THAT(comparison.notes,
              ElementsAre(AllOf(HasSubstr("no number on either side, not compared: 8 in all"),
                                HasSubstr("A: GET /api/v1/costs response_time.p50; "),
                                Not(HasSubstr("B: ")))));
}

}  // namespace
}  // namespace dyno::compare
