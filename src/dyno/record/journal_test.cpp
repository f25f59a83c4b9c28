#include "dyno/record/journal.h"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/record/series.h"
#include "dyno/record/test_records.h"

namespace dyno::record {
namespace {

using namespace std::chrono_literals;

class JournalTest : public ::testing::Test {
 protected:
  ~JournalTest() override { std::filesystem::remove(path_); }

  RunRecord header() const {
    auto record = test_record();
    record.cells.clear();
    record.series.clear();
    record.service_resources.clear();
    record.engine_resources.clear();
    record.gauges.clear();
    record.notes.clear();
    return record;
  }

  // One line a second with ten successes each.
  void write(int seconds) {
    Journal journal;
    ASSERT_TRUE(journal.open(path_, header()));
    for (int second = 1; second <= seconds; ++second) {
      auto interval = header();
      add_samples(interval, 0, 10, 1ms, 10ms);
      JournalEntry entry;
      entry.at = std::chrono::seconds{second};
      for (const auto& cell : interval.cells) entry.cells.push_back(&cell);
      entry.series.push_back(series_point({}, entry.at - 1s, 1s, 50));
      entry.service_resources = {{}};
      entry.service_resources[0].at = entry.at;
      entry.gauges = {{"db_pool_in_use", {{entry.at, second}}}};
      ASSERT_TRUE(journal.append(entry));
    }
  }

  std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                ("dyno_journal_test_" + std::to_string(::getpid()) + ".jsonl");
};

TEST_F(JournalTest, IsMergedToAPartialRecord) {
  write(8);
  const auto record = read_journal(path_);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->completion, Completion::partial);
  EXPECT_EQ(record->length, 8s);
  ASSERT_EQ(record->cells.size(), 1U);
  EXPECT_EQ(record->cells[0].count, 80U);
  EXPECT_EQ(record->cells[0].response_time.count(), 80U);
  EXPECT_EQ(record->series.size(), 8U);
  EXPECT_EQ(record->service_resources.size(), 8U);
  ASSERT_EQ(record->gauges.size(), 1U);
  EXPECT_EQ(record->gauges[0].points.size(), 8U);
  EXPECT_EQ(record->windows[1].end, 8s) << "a window ends where the run did";
  EXPECT_EQ(record->windows[2].start, 8s);
}

TEST_F(JournalTest, ATornLastLineCostsOnlyItself) {
  write(3);
  const auto text = *read_file(path_);
  const auto last_line = text.rfind('\n', text.size() - 2) + 1;
  for (const auto keep : {last_line + 1, (last_line + text.size()) / 2, text.size() - 2}) {
    ASSERT_TRUE(write_file(path_, text.substr(0, keep)));
    const auto record = read_journal(path_);
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(record->cells.at(0).count, 20U);
    EXPECT_EQ(record->notes.at(0), "the last line of the journal is torn and left out");
  }
}

TEST_F(JournalTest, ADamagedLineEndsWhatCanBeRead) {
  write(3);
  auto text = *read_file(path_);
  const auto second = text.find('\n', text.find('\n') + 1) + 1;
  text[second + 5] = '\x01';
  ASSERT_TRUE(write_file(path_, text));
  const auto record = read_journal(path_);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->cells.at(0).count, 10U);
  EXPECT_NE(record->notes.at(0).find("line 3"), std::string::npos);
}

TEST_F(JournalTest, EndpointsMayBeMetDuringTheRun) {
  {
    auto start = header();
    start.endpoints.clear();
    Journal journal;
    ASSERT_TRUE(journal.open(path_, start));
    auto interval = header();
    add_samples(interval, 1, 5, 1ms, 2ms);
    JournalEntry entry;
    entry.at = 1s;
    entry.endpoints = interval.endpoints;
    entry.cells = {&interval.cells[0]};
    ASSERT_TRUE(journal.append(entry));
  }
  const auto record = read_journal(path_);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->endpoints.at(record->cells.at(0).endpoint).name, "/api/v1/analyze");
}

TEST_F(JournalTest, AnEmptyOrForeignFileIsAnError) {
  ASSERT_TRUE(write_file(path_, ""));
  EXPECT_FALSE(read_journal(path_));
  ASSERT_TRUE(write_file(path_, "{\"hello\": 1}\n"));
  EXPECT_FALSE(read_journal(path_));
}

TEST_F(JournalTest, AFullDiskIsReportedOnceAndTheRunGoesOn) {
  Journal journal;
  EXPECT_FALSE(journal.open("/dev/full", header()));
  EXPECT_FALSE(journal.is_open());
  EXPECT_TRUE(journal.append({}));
  EXPECT_TRUE(journal.append({}));
}

TEST_F(JournalTest, AFolderThatCannotBeMadeIsAnError) {
  Journal journal;
  const auto opened = journal.open("/proc/no/such/journal.jsonl", header());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/proc/no/such/journal.jsonl"), std::string::npos);
}

}  // namespace
}  // namespace dyno::record
