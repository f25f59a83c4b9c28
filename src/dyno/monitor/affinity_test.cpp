#include "dyno/monitor/affinity.h"

#include <latch>
#include <pthread.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/monitor/fake_proc.h"

namespace dyno::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SplitCores, KeepsOneForTheEngine) {
  const CoreSplit split = split_cores({0, 2, 5});
  EXPECT_THAT(split.service, ElementsAre(0, 2));
  EXPECT_THAT(split.engine, ElementsAre(5));
  EXPECT_FALSE(split.shared);
}

TEST(SplitCores, SaysThatOneCoreIsShared) {
  const CoreSplit split = split_cores({3});
  EXPECT_THAT(split.service, ElementsAre(3));
  EXPECT_THAT(split.engine, ElementsAre(3));
  EXPECT_TRUE(split.shared);
}

TEST(QuotaCores, TakesTheTightestLimitOfAllGroupsAbove) {
  const FakeProc files;
  files.write("self", "1:name=systemd:/x\n0::/slice/unit\n");
  EXPECT_FALSE(quota_cores(files.root() / "self", files.root() / "groups"));
  files.write("groups/slice/unit/cpu.max", "max 100000\n");
  EXPECT_FALSE(quota_cores(files.root() / "self", files.root() / "groups"));
  files.write("groups/slice/cpu.max", "150000 100000\n");
  files.write("groups/cpu.max", "400000 100000\n");
  EXPECT_EQ(quota_cores(files.root() / "self", files.root() / "groups"), 1.5);
}

TEST(QuotaCores, ReadsVersionOne) {
  const FakeProc files;
  files.write("self", "4:cpu,cpuacct:/docker/abc\n3:cpuset:/\n");
  files.write("groups/cpu/cpu.cfs_period_us", "100000\n");
  files.write("groups/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_FALSE(quota_cores(files.root() / "self", files.root() / "groups"));
  files.write("groups/cpu/cpu.cfs_quota_us", "50000\n");
  EXPECT_EQ(quota_cores(files.root() / "self", files.root() / "groups"), 0.5);
}

TEST(Affinity, AllotsAtMostTheCoresAllowed) {
  EXPECT_GT(allotted_cores(), 0);
  EXPECT_LE(allotted_cores(), static_cast<double>(allowed_cores().size()));
}

TEST(Affinity, PinsTheThreadsOfAGroupAndTheOnesTheyStart) {
  const std::vector<int> all = allowed_cores();
  if (all.size() < 2) GTEST_SKIP() << "one core: nothing to choose";
  std::latch named_now(1);
  std::latch pinned(1);
  std::vector<int> of_service;
  std::vector<int> of_its_child;
  std::thread service([&] {
    pthread_setname_np(pthread_self(), "svc:test");
    named_now.count_down();
    pinned.wait();
    of_service = allowed_cores();
    std::thread([&] { of_its_child = allowed_cores(); }).join();
  });
  named_now.wait();
  const auto count = pin_threads(named("svc:test"), {all.front()});
  pinned.count_down();
  service.join();
  ASSERT_TRUE(count.ok()) << count.error().message;
  EXPECT_EQ(count.value(), 1U);
  EXPECT_THAT(of_service, ElementsAre(all.front()));
  EXPECT_THAT(of_its_child, ElementsAre(all.front()));
  EXPECT_EQ(allowed_cores(), all);
}

TEST(Affinity, SaysWhatIsWrong) {
  const auto impossible = pin_thread(0, {-1});
  ASSERT_FALSE(impossible.ok());
  EXPECT_THAT(impossible.error().message, HasSubstr("-1 is not a core"));
  const auto empty = pin_thread(0, {});
  ASSERT_FALSE(empty.ok());
  EXPECT_THAT(empty.error().message, HasSubstr("Invalid argument"));
  const auto gone = pin_process(0x3fffff, {0});
  ASSERT_FALSE(gone.ok());
  EXPECT_THAT(gone.error().message, HasSubstr("it is gone"));
  EXPECT_THAT(allowed_cores(0x3fffff), IsEmpty());
}

}  // namespace
}  // namespace dyno::monitor
