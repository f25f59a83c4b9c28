#include "dyno/monitor/watch.h"

#include <filesystem>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/monitor/fake_proc.h"
#include "dyno/monitor/find_process.h"

namespace dyno::monitor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TimePoint at(Duration offset) { return TimePoint{} + offset; }
const UtcTime noon = from_iso8601("2026-11-21T12:00:00Z");

Reading reading(Duration cpu, std::uint64_t mebibytes) {
  Reading result;
  result.cpu_time = cpu;
  result.rss_bytes = mebibytes << 20;
  result.disk_read_bytes = 10u << 20;
  result.disk_write_bytes = 20u << 20;
  result.namespace_sent_bytes = 30u << 20;
  result.namespace_received_bytes = 40u << 20;
  return result;
}

TEST(Watch, GivesOneRowASampleAfterTheFirst) {
  Watch watch(2, 400u << 20);
  EXPECT_FALSE(watch.add(reading(1s, 50), at(10s), noon));
  EXPECT_EQ(watch.summary(), "no sample was taken\n");
  Reading second = reading(2s, 100);
  *second.disk_read_bytes += 1u << 20;
  *second.disk_write_bytes += 2u << 20;
  *second.namespace_sent_bytes += 3u << 20;
  *second.namespace_received_bytes += 4u << 20;
  const auto row = watch.add(second, at(12s), noon);
  ASSERT_TRUE(row);
  EXPECT_EQ(to_csv(*row),
            "2026-11-21T12:00:00.000000Z,25.000,25.000,100.000,1.000,2.000,3.000,4.000");
  EXPECT_EQ(to_line(*row),
            "CPU  25.0 % | memory  25.0 %    100.0 MB | disk r/w     1.0/    2.0 MB | net s/r     "
            "3.0/    4.0 MB");
  // CPU is since the row before, bytes since the start.
  const auto third = watch.add(reading(5s, 80), at(14s), noon);
  EXPECT_EQ(to_csv(*third),
            "2026-11-21T12:00:00.000000Z,75.000,20.000,80.000,0.000,0.000,0.000,0.000");
  EXPECT_THAT(watch.summary(), HasSubstr("watched for 4.0 s, 2 samples\n"));
  EXPECT_THAT(watch.summary(), HasSubstr("mean 50.0 %, highest 75.0 %, of 2 cores"));
  EXPECT_THAT(watch.summary(), HasSubstr("highest 100.0 MB, at the end 80.0 MB"));
}

TEST(Watch, LeavesEmptyWhatIsNotTold) {
  Watch watch(1, {});
  EXPECT_FALSE(watch.add({}, at(1s), noon));
  const auto row = watch.add({}, at(2s), noon);
  ASSERT_TRUE(row);
  EXPECT_EQ(to_csv(*row), "2026-11-21T12:00:00.000000Z,,,,,,,");
  EXPECT_THAT(to_line(*row), HasSubstr("CPU     - %"));
  EXPECT_FALSE(watch.add({.presence = Presence::exited}, at(3s), noon));
}

TEST(Watch, HasTheColumnsThatAreKnown) {
  EXPECT_EQ(watch_header(),
            "timestamp,cpu_percent,memory_percent,memory_mb,disk_read_mb,disk_write_mb,"
            "network_sent_mb,network_recv_mb");
}

TEST(Watch, OfTheMachine) {
  FakeProc proc;
  proc.write("stat", "cpu 100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 0 0\n");
  proc.write("meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n");
  proc.write("diskstats",
             " 7 0 loop0 9 9 9 9 9 9 9 9 9 9 9\n 8 0 sda 1 0 2 0 1 0 4 0 0 1 1\n"
             " 8 1 sda1 1 0 2 0 1 0 4 0 0 1 1\n 259 0 nvme0n1 1 0 10 0 1 0 20 0 0 1 1\n"
             " 259 1 nvme0n1p1 1 0 10 0 1 0 20 0 0 1 1\n 252 0 dm-0 1 0 10 0 1 0 20 0 0 1 1\n");
  proc.write("net/dev",
             "a\nb\n lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n"
             " eth0: 5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n");
  const Reading now = machine_source(proc.root())();
  EXPECT_EQ(now.cpu_time, 150 * Duration(1s) / sysconf(_SC_CLK_TCK));
  EXPECT_EQ(now.rss_bytes, 600u * 1024);
  EXPECT_EQ(now.disk_read_bytes, 12u * 512);
  EXPECT_EQ(now.disk_write_bytes, 24u * 512);
  EXPECT_EQ(now.namespace_received_bytes, 15u);
  EXPECT_EQ(now.namespace_sent_bytes, 17u);
}

