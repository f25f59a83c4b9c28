#include "dyno/monitor/preflight.h"

#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/monitor/fake_proc.h"

namespace dyno::monitor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Preflight plenty() {
  return {.cores = 8,
          .allotted_cores = 8,
          .memory_available_bytes = 16'000'000'000,
          .disk_free_bytes = 100'000'000'000,
          .descriptors = 10'000,
          .descriptors_hard = 1'000'000,
          .other_load = 0.01,
          .warnings = {}};
}

TEST(Preflight, HasNothingToSayAboutAGoodMachine) {
  EXPECT_THAT(shortcomings(plenty(), {}), IsEmpty());
}

TEST(Preflight, DoesNotWarnOfWhatItCouldNotFindOut) {
  Preflight found = plenty();
  found.memory_available_bytes.reset();
  found.disk_free_bytes.reset();
  found.other_load.reset();
  EXPECT_THAT(shortcomings(found, {}), IsEmpty());
}

TEST(Preflight, SaysEachLackInALine) {
  const Preflight found = {.cores = 4,
                           .allotted_cores = 1.5,
                           .memory_available_bytes = 200'000'000,
                           .disk_free_bytes = 5'000'000,
                           .descriptors = 4096,
                           .descriptors_hard = 4096,
                           .other_load = 0.42,
                           .warnings = {}};
  EXPECT_THAT(
      shortcomings(found, {.results = "results/runs"}),
      ElementsAre(HasSubstr("1.5 cores, 2 wanted"), HasSubstr("200 MB of memory"),
                  HasSubstr("on the disk of results/runs"),
                  HasSubstr("at most 4096 open descriptors"), HasSubstr("42 % of the CPU")));
}

TEST(Preflight, RaisesDescriptorsAsFarAsItMayAndNeverLowersThem) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(200), 200U);
  EXPECT_EQ(raise_descriptor_limit(150), 200U);
  EXPECT_EQ(raise_descriptor_limit(before.rlim_max), before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Preflight, LooksAtTheDiskOfAFolderThatIsYetToBe) {
  const FakeProc folder;
  const auto here = free_disk_bytes(folder.root());
  ASSERT_TRUE(here);
  EXPECT_GT(*here, 0U);
  EXPECT_TRUE(free_disk_bytes(folder.root() / "not/yet/there"));
  EXPECT_TRUE(free_disk_bytes(""));
}

// Lets the fixture change while other_load waits.
class ActingClock final : public Clock {
 public:
  explicit ActingClock(std::function<void()> act) : act_(std::move(act)) {}
  TimePoint now() const override { return {}; }
  void sleep_until(TimePoint) override { act_(); }

 private:
  std::function<void()> act_;
};

TEST(OtherLoad, LeavesOutWhatThisProcessUses) {
  const FakeProc files;
  const Procfs procfs(files.root());
  const int self = getpid();
  files.write("stat", "cpu 100 0 0 1000 0 0 0 0 0 0\n");
  files.process({.pid = self, .user_ticks = 50});
  ActingClock clock([&] {
    files.write("stat", "cpu 150 0 0 1050 0 0 0 0 0 0\n");
    files.process({.pid = self, .user_ticks = 70});
  });
  const auto load = other_load(procfs, clock, 1s);
  ASSERT_TRUE(load);
  EXPECT_DOUBLE_EQ(*load, 0.3);  // 50 ticks of 100 busy, 20 of them ours
}

TEST(OtherLoad, IsUnknownWithoutTheFiles) {
  const FakeProc files;
  ManualClock clock;
  EXPECT_FALSE(other_load(Procfs(files.root()), clock, 1s));
}

TEST(Preflight, FindsThisMachinesFacts) {
  SteadyClock clock;
  PreflightWish wish;
  wish.window = 50ms;
  const Preflight found = preflight(wish, clock);
  EXPECT_GE(found.cores, 1U);
  EXPECT_GT(found.allotted_cores, 0);
  EXPECT_GT(found.memory_available_bytes.value_or(0), 0U);
  EXPECT_GT(found.disk_free_bytes.value_or(0), 0U);
  EXPECT_GT(found.descriptors, 0U);
  EXPECT_LE(found.descriptors, found.descriptors_hard);
  EXPECT_TRUE(found.other_load);
}

}  // namespace
}  // namespace dyno::monitor
