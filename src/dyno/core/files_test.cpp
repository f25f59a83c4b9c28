#include "dyno/core/files.h"

#include <csignal>
#include <sys/resource.h>

#include <gtest/gtest.h>

namespace dyno {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "dyno_files_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(Files, WritesCreatesFoldersAndReadsBack) {
  const auto path = folder_ / "a" / "b.txt";
  ASSERT_TRUE(write_file(path, "one").ok());
  ASSERT_TRUE(write_file(path, "two").ok());
  EXPECT_EQ(*read_file(path), "two");
}

TEST_F(Files, AFolderOfOnesOwnIsSharedWithNobody) {
  const auto wanted = folder_ / "runs" / "20261121T074300Z-shop";
  EXPECT_EQ(*make_own_folder(wanted), wanted);
  EXPECT_EQ(*make_own_folder(wanted), wanted.string() + "-2");
  EXPECT_EQ(*make_own_folder(wanted), wanted.string() + "-3");
  EXPECT_TRUE(std::filesystem::is_directory(wanted.string() + "-3"));
  ASSERT_TRUE(write_file(folder_ / "file", "").ok());
  EXPECT_FALSE(make_own_folder(folder_ / "file" / "x").ok());
}

TEST_F(Files, AMissingFileIsNamed) {
  const auto result = read_file(folder_ / "none");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("none: No such file"), std::string::npos)
      << result.error().message;
}

TEST_F(Files, WhatCannotEvenBeLookedAtIsAnError) {
  const auto loop = folder_ / "loop";
  std::filesystem::create_symlink("loop", loop);
  for (const auto& [path, why] : {std::pair(loop, "Too many levels of symbolic links"),
                                  std::pair(folder_ / std::string(300, 'x'), "File name too long"),
                                  std::pair(folder_, "Is a directory")}) {
    const auto result = read_file(path);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find(why), std::string::npos) << result.error().message;
  }
}

TEST_F(Files, AFailedWriteLeavesTheEarlierFile) {
  const auto path = folder_ / "kept.txt";
  ASSERT_TRUE(write_file(path, "earlier").ok());
  // A limit on the size of files fails writes half-way, as a full disk does.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  const auto result = write_file(path, std::string(100'000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(result);
  EXPECT_EQ(*read_file(path), "earlier");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, AFolderIsTriedBeforeItIsNeeded) {
  EXPECT_TRUE(check_writable(folder_ / "new" / "results").ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "new" / "results"));
  ASSERT_TRUE(write_file(folder_ / "file", "").ok());
  const auto result = check_writable(folder_ / "file" / "results");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("Not a directory; check the path"), std::string::npos)
      << result.error().message;
}

TEST_F(Files, ALinkIsReplaced) {
  const auto link = folder_ / "latest";
  ASSERT_TRUE(replace_symlink("first", link).ok());
  ASSERT_TRUE(replace_symlink("second", link).ok());
  EXPECT_EQ(std::filesystem::read_symlink(link), "second");
}

}  // namespace
}  // namespace dyno
