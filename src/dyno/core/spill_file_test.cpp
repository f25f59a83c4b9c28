#include "dyno/core/spill_file.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace dyno {
namespace {

// `count` numbered pieces, told apart from each other.
std::string pieces(std::size_t first, std::size_t count) {
  std::string text;
  for (std::size_t i = first; i < first + count; ++i) text += std::to_string(i) + ';';
  return text;
}

TEST(SpillFile, GivesBackWhatWasAppended) {
  SpillFile file;
  EXPECT_EQ(file.read(), "");
  file.append("one");
  file.append(" two");
  EXPECT_EQ(file.size(), 7U);
  EXPECT_EQ(file.read(), "one two");
  EXPECT_EQ(file.read(4), "two");
  EXPECT_EQ(file.read(7), "");
}

TEST(SpillFile, NeedsNoFileForLittle) {
  SpillFile file;
  file.append(std::string(SpillFile::most_in_memory, 'x'));
  EXPECT_EQ(file.spilled(), 0U);
}

TEST(SpillFile, HoldsNoMoreInMemoryHoweverMuchItIsGiven) {
  SpillFile file;
  std::string all;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::string piece = pieces(100 * i, 100);
    file.append(piece);
    all += piece;
    ASSERT_LE(file.size() - file.spilled(), SpillFile::most_in_memory);
  }
  ASSERT_GT(file.spilled(), 60 * SpillFile::most_in_memory);
  EXPECT_EQ(file.size(), all.size());
  EXPECT_EQ(file.read(), all);
}

TEST(SpillFile, ReadsFromWithinTheFileAndFromWithinTheMemory) {
  SpillFile file;
  const std::string first(SpillFile::most_in_memory - 1, 'a');
  file.append(first);
  file.append("bc");
  ASSERT_EQ(file.spilled(), first.size());
  EXPECT_EQ(file.read(first.size() - 2), "aabc");
  EXPECT_EQ(file.read(first.size()), "bc");
  EXPECT_EQ(file.read(first.size() + 1), "c");
}

TEST(SpillFile, GoesOnAfterItWasRead) {
  SpillFile file;
  std::string all;
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string piece(5000, static_cast<char>('a' + i));
    file.append(piece);
    all += piece;
    ASSERT_EQ(file.read(), all);
  }
}

TEST(SpillFile, KeepsAllInMemoryWhereNoFileCanBe) {
  SpillFile file("/proc/no-such-folder");
  const std::string text = pieces(0, 10000);
  file.append(text);
  file.append(text);
  EXPECT_EQ(file.spilled(), 0U);
  EXPECT_EQ(file.read(), text + text);
}

TEST(SpillFile, LeavesNothingInItsFolder) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "spill_file_test";
  std::filesystem::create_directories(folder);
  SpillFile file(folder);
  const std::string text = pieces(0, 10000);
  file.append(text);
  file.append(text);
  EXPECT_GT(file.spilled(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

TEST(Spilled, GivesTheValuesSinceANumber) {
  struct Point {
    int number;
    double value;
  };
  Spilled<Point> points;
  for (int i = 0; i < 5000; ++i) points.push_back({i, i / 2.0});
  ASSERT_EQ(points.size(), 5000U);
  const auto last = points.since(4998);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].number, 4998);
  EXPECT_EQ(last[1].value, 2499.5);
  EXPECT_EQ(points.all()[1234].number, 1234);
  EXPECT_TRUE(points.since(5000).empty());
}

}  // namespace
}  // namespace dyno
