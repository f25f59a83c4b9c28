// Locust's files against each other: all of one run tell the same in all.
#include "dyno/report/locust_history.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/report/report.h"

namespace dyno::report {
namespace {

using namespace std::chrono_literals;
using metrics::Outcome;
using metrics::OutcomeKind;
using record::WindowKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

// No field of these files has a comma in it.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at <= line.size();) {
    const auto end = std::min(line.find(',', at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

using InAll = std::pair<std::uint64_t, std::uint64_t>;  // requests, failures

InAll totals_in(const std::string& line) {
  const auto fields = fields_of(line);
  return {std::stoull(fields.at(17)), std::stoull(fields.at(18))};
}

record::Cell cell(std::uint32_t endpoint, std::uint32_t window, std::uint64_t count,
                  Outcome outcome = {}) {
  record::Cell cell;
  cell.endpoint = endpoint;
  cell.window = window;
  cell.outcome = outcome;
  cell.count = cell.completed_in_window = count;
  cell.bytes_received = 10 * count;
  cell.head_bytes = 4 * count;
  cell.first_seen = cell.last_seen = std::chrono::seconds{window + 1};
  for (std::uint64_t i = 0; i < count; ++i) cell.response_time.record(5ms);
  return cell;
}

constexpr Outcome broken{OutcomeKind::http_error, 500};

// Two steady windows after ramps, a run of seven seconds.
struct RunUnderWay {
  static record::RunRecord planned() {
    record::RunRecord record;
    record.windows = {{WindowKind::ramp, 0s, 2s, ""},
                      {WindowKind::steady, 2s, 3s, "a"},
                      {WindowKind::ramp, 3s, 4s, ""},
                      {WindowKind::steady, 4s, 6s, "b"},
                      {WindowKind::drain, 6s, 7s, ""}};
    record.endpoints = {{"GET", "/items"}, {"POST", "/orders"}};
    return record;
  }

  // The rows of the next second; the record takes the same cells.
  std::vector<std::string> second(const std::vector<record::Cell>& cells) {
    record::SeriesPoint point;
    point.start = std::chrono::seconds{record.series.size()};
    point.length = 1s;
    point.users = 4;
    std::vector<const record::Cell*> pointers;
    for (const auto& one : cells) {
      pointers.push_back(&one);
      record.cells.push_back(one);
      if (one.outcome.kind == OutcomeKind::dropped) continue;
      (one.outcome.ok() ? point.ok : point.failed) += one.count;
    }
    record.series.push_back(point);
    return lines_of(history.add(point, pointers, record.endpoints));
  }

  // What each file tells of the whole; failures alone of the list of failures.
  InAll in_stats() const {
    const auto last = fields_of(lines_of(locust_csv({record}).stats).back());
    return {std::stoull(last.at(2)), std::stoull(last.at(3))};
  }
  InAll in_history_of_the_record() const {
    return totals_in(lines_of(locust_csv({record}).history).back());
  }
  InAll in_json() const {
    InAll all{};
    for (const auto& entry : nlohmann::json::parse(history.json(record))) {
      all.first += entry.at("num_requests").get<std::uint64_t>();
      all.second += entry.at("num_failures").get<std::uint64_t>();
      std::uint64_t by_second = 0;
      for (const auto& [_, count] : entry.at("num_reqs_per_sec").items()) {
        by_second += count.get<std::uint64_t>();
      }
      EXPECT_EQ(by_second, entry.at("num_requests").get<std::uint64_t>());
    }
    return all;
  }
  std::uint64_t in_failures() const {
    std::uint64_t sum = 0;
    const auto lines = lines_of(locust_csv({record}).failures);
    for (std::size_t i = 1; i < lines.size(); ++i) sum += std::stoull(fields_of(lines[i]).at(3));
    return sum;
  }

  record::RunRecord record = planned();
  LocustHistory history{{}, record.windows, true};
};

TEST(LocustHistory, BeginsAnewWithTheSteadyWindowsAndEndsAsTheOtherFiles) {
  RunUnderWay run;
  auto rows = run.second({cell(0, 0, 10), cell(1, 0, 2, broken)});
  EXPECT_EQ(totals_in(rows.back()), InAll(12, 2)) << "the ramp so far";
  EXPECT_EQ(fields_of(rows.back()).at(23), "6.0") << "bytes of bodies";
  rows = run.second({cell(0, 0, 5)});
  EXPECT_EQ(totals_in(rows.back()), InAll(17, 2));
  // What began in the ramp and ended later is of the second, and not of the totals.
  rows = run.second({cell(0, 0, 1), cell(0, 1, 8), cell(1, 1, 1, broken),
                     cell(1, 1, 3, {OutcomeKind::dropped, 0})});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(totals_in(rows[0]), InAll(8, 0));
  EXPECT_EQ(totals_in(rows[1]), InAll(1, 1));
  EXPECT_EQ(totals_in(rows[2]), InAll(9, 1));
  EXPECT_EQ(fields_of(rows[0]).at(4), "9.000");
  EXPECT_EQ(fields_of(rows[2]).at(4), "10.000");
  EXPECT_EQ(fields_of(rows[2]).at(1), "4");
  rows = run.second({cell(0, 2, 4), cell(1, 2, 1, broken)});
  EXPECT_EQ(totals_in(rows.back()), InAll(9, 1)) << "between steady windows";
  EXPECT_EQ(fields_of(rows.back()).at(4), "5.000");
  rows = run.second({cell(0, 3, 6), cell(1, 3, 2, broken)});
  EXPECT_EQ(totals_in(rows.back()), InAll(17, 3));
  rows = run.second({});
  EXPECT_EQ(totals_in(rows.back()), InAll(17, 3));
  rows = run.second({cell(1, 3, 1, broken), cell(0, 4, 1)});
  EXPECT_EQ(totals_in(rows.back()), InAll(18, 4)) << "began in a steady window, ended in the drain";
  EXPECT_EQ(run.in_stats(), InAll(18, 4));
  EXPECT_EQ(run.in_history_of_the_record(), InAll(18, 4));
  EXPECT_EQ(run.in_json(), InAll(18, 4));
  EXPECT_EQ(run.in_failures(), 4u);
  const auto json = nlohmann::json::parse(run.history.json(run.record));
  EXPECT_EQ(json.at(0).at("start_time"), 2.0) << "of the first steady window";
  EXPECT_EQ(json.at(0).at("last_request_timestamp"), 4.0);
}

TEST(LocustHistory, IsOfTheWholeRunWhereNoSteadyWindowHasARequest) {
  RunUnderWay run;
  run.second({cell(0, 0, 10), cell(1, 0, 2, broken)});
  run.second({cell(0, 0, 3)});
  // What was never sent, or broken off, is no request that a steady window holds.
  run.second(
      {cell(0, 1, 2, {OutcomeKind::dropped, 0}), cell(0, 1, 2, {OutcomeKind::cancelled, 0})});
  const auto rows = run.second({cell(0, 4, 1)});
  EXPECT_EQ(totals_in(rows.back()), InAll(16, 2));
  EXPECT_EQ(run.in_stats(), InAll(16, 2));
  EXPECT_EQ(run.in_history_of_the_record(), InAll(16, 2));
  EXPECT_EQ(run.in_json(), InAll(16, 2));
  EXPECT_EQ(run.in_failures(), 2u);
}

TEST(LocustHistory, OfARecordNeverTellsMoreThanThereWas) {
  RunUnderWay run;
  run.second({cell(0, 0, 10)});
  run.second({cell(0, 0, 10)});
  run.second({cell(0, 0, 30), cell(0, 1, 5)});  // mostly of the ramp
  run.second({cell(0, 2, 4)});
  run.second({cell(0, 3, 6)});
  std::vector<std::uint64_t> totals;
  const auto lines = lines_of(locust_csv({run.record}).history);
  for (std::size_t i = 1; i < lines.size(); ++i) totals.push_back(totals_in(lines[i]).first);
  EXPECT_THAT(totals, ElementsAre(10, 20, 11, 11, 11));
  EXPECT_EQ(run.in_stats().first, 11u);
  const auto twice = lines_of(locust_csv({run.record, run.record}).history);
  EXPECT_EQ(totals_in(twice.back()).first, 22u);
}

TEST(LocustHistory, ShowsInTheFailuresOfAllWhatItsFilesLeaveOut) {
  RunUnderWay run;
  run.second({cell(1, 0, 2, {OutcomeKind::http_error, 503})});
  run.second({cell(1, 0, 1)});
  run.second({cell(1, 1, 4, broken)});
  EXPECT_THAT(console(run.record, false), HasSubstr("http_error(503)"));
  EXPECT_THAT(locust_csv({run.record}).failures, Not(HasSubstr("http_error(503)")));
  EXPECT_EQ(run.in_failures(), 4u);
}

}  // namespace
}  // namespace dyno::report
