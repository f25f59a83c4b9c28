#include "dyno/core/descriptors.h"

#include <fstream>
#include <string>
#include <sys/resource.h>

#include <gtest/gtest.h>

namespace dyno {
namespace {

// Entries in the table of this process's open files, as the kernel tells.
std::uint64_t table_size() {
  std::ifstream status("/proc/self/status");
  std::uint64_t size = 0;
  for (std::string word; status >> word;) {
    if (word == "FDSize:") status >> size;
  }
  return size;
}

TEST(Descriptors, TheirTableIsLargeEnoughBeforeTheyAreOpen) {
  const std::uint64_t before = table_size();
  ASSERT_GT(before, 0u);
  if (raise_descriptor_limit() < 2 * before) GTEST_SKIP() << "the limit of open files is too low";
  make_room_for_descriptors(2 * before);
  EXPECT_GE(table_size(), 2 * before);
}

TEST(Descriptors, NoMoreRoomIsMadeThanTheLimitAllows) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit low{std::min<rlim_t>(limit.rlim_max, 4096), std::min<rlim_t>(limit.rlim_max, 4096)};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);  // for good: the limit itself goes no way up
  EXPECT_EQ(raise_descriptor_limit(), low.rlim_cur);
  make_room_for_descriptors(UINT64_MAX);
  EXPECT_LE(table_size(), 2 * low.rlim_cur);
  EXPECT_GE(table_size(), low.rlim_cur);
}

}  // namespace
}  // namespace dyno
