#include "dyno/record/record_file.h"

#include <filesystem>
#include <limits>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/record/journal.h"
#include "dyno/record/run_record_json.h"
#include "dyno/record/test_records.h"

namespace dyno::record {
namespace {

using namespace std::chrono_literals;

class RecordFile : public ::testing::Test {
 protected:
  RecordFile() { std::filesystem::create_directories(folder_); }
  ~RecordFile() override { std::filesystem::remove_all(folder_); }

  std::string error_of(const std::string& content) {
    EXPECT_TRUE(write_file(folder_ / record_file, content));
    const auto read = read_record(folder_);
    return read ? "" : read.error().message;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("dyno_record_test_" + std::to_string(::getpid()));
};

TEST_F(RecordFile, EveryFieldComesBack) {
  auto record = test_record();
  record.validity = {false, {"late"}, {"few cores"}};
  record.verdicts = {
      {VerdictKind::fail, "normal: x", "*", "response_time.p95", 5.5, 3.0, "ns", 200, "too slow"}};
  record.other_resources.resize(1);
  record.other_resources[0].cpu_percent = 23;
  record.cells[1].lateness.record(-3ns);
  record.cells[1].events = 40;
  record.cells[1].tokens = 55;
  record.cells[1].gap.record(30ms);
  record.cells[1].first_event.record(200ms);
  record.cells[1].token_time.record(25ms);
  record.cells[1].redirects = 5;
  record.cells[1].retries = 7;
  record.cells[1].resent = 3;
  record.cells[1].queued.record(9ms);
  ASSERT_TRUE(write_record(record, folder_ / record_file));
  const auto read = read_record(folder_ / record_file);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read).dump(1), to_json(record).dump(1));
  EXPECT_EQ(read->other_resources.at(0).cpu_percent, 23);
  ASSERT_EQ(read->cells.size(), record.cells.size());
  for (std::size_t i = 0; i < record.cells.size(); ++i) {
    EXPECT_EQ(read->cells[i].response_time, record.cells[i].response_time);
    EXPECT_EQ(read->cells[i].lateness, record.cells[i].lateness);
    EXPECT_EQ(read->cells[i].connect, record.cells[i].connect);
    EXPECT_EQ(read->cells[i].gap, record.cells[i].gap);
    EXPECT_EQ(read->cells[i].first_event, record.cells[i].first_event);
    EXPECT_EQ(read->cells[i].token_time, record.cells[i].token_time);
    EXPECT_EQ(read->cells[i].events, record.cells[i].events);
    EXPECT_EQ(read->cells[i].tokens, record.cells[i].tokens);
    EXPECT_EQ(read->cells[i].queued, record.cells[i].queued);
    EXPECT_EQ(read->cells[i].redirects, record.cells[i].redirects);
    EXPECT_EQ(read->cells[i].retries, record.cells[i].retries);
    EXPECT_EQ(read->cells[i].resent, record.cells[i].resent);
  }
}

// Records from before streams were recorded, and those without any, have none of their members.
TEST_F(RecordFile, ARecordWithoutStreamsIsReadAsOne) {
  const auto source = to_json(test_record());
  for (const auto& cell : source.at("cells")) {
    for (const auto* member : {"events", "tokens", "gap", "first_event", "token_time"}) {
      EXPECT_FALSE(cell.contains(member)) << member;
    }
  }
  const auto read = run_record_from_json(source, "old");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->cells[0].events, 0U);
  EXPECT_TRUE(read->cells[0].gap.empty());
}

TEST_F(RecordFile, WhatIsNotANumberIsNeverWritten) {
  auto record = test_record();
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  record.load.rate = nan;
  record.gauges[0].points.emplace_back(30s, std::numeric_limits<double>::infinity());
  record.service_resources[0].cpu_percent = nan;
  record.verdicts = {{VerdictKind::fail, "", "", "", nan, nan, "", 0, "bad \xff byte"}};
  ASSERT_TRUE(write_record(record, folder_ / record_file));
  const auto text = read_file(folder_ / record_file);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find("NaN"), std::string::npos);
  const auto read = read_record(folder_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->gauges[0].points.size(), 3U);
  EXPECT_FALSE(read->verdicts[0].measured);
  EXPECT_EQ(read->verdicts[0].message, "bad \uFFFD byte");
}

TEST_F(RecordFile, ANewerVersionIsRefusedWithWhatToDo) {
  auto json = to_json(test_record());
  json["schema_version"] = schema_version + 1;
  const auto message = error_of(json.dump());
  EXPECT_NE(message.find("newer than this dyno can read"), std::string::npos) << message;
  EXPECT_NE(message.find("record.json"), std::string::npos) << message;
}

TEST_F(RecordFile, AnotherOrABrokenFileIsOneClearLine) {
  const auto good = to_json(test_record());
  EXPECT_NE(error_of("{}").find("schema"), std::string::npos);
  EXPECT_NE(error_of("[1]").find("schema"), std::string::npos);
  EXPECT_NE(error_of("{ \"a\": ").find("record.json:1:"), std::string::npos);
  auto json = good;
  json.erase("id");
  EXPECT_NE(error_of(json.dump()).find("'id'"), std::string::npos);
  json = good;
  json["cells"][0]["outcome"] = "splendid";
  EXPECT_NE(error_of(json.dump()).find("'splendid' is no value of 'outcome'"), std::string::npos);
  json = good;
  json["cells"][0]["endpoint"] = 77;
  EXPECT_NE(error_of(json.dump()).find("no such endpoint"), std::string::npos);
  json = good;
  json["cells"][0]["response_time"]["hdr"] = "SElTVA==";
  EXPECT_NE(error_of(json.dump()).find("HdrHistogram"), std::string::npos);
  json = good;
  json["cells"][0]["response_time"]["count"] = 1;
  EXPECT_NE(error_of(json.dump()).find("says 1 values and holds 300"), std::string::npos);
}

TEST_F(RecordFile, AFolderWithoutRecordFallsBackToItsJournal) {
  const auto nothing = read_record(folder_);
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message.find("neither record.json nor journal.jsonl"),
            std::string::npos);
  {
    Journal journal;
    ASSERT_TRUE(journal.open(folder_ / journal_file, test_record()));
  }
  const auto partial = read_record(folder_);
  ASSERT_TRUE(partial) << partial.error().message;
  EXPECT_EQ(partial->completion, Completion::partial);
  ASSERT_TRUE(write_record(test_record(), folder_ / record_file));
  const auto complete = read_record(folder_);
  ASSERT_TRUE(complete);
  EXPECT_EQ(complete->completion, Completion::complete);
}

TEST_F(RecordFile, AJournalIsOfALaterRunThanTheRecordBesideIt) {
  auto record = test_record();
  ASSERT_TRUE(write_record(record, folder_ / record_file));
  record.name = "killed";
  record.id = "20261121T080000Z-killed-1a2b3c4d5e6f";
  {
    Journal journal;
    ASSERT_TRUE(journal.open(folder_ / journal_file, record));
  }
  const auto read = read_record(folder_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, "killed");
  EXPECT_EQ(read->completion, Completion::partial);
  EXPECT_EQ(read->notes.back(), "record.json beside the journal is of an earlier run");
}

}  // namespace
}  // namespace dyno::record
