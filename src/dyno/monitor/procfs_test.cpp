#include "dyno/monitor/procfs.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/monitor/fake_proc.h"

namespace dyno::monitor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class ProcfsTest : public ::testing::Test {
 protected:
  FakeProc files_;
  Procfs procfs_{files_.root()};
};

TEST_F(ProcfsTest, ReadsAProcessWhateverItsName) {
  files_.process({.pid = 7,
                  .parent = 3,
                  .name = "odd) R 9 (name",
                  .user_ticks = 11,
                  .system_ticks = 22,
                  .reaped_ticks = 5,
                  .threads = 4,
                  .started = 1234,
                  .rss_pages = 10});
  const auto stat = procfs_.stat(7);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 3);
  EXPECT_EQ(stat->cpu, ticks(33));
  EXPECT_EQ(stat->reaped_cpu, ticks(5));
  EXPECT_EQ(stat->threads, 4U);
  EXPECT_EQ(stat->started, 1234U);
  EXPECT_EQ(stat->rss_bytes, 10U * static_cast<unsigned>(sysconf(_SC_PAGESIZE)));
}

TEST_F(ProcfsTest, GivesNothingForWhatIsNotThere) {
  EXPECT_FALSE(procfs_.stat(7));
  EXPECT_FALSE(procfs_.io(7));
  EXPECT_FALSE(procfs_.network(7));
  EXPECT_FALSE(procfs_.open_descriptors(7));
  EXPECT_FALSE(procfs_.thread_cpu(7, 8));
  EXPECT_FALSE(procfs_.thread_name(7, 8));
  EXPECT_FALSE(procfs_.available_memory_bytes());
  EXPECT_FALSE(procfs_.machine_cpu());
  files_.write("7/stat", "7 (cut sh");
  EXPECT_FALSE(procfs_.stat(7));
  files_.write("7/stat", "7 (cut) S 1 2 3");
  EXPECT_FALSE(procfs_.stat(7));
}

TEST_F(ProcfsTest, ReadsBytesOfStorageNotOfThePageCache) {
  files_.io("7", 4096, 8192);
  const auto io = procfs_.io(7);
  ASSERT_TRUE(io);
  EXPECT_EQ(io->read, 4096U);
  EXPECT_EQ(io->written, 8192U);
}

TEST_F(ProcfsTest, AddsTheInterfacesUp) {
  files_.write(
      "7/net/dev",
      "Inter-|   Receive                            |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n"
      "    lo:   39212     563    0    0    0     0          0         0    39213     563    0 0\n"
      "  eth0:28110288     681    0    0    0     0          0         0    35895     418    0 "
      "0\n");
  const auto network = procfs_.network(7);
  ASSERT_TRUE(network);
  EXPECT_EQ(network->received, 39212U + 28110288U);
  EXPECT_EQ(network->sent, 39213U + 35895U);
}

TEST_F(ProcfsTest, CountsDescriptors) {
  files_.descriptors(7, 5);
  EXPECT_EQ(procfs_.open_descriptors(7), 5U);
}

TEST_F(ProcfsTest, ReadsTheMachine) {
  files_.write("stat", "cpu  100 10 50 1000 40 3 2 5 70 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  files_.write("meminfo", "MemTotal: 24684092 kB\nMemFree: 5 kB\nMemAvailable:   2048 kB\n");
  const auto cpu = procfs_.machine_cpu();
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->total, ticks(1210));  // guest time, the 70, is in user already
  EXPECT_EQ(cpu->busy, ticks(170));
  EXPECT_EQ(cpu->programs, ticks(165)) << "without the 5 of interrupts";
  EXPECT_EQ(procfs_.available_memory_bytes(), 2048U * 1024);
}

TEST_F(ProcfsTest, ReadsThreads) {
  files_.thread(7, 7, "main", 1500);
  files_.thread(7, 8, "svc:pool", 2500);
  files_.io("7/task/8", 1, 2);
  std::vector<pid_t> tids = {99};
  procfs_.threads(7, tids);
  EXPECT_THAT(tids, UnorderedElementsAre(7, 8));
  EXPECT_EQ(procfs_.thread_name(7, 8), "svc:pool");
  EXPECT_EQ(procfs_.thread_cpu(7, 8), 2500ns);
  EXPECT_EQ(procfs_.thread_io(7, 8)->written, 2U);
}

TEST_F(ProcfsTest, CountsInTicksWhereThereIsNoSchedstat) {
  files_.write("7/task/8/stat",
               FakeProc::stat_line({.pid = 8, .user_ticks = 3, .system_ticks = 4}));
  EXPECT_EQ(procfs_.thread_cpu(7, 8), ticks(7));
}

TEST_F(ProcfsTest, FindsDescendantsOfAllGenerations) {
  files_.process({.pid = 5});
  files_.process({.pid = 6, .parent = 5});
  files_.process({.pid = 7, .parent = 6});
  files_.process({.pid = 8, .parent = 1});
  std::vector<pid_t> found;
  procfs_.descendants(5, found);
  EXPECT_THAT(found, ElementsAre(6, 7));
}

}  // namespace
}  // namespace dyno::monitor
