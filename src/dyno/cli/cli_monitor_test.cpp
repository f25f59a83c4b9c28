// dyno monitor as it is run by hand.
#include <csignal>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/cli/program_for_test.h"
#include "dyno/harness/child_process.h"

namespace dyno::cli {
namespace {

using testing::HasSubstr;

class MonitorProgram : public DynoProgram {
 protected:
  std::vector<std::string> lines(const std::string& file) const {
    const auto text = read_file(folder_ / file);
    EXPECT_TRUE(text) << file;
    std::istringstream stream(text ? *text : "");
    std::vector<std::string> result;
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
  }
};

constexpr const char* header =
    "timestamp,cpu_percent,memory_percent,memory_mb,disk_read_mb,disk_write_mb,network_sent_mb,"
    "network_recv_mb";

TEST_F(MonitorProgram, WatchesTheMachine) {
  auto program = start({"monitor", "--system", "-i", "20ms", "-t", "200ms", "--csv", "out/a.csv"});
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_THAT(program.err(), HasSubstr("results in out/a.csv"));
  EXPECT_THAT(program.err(), HasSubstr("CPU "));
  const auto rows = lines("out/a.csv");
  ASSERT_GE(rows.size(), 2u);
  EXPECT_EQ(rows[0], header);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(std::count(rows[i].begin(), rows[i].end(), ','), 7) << rows[i];
    EXPECT_EQ(rows[i].find(",,"), std::string::npos) << "a machine tells everything: " << rows[i];
  }
}

TEST_F(MonitorProgram, TakesItsLastSampleAtTheEnd) {
  auto shorter = start({"monitor", "--system", "-t", "100ms", "--csv", "s.csv"});
  EXPECT_EQ(shorter.wait(), 0) << shorter.err();
  EXPECT_EQ(lines("s.csv").size(), 2u);
  auto longer = start({"monitor", "--system", "-i", "200ms", "-t", "300ms", "--csv", "l.csv"});
  EXPECT_EQ(longer.wait(), 0) << longer.err();
  EXPECT_THAT(longer.err(), testing::Not(HasSubstr("watched for 0.2 s")));
}

TEST_F(MonitorProgram, WatchesAProcessUntilItEnds) {
  const auto sleeper = folder_ / "dyno-sleeper";
  fs::create_symlink("/bin/sleep", sleeper);
  const auto child = harness::ChildProcess::start({.argv = {sleeper.string(), "1000"}});
  ASSERT_TRUE(child) << child.error().message;
  auto program =
      start({"monitor", "--name", "dyno-sleeper", "-i", "10ms", "-t", "0", "--csv", "b.csv"});
  ASSERT_TRUE(program.says("| memory"));
  (*child)->signal(SIGKILL);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.err(),
              HasSubstr(fmt::format("process {} with its children has ended", (*child)->pid())));
  const auto rows = lines("b.csv");
  ASSERT_GE(rows.size(), 2u);
  EXPECT_EQ(std::count(rows[1].begin(), rows[1].end(), ','), 7);
}

TEST_F(MonitorProgram, FindsTheProcessOfAPortAndEndsAtASignal) {
  http::RawServer server([](http::RawConnection& connection) { connection.wait_for_close(); });
  auto program = start({"monitor", "--port", std::to_string(server.port()), "-i", "10ms", "--csv",
                        "-", "--no-children"});
  ASSERT_TRUE(program.says(header));
  EXPECT_TRUE(program.says("process " + std::to_string(::getpid())));
  ASSERT_TRUE(program.says("| memory"));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.err(), HasSubstr("watched for"));
}

TEST_F(MonitorProgram, RefusesInOneLine) {
  EXPECT_THAT(refusal({"monitor", "--pid", "999999999"}), HasSubstr("there is no process"));
  EXPECT_THAT(refusal({"monitor", "--name", "no-such-program"}), HasSubstr("no-such-program"));
  EXPECT_THAT(refusal({"monitor", "--port", "0"}), HasSubstr("--port"));
  EXPECT_THAT(refusal({"monitor", "--interval", "soon"}), HasSubstr("--interval"));
  EXPECT_THAT(refusal({"monitor", "--interval", "1ms"}), HasSubstr("at least 10ms"));
  EXPECT_THAT(refusal({"monitor", "--system", "--pid", "1"}), HasSubstr("--system"));
  EXPECT_THAT(refusal({"monitor", "--csv", "/proc/no/x.csv"}), HasSubstr("/proc/no/x.csv"));
}

}  // namespace
}  // namespace dyno::cli
