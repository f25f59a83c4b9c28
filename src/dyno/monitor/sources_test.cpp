#include "dyno/monitor/sources.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/monitor/fake_proc.h"

namespace dyno::monitor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

std::uint64_t pages(int count) {
  return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) * static_cast<std::uint64_t>(count);
}

class SourcesTest : public ::testing::Test {
 protected:
  FakeProc files_;
};

TEST_F(SourcesTest, AProcessTellsAllThatItsFilesTell) {
  files_.process({.pid = 7, .user_ticks = 30, .threads = 3, .rss_pages = 100});
  files_.io("7", 1000, 2000);
  files_.descriptors(7, 6);
  files_.write("7/net/dev", "h\nh\n lo: 10 0 0 0 0 0 0 0 20 0\n");
  const Reading reading = process_source(7, Children::include, files_.root())();
  EXPECT_EQ(reading.presence, Presence::running);
  EXPECT_EQ(reading.cpu_time, ticks(30));
  EXPECT_EQ(reading.rss_bytes, pages(100));
  EXPECT_EQ(reading.threads, 3U);
  EXPECT_EQ(reading.fds, 6U);
  EXPECT_EQ(reading.disk_read_bytes, 1000U);
  EXPECT_EQ(reading.disk_write_bytes, 2000U);
  EXPECT_EQ(reading.namespace_received_bytes, 10U);
  EXPECT_EQ(reading.namespace_sent_bytes, 20U);
}

TEST_F(SourcesTest, OthersHaveWhatIsNotOurs) {
  const auto machine = [&](int user, int system, int softirq, int steal) {
    files_.write("stat",
                 fmt::format("cpu {} 0 {} 9000 50 0 {} {} 0 0\n", user, system, softirq, steal));
  };
  machine(1000, 500, 10, 0);
  files_.process({.pid = 7, .user_ticks = 300});
  files_.process({.pid = 8, .user_ticks = 40, .started = 2000});
  const Source source = others_source({process_source(7, Children::include, files_.root()),
                                       process_source(8, Children::include, files_.root())},
                                      files_.root());
  EXPECT_EQ(source().cpu_time, Duration::zero()) << "it counts from the first reading";
  machine(1100, 520, 90, 5);
  files_.process({.pid = 7, .user_ticks = 360, .system_ticks = 10});
  files_.process({.pid = 8, .user_ticks = 45, .started = 2000});
  EXPECT_EQ(source().cpu_time, ticks(125 - 75)) << "stolen time is theirs, interrupts nobody's";
  files_.remove("8");
  machine(1101, 520, 90, 5);
  EXPECT_EQ(source().cpu_time, ticks(51)) << "what ended gives nothing back";
  files_.process({.pid = 7, .user_ticks = 390});
  EXPECT_EQ(source().cpu_time, ticks(51)) << "never falling, as ticks are coarse";
  files_.remove("stat");
  EXPECT_EQ(source().presence, Presence::unreachable);
}

TEST_F(SourcesTest, WhatMayNotBeReadIsAbsentNotZero) {
  files_.process({.pid = 7});
  const Reading reading = process_source(7, Children::include, files_.root())();
  EXPECT_EQ(reading.presence, Presence::running);
  EXPECT_FALSE(reading.fds);
  EXPECT_FALSE(reading.disk_read_bytes);
  EXPECT_FALSE(reading.namespace_sent_bytes);
}

TEST_F(SourcesTest, AProcessHasExitedWhenItsPidIsGoneDeadOrAnothers) {
  files_.process({.pid = 7});
  const Source source = process_source(7, Children::include, files_.root());
  EXPECT_EQ(source().presence, Presence::running);
  files_.process({.pid = 7, .state = 'Z'});
  EXPECT_EQ(source().presence, Presence::exited);
  files_.process({.pid = 7, .started = 2000});
  EXPECT_EQ(source().presence, Presence::exited);
  files_.remove("7");
  EXPECT_EQ(source().presence, Presence::exited);
}