class FindProcess : public testing::Test {
 protected:
  void process(int pid, int parent, const std::string& name, const std::string& command) {
    proc_.process({.pid = pid, .parent = parent, .name = name});
    proc_.write(fmt::format("{}/comm", pid), name + "\n");
    proc_.write(fmt::format("{}/cmdline", pid), command);
  }
  void holds(int pid, const std::string& target) {
    const auto folder = proc_.root() / std::to_string(pid) / "fd";
    std::filesystem::create_directories(folder);
    std::filesystem::create_symlink(target, folder / "3");
  }

  FakeProc proc_;
};

TEST_F(FindProcess, ByName) {
  process(10, 1, "nginx", "nginx: master process");
  process(11, 10, "nginx", "nginx: worker process");
  process(12, 11, "nginx", "");
  process(20, 1, "a_very_long_nam", std::string("/usr/bin/a_very_long_name_of_a_program\0-x", 40));
  process(30, 1, "sleep", "sleep");
  process(31, 1, "sleep", "sleep");
  EXPECT_EQ(*process_named("nginx", proc_.root()), 10);
  EXPECT_EQ(*process_named("a_very_long_name_of_a_program", proc_.root()), 20);
  EXPECT_EQ(*process_named("a_very_long_nam", proc_.root()), 20);
  EXPECT_EQ(process_named("sleep", proc_.root()).error().message,
            "2 processes are named 'sleep': 30, 31; name one with --pid");
  EXPECT_EQ(process_named("none", proc_.root()).error().message,
            "no process is named 'none'; start it first, or give --pid");
}

TEST_F(FindProcess, ByPort) {
  proc_.write(
      "net/tcp",
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout "
      "inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1\n"
      "   1: 0100007F:2000 00000000:0000 01 00000000:00000000 00:00000000 00000000 0 0 4712 1\n");
  proc_.write(
      "net/tcp6",
      "  sl  local_address\n"
      "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000 0 0 99 1\n");
  process(10, 1, "server", "server");
  process(11, 10, "server", "server");
  holds(10, "socket:[4711]");
  holds(11, "socket:[4711]");
  process(20, 1, "web", "web");
  holds(20, "socket:[99]");
  process(21, 1, "client", "client");
  holds(21, "socket:[4712]");
  EXPECT_EQ(*process_listening(8080, proc_.root()), 10);
  EXPECT_EQ(*process_listening(80, proc_.root()), 20);
  EXPECT_EQ(process_listening(8192, proc_.root()).error().message,
            "no process listens on port 8192; start it first");
  proc_.remove("20/fd");
  EXPECT_THAT(process_listening(80, proc_.root()).error().message,
              HasSubstr("as its user or as root"));
}

TEST_F(FindProcess, ByNumber) {
  process(10, 1, "well", "well");
  proc_.process({.pid = 11, .parent = 1, .name = "dead", .state = 'Z'});
  EXPECT_EQ(*process_with_pid(10, proc_.root()), 10);
  EXPECT_EQ(process_with_pid(11, proc_.root()).error().message, "there is no process 11");
  EXPECT_FALSE(process_with_pid(12, proc_.root()).ok());
}

TEST(FindLiveProcess, ByPort) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  EXPECT_EQ(*process_listening(ntohs(address.sin_port)), ::getpid());
  ::close(listener);
  EXPECT_FALSE(process_listening(ntohs(address.sin_port)).ok());
}

}  // namespace
}  // namespace dyno::monitor
