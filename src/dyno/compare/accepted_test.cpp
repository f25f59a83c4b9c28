#include "dyno/compare/accepted.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"

namespace dyno::compare {
namespace {

using record::Change;
using ::testing::HasSubstr;
using ::testing::Not;

const Acceptance slower_parser{"parse/*", "abc123", {{1.05, 1.3}}, "checks more", "2026-12-31"};

record::Comparison comparison_of(Change change, double ratio) {
  record::Comparison comparison{"base", "head", {}, {}};
  record::ComparedFigure figure;
  figure.change = change;
  figure.subject = "parse/8";
  figure.figure = "real_time";
  figure.ratio = ratio;
  figure.message = "parse/8 real_time regressed";
  comparison.figures = {figure};
  return comparison;
}

record::Comparison honoured(record::Comparison comparison, Acceptance acceptance,
                            const std::string& today = "2026-11-21") {
  honour(comparison, {std::move(acceptance)}, today);
  return comparison;
}

TEST(Accepted, AKnownRegressionIsShownAndCostsNoExitStatus) {
  const auto comparison = honoured(comparison_of(Change::regressed, 1.2), slower_parser);
  EXPECT_EQ(comparison.figures[0].change, Change::regressed);
  EXPECT_THAT(comparison.figures[0].message,
              HasSubstr("regressed; accepted 1.05 to 1.3 times, by commit abc123, until "
                        "2026-12-31: checks more"));
  EXPECT_EQ(record::exit_status(comparison), ExitStatus::pass);
}

TEST(Accepted, OnlyWhatWasAcceptedIs) {
  auto other = slower_parser;
  other.what = "write/*";
  const auto not_named = honoured(comparison_of(Change::regressed, 1.2), other);
  EXPECT_EQ(record::exit_status(not_named), ExitStatus::fail);
  EXPECT_THAT(not_named.figures[0].message, Not(HasSubstr("accepted")));
  const auto more = honoured(comparison_of(Change::regressed, 1.4), slower_parser);
  EXPECT_EQ(record::exit_status(more), ExitStatus::fail);
  EXPECT_THAT(more.figures[0].message, HasSubstr("accepted is only 1.05 to 1.3 times"));
  const auto gone = honoured(comparison_of(Change::missing, 1), slower_parser);
  EXPECT_EQ(record::exit_status(gone), ExitStatus::invalid);
}

TEST(Accepted, AFigureOfItMayBeNamed) {
  auto one = slower_parser;
  one.what = "parse/8 real_time";
  EXPECT_EQ(record::exit_status(honoured(comparison_of(Change::regressed, 1.2), one)),
            ExitStatus::pass);
  one.what = "parse/8 cpu_time";
  EXPECT_EQ(record::exit_status(honoured(comparison_of(Change::regressed, 1.2), one)),
            ExitStatus::fail);
}

TEST(Accepted, ItEndsWithItsLastDay) {
  EXPECT_EQ(record::exit_status(
                honoured(comparison_of(Change::regressed, 1.2), slower_parser, "2026-12-31")),
            ExitStatus::pass);
  const auto late = honoured(comparison_of(Change::regressed, 1.2), slower_parser, "2027-01-01");
  EXPECT_EQ(record::exit_status(late), ExitStatus::fail);
  EXPECT_THAT(late.figures[0].message, HasSubstr("its acceptance expired on 2026-12-31"));
}

TEST(Accepted, WhyItDoesNotHoldIsSaidOnce) {
  auto comparison = comparison_of(Change::regressed, 1.2);
  auto everything = slower_parser;
  everything.what = "*";
  honour(comparison, {slower_parser, everything}, "2027-01-01");
  const auto& message = comparison.figures[0].message;
  const auto first = message.find("its acceptance expired");
  ASSERT_NE(first, std::string::npos) << message;
  EXPECT_EQ(message.find("its acceptance expired", first + 1), std::string::npos) << message;
}

TEST(Accepted, AgainstALaterBaseItIsNotAcceptedTwice) {
  auto acceptance = slower_parser;
  acceptance.against = "0ld";
  auto comparison = comparison_of(Change::regressed, 1.2);
  comparison.base_commit = "0ld0ld0ld";
  EXPECT_EQ(record::exit_status(honoured(comparison, acceptance)), ExitStatus::pass);
  comparison.base_commit = "abc123";
  const auto again = honoured(comparison, acceptance);
  EXPECT_EQ(record::exit_status(again), ExitStatus::fail);
  EXPECT_THAT(again.figures[0].message, HasSubstr("against commit 0ld, this base is of abc123"));
}

TEST(Accepted, WhatIsGoneOnPurposeIsAcceptedAsMissing) {
  auto gone = slower_parser;
  gone.range.reset();
  EXPECT_EQ(record::exit_status(honoured(comparison_of(Change::missing, 1), gone)),
            ExitStatus::pass);
}

class AcceptedFile : public ::testing::Test {
 protected:
  ~AcceptedFile() override { std::filesystem::remove_all(folder_); }