TEST_F(SourcesTest, ChildrenCountWhenAskedForAndTheirTimeStaysWhenTheyEnd) {
  files_.process({.pid = 7, .user_ticks = 10, .threads = 1, .rss_pages = 5});
  files_.process({.pid = 8, .parent = 7, .user_ticks = 100, .threads = 2, .rss_pages = 7});
  files_.process({.pid = 9, .parent = 8, .user_ticks = 1000, .threads = 4, .rss_pages = 11});
  const Source source = process_source(7, Children::include, files_.root());
  Reading reading = source();
  EXPECT_EQ(reading.cpu_time, ticks(1110));
  EXPECT_EQ(reading.threads, 7U);
  EXPECT_EQ(reading.rss_bytes, pages(23));
  EXPECT_EQ(process_source(7, Children::leave_out, files_.root())().cpu_time, ticks(10));

  files_.process({.pid = 8, .parent = 7, .state = 'Z', .user_ticks = 120, .reaped_ticks = 1000});
  files_.remove("9");
  reading = source();
  EXPECT_EQ(reading.cpu_time, ticks(1130));
  EXPECT_EQ(reading.threads, 1U);
  files_.remove("8");
  files_.process({.pid = 7, .user_ticks = 10, .reaped_ticks = 1120});
  EXPECT_EQ(source().cpu_time, ticks(1130));
}

// As far as a reading tells: the eighth after the last look finds it.
TEST_F(SourcesTest, WhatAChildUsedBeforeItWasFoundIsNotOfThatInterval) {
  files_.process({.pid = 7, .user_ticks = 10});
  const Source source = process_source(7, Children::include, files_.root());
  EXPECT_EQ(source().cpu_time, ticks(10));
  files_.process({.pid = 8, .parent = 7, .user_ticks = 800});
  for (int reading = 1; reading <= 8; ++reading) EXPECT_EQ(source().cpu_time, ticks(10));
  files_.process({.pid = 8, .parent = 7, .user_ticks = 805});
  EXPECT_EQ(source().cpu_time, ticks(15));
  files_.remove("8");
  files_.process({.pid = 7, .user_ticks = 10, .reaped_ticks = 806});
  EXPECT_EQ(source().cpu_time, ticks(16)) << "nor when it has ended";
  EXPECT_EQ(source().cpu_time, ticks(16));
}

