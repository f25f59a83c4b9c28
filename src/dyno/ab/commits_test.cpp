// Against real repositories of a few bytes; what is "built" is a file that a shell writes.
#include "dyno/ab/commits.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"

namespace dyno::ab {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Commits : public testing::Test {
 protected:
  Commits() {
    auto pattern = (fs::temp_directory_path() / "dyno_commits_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    plan_.repository = folder_ / "repository";
    plan_.cache = folder_ / "cache";
    plan_.configure = "true";
    // Says how often it was run, and makes a program of each target that prints the source's text.
    plan_.build =
        "echo ran >> ../builds; mkdir -p out/bin; for t in {targets}; do "
        "printf '#!/bin/sh\\ncat %s\\n' $PWD/text > out/bin/$t; chmod +x out/bin/$t; done";
    plan_.build_folder = "out";
    plan_.targets = {"one_bench", "two_bench"};
    fs::create_directories(plan_.repository);
    git("init -q -b main");
    first_ = commit("first");
    second_ = commit("second");
  }
  ~Commits() override { fs::remove_all(folder_); }

  void git(const std::string& arguments) const {
    const auto line = "git -C " + plan_.repository.string() +
                      " -c user.name=t -c user.email=t@example.org " + arguments;
    ASSERT_EQ(std::system(line.c_str()), 0) << line;
  }

  std::string commit(const std::string& text) {
    EXPECT_TRUE(write_file(plan_.repository / "text", text).ok());
    git("add text");
    git("commit -q -m " + text);
    const auto commit = commit_of("HEAD", plan_);
    EXPECT_TRUE(commit) << (commit ? "" : commit.error().message);
    return commit ? *commit : "";
  }

  fs::path folder_;
  BuildPlan plan_;
  std::string first_;
  std::string second_;
};

TEST_F(Commits, EachIsBuiltFromItsOwnSourceAndKept) {
  const auto before = build_commit(first_, plan_);
  const auto after = build_commit(second_, plan_);
  ASSERT_TRUE(before) << before.error().message;
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(*read_file(before->source / "text"), "first");
  EXPECT_EQ(*read_file(after->source / "text"), "second");
  const auto programs = programs_of(before->folder, before->targets);
  ASSERT_EQ(programs.size(), 2u);
  EXPECT_EQ(programs[0], before->folder / "bin" / "one_bench");
  EXPECT_TRUE(programs_of(before->folder, {"three_bench"}).empty());

  // Another time in the same place, where a build has nothing to do, and after somebody changed it.
  ASSERT_TRUE(build_commit(first_, plan_));
  EXPECT_EQ(*read_file(before->source.parent_path() / "builds"), "ran\nran\n");
  ASSERT_TRUE(write_file(before->source / "text", "tampered").ok());
  ASSERT_TRUE(build_commit(first_, plan_));
  EXPECT_EQ(*read_file(before->source / "text"), "first");
}

TEST_F(Commits, NamesAreResolvedOrRefused) {
  EXPECT_EQ(*commit_of("HEAD~1", plan_), first_);
  EXPECT_EQ(*commit_of("main", plan_), second_);
  EXPECT_EQ(*commit_of(first_.substr(0, 10), plan_), first_);
  EXPECT_THAT(commit_of("no-such-branch", plan_).error().message,
              AllOf(HasSubstr("revision 'no-such-branch' is unknown"), HasSubstr("fetched")));
  EXPECT_THAT(commit_of("--all", plan_).error().message, HasSubstr("unknown"));
  auto elsewhere = plan_;
  elsewhere.repository = "/";
  EXPECT_THAT(commit_of("HEAD", elsewhere).error().message, HasSubstr("is in no git repository"));
}

TEST_F(Commits, ChangesThatWouldNotBeMeasuredAreSaid) {
  ASSERT_TRUE(write_file(plan_.repository / "text", "not committed").ok());
  EXPECT_THAT(commit_of("HEAD", plan_).error().message,
              AllOf(HasSubstr("the working tree has changes"), HasSubstr("text")));
  plan_.ignore_changes = true;
  EXPECT_EQ(*commit_of("HEAD", plan_), second_);
}

TEST_F(Commits, ABuildThatFailsShowsItsEndAndWhereTheRestIs) {
  plan_.build = "for i in $(seq 40); do echo line $i; done; echo 'no such header' >&2; exit 3";
  const auto built = build_commit(first_, plan_);
  ASSERT_FALSE(built);
  EXPECT_THAT(built.error().message,
              AllOf(HasSubstr("building " + first_.substr(0, 12) + " failed"),
                    HasSubstr("exited with 3"), HasSubstr("build.log"), HasSubstr("no such header"),
                    HasSubstr("line 40"), Not(HasSubstr("line 2\n"))));
}

TEST_F(Commits, BenchmarksAreFoundWhereNothingIsNamed) {
  ASSERT_TRUE(write_file(plan_.repository / "CMakeLists.txt",
                         "cmake_minimum_required(VERSION 3.20)\nproject(p NONE)\n"
                         "add_custom_target(parse_bench touch parse_bench)\n"
                         "add_custom_target(parse_test touch parse_test)\n")
                  .ok());
  git("add CMakeLists.txt");
  const auto third = commit("third");
  plan_.targets.clear();
  plan_.configure = "cmake -S . -B out";
  plan_.build = "cmake --build out --target {targets}";
  const auto built = build_commit(third, plan_);
  ASSERT_TRUE(built) << built.error().message;
  EXPECT_THAT(built->targets, testing::ElementsAre("parse_bench"));
}

TEST_F(Commits, ABuildCanBeStopped) {
  plan_.configure = "exec sleep 100";
  plan_.stopped = [] { return true; };
  EXPECT_THAT(build_commit(first_, plan_).error().message, HasSubstr("stopped while configuring"));
}

TEST_F(Commits, OnlyTheNewestAreKept) {
  const auto before = build_commit(first_, plan_);
  ASSERT_TRUE(before);
  fs::last_write_time(before->source.parent_path() / "used",
                      fs::file_time_type::clock::now() - std::chrono::hours{1});
  const auto after = build_commit(second_, plan_);
  ASSERT_TRUE(after);
  plan_.kept = 1;
  prune_commits(plan_);
  EXPECT_FALSE(fs::exists(before->source));
  EXPECT_TRUE(fs::exists(after->source));
  EXPECT_TRUE(build_commit(first_, plan_));  // git knows that the worktree is gone
}

}  // namespace
}  // namespace dyno::ab