  std::string refusal(const std::string& content) {
    EXPECT_TRUE(write_file(file_, content));
    const auto read = read_acceptances(file_);
    return read ? "" : read.error().message;
  }

  static std::string with(const std::string& fields) {
    return R"({"schema": "dyno.accepted", "schema_version": 1, "accepted": [{)" + fields + "}]}";
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("dyno_accepted_test_" + std::to_string(::getpid()));
  std::filesystem::path file_ = folder_ / "accepted.json";
};

TEST_F(AcceptedFile, IsReadAsItWasWrittenAndMayBeAbsent) {
  ASSERT_TRUE(read_acceptances(file_));
  EXPECT_TRUE(read_acceptances(file_)->empty());
  auto gone = slower_parser;
  gone.range.reset();
  gone.against = "0ld";
  ASSERT_TRUE(write_acceptances(file_, {slower_parser, gone}));
  const auto read = read_acceptances(file_);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->at(0).range, slower_parser.range);
  EXPECT_EQ(read->at(0).reason, "checks more");
  EXPECT_FALSE(read->at(1).range);
  EXPECT_EQ(read->at(1).against, "0ld");
  auto comparison = comparison_of(Change::missing, 1);
  comparison.base_commit = "0ld1";
  EXPECT_TRUE(honour(comparison, folder_));
}

TEST_F(AcceptedFile, WhatIsWrongWithItIsOneLine) {
  EXPECT_THAT(refusal("{"), HasSubstr("accepted.json:1:"));
  EXPECT_THAT(refusal("[]"), HasSubstr("docs/comparing.md"));
  EXPECT_THAT(refusal(with(R"("what": "x")")), HasSubstr("entry 1: key 'commit' not found"));
  const std::string begin = R"("what": "x", "commit": "c", "reason": "r", )";
  EXPECT_THAT(refusal(with(begin + R"("expires": "soon", "range": [1, 2])")),
              HasSubstr("write a date such as"));
  EXPECT_THAT(refusal(with(begin + R"("expires": "2026-02-30", "range": [1, 2])")),
              HasSubstr("2026-02-30"));
  EXPECT_THAT(refusal(with(begin + R"("expires": "2026-12-31", "range": [2, 1])")),
              HasSubstr("'range' is 2 to 1"));
  EXPECT_THAT(refusal(with(begin + R"("expires": "2026-12-31", "range": 7)")),
              HasSubstr("entry 1"));
  EXPECT_THAT(refusal(with(R"("what": "x", "commit": "c", "reason": "", "expires": "2026-12-31",
                            "range": [1, 2])")),
              HasSubstr("say why"));
  auto comparison = comparison_of(Change::regressed, 1.2);
  EXPECT_FALSE(honour(comparison, folder_));
}

TEST(Accepted, TodayIsADate) { EXPECT_EQ(today().size(), 10U); }

}  // namespace
}  // namespace dyno::compare