TEST_F(SourcesTest, AllThatAChildUsedSinceTheLastReadingCounts) {
  files_.process({.pid = 7, .user_ticks = 10});
  const Source source = process_source(7, Children::include, files_.root());
  for (int reading = 0; reading < 8; ++reading) EXPECT_EQ(source().cpu_time, ticks(10));
  files_.process({.pid = 8, .parent = 7, .user_ticks = 20, .started = 2'000'000'000});
  EXPECT_EQ(source().cpu_time, ticks(30));
}

// As where SIGCHLD is ignored.
TEST_F(SourcesTest, AChildThatNobodyWaitsForTakesItsTimeAlong) {
  files_.process({.pid = 7, .user_ticks = 10});
  const Source source = process_source(7, Children::include, files_.root());
  source();
  files_.process({.pid = 8, .parent = 7, .user_ticks = 800});
  for (int reading = 1; reading <= 8; ++reading) source();
  files_.process({.pid = 7, .user_ticks = 14});
  files_.remove("8");
  EXPECT_EQ(source().cpu_time, ticks(14));
}

TEST_F(SourcesTest, ThreadsAreGroupedByNameAndByNumber) {
  files_.thread(7, 7, "main", 1000);
  files_.thread(7, 8, "svc:http", 200);
  files_.thread(7, 9, "svc:pool", 30);
  EXPECT_EQ(thread_group_source(7, named("svc:"), files_.root())().cpu_time, 230ns);
  EXPECT_EQ(thread_group_source(7, not_named("svc:"), files_.root())().cpu_time, 1000ns);
  const Reading chosen = thread_group_source(7, among({9, 7}), files_.root())();
  EXPECT_EQ(chosen.cpu_time, 1030ns);
  EXPECT_EQ(chosen.threads, 2U);
}

TEST_F(SourcesTest, AThreadGroupClaimsNothingThatItsProcessShares) {
  files_.process({.pid = 7, .rss_pages = 5});
  files_.descriptors(7, 4);
  files_.write("7/net/dev", "h\nh\n lo: 10 0 0 0 0 0 0 0 20 0\n");
  files_.thread(7, 7, "svc:", 1);
  files_.io("7/task/7", 5, 6);
  const Reading reading = thread_group_source(7, named("svc:"), files_.root())();
  EXPECT_FALSE(reading.rss_bytes);
  EXPECT_FALSE(reading.fds);
  EXPECT_FALSE(reading.namespace_sent_bytes);
  EXPECT_EQ(reading.disk_write_bytes, 6U);
}

TEST_F(SourcesTest, TheTimeOfEndedThreadsIsKept) {
  files_.thread(7, 7, "svc:main", 100);
  files_.thread(7, 8, "svc:brief", 50);
  const Source source = thread_group_source(7, named("svc:"), files_.root());
  EXPECT_EQ(source().cpu_time, 150ns);
  files_.remove("7/task/8");
  files_.thread(7, 7, "svc:main", 110);
  EXPECT_EQ(source().cpu_time, 160ns);
  files_.thread(7, 8, "svc:again", 5);  // another thread of the same number
  const Reading reading = source();
  EXPECT_EQ(reading.cpu_time, 165ns);
  EXPECT_EQ(reading.threads, 2U);
}

TEST_F(SourcesTest, AThreadMayTakeItsNameLate) {
  files_.thread(7, 8, "svc:parent", 10);
  const Source source = thread_group_source(7, named("svc:"), files_.root());
  EXPECT_EQ(source().threads, 1U);
  files_.thread(7, 8, "engine", 1000);
  const Reading reading = source();
  EXPECT_EQ(reading.threads, 0U);
  EXPECT_EQ(reading.cpu_time, 10ns);
}

TEST_F(SourcesTest, AGroupExitsWithItsProcess) {
  EXPECT_EQ(thread_group_source(7, named(""), files_.root())().presence, Presence::exited);
}

TEST(MetricsSource, ReadsTheStandardFiguresAndGauges) {
  const Source source = metrics_source([]() -> Result<std::string> {
    return std::string(
        "process_cpu_seconds_total 1.25\nprocess_resident_memory_bytes 1.5e+08\n"
        "process_open_fds 42\n# TYPE process_threads gauge\nprocess_threads 17\n"
        "# TYPE db_pool_in_use gauge\ndb_pool_in_use{pool=\"main\"} 3\n"
        "# TYPE requests_total counter\nrequests_total 1000\n");
  });
  const Reading reading = source();
  EXPECT_EQ(reading.presence, Presence::running);
  EXPECT_EQ(reading.cpu_time, 1250ms);
  EXPECT_EQ(reading.rss_bytes, 150'000'000U);
  EXPECT_EQ(reading.fds, 42U);
  EXPECT_EQ(reading.threads, 17U);
  EXPECT_FALSE(reading.disk_read_bytes);
  EXPECT_THAT(reading.gauges, ElementsAre(Pair("db_pool_in_use{pool=\"main\"}", 3)));
}

TEST(MetricsSource, KeepsTheGaugesAskedFor) {
  const Reading reading = reading_of_metrics(
      "cache_hits_total 5\ncache_size 6\ndb_pool_in_use 7\nother 8\n", {"cache_*", "other"});
  EXPECT_THAT(reading.gauges,
              ElementsAre(Pair("cache_hits_total", 5), Pair("cache_size", 6), Pair("other", 8)));
}

TEST(MetricsSource, TellsWhenNothingIsToldAndWhenNobodyAnswers) {
  const Reading silent = reading_of_metrics("up 1\nprocess_open_fds -1\nprocess_threads NaN\n");
  EXPECT_EQ(silent.presence, Presence::running);
  EXPECT_FALSE(silent.cpu_time);
  EXPECT_FALSE(silent.rss_bytes);
  EXPECT_FALSE(silent.fds);
  EXPECT_FALSE(silent.threads);
  const Source deaf = metrics_source([]() -> Result<std::string> { return Error{"refused"}; });
  EXPECT_EQ(deaf().presence, Presence::unreachable);
}

}  // namespace
}  // namespace dyno::monitor
