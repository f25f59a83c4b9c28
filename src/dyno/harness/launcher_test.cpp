#include "dyno/harness/launcher.h"

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::harness {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// "S", "T", … as in proc(5); empty when it is gone.
std::string state_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return state;
}

bool dead(pid_t pid) {
  const std::string state = state_of(pid);
  return state.empty() || state == "Z" || state == "X";
}

bool dead_within(pid_t pid, std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!dead(pid) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(5ms);
  }
  return dead(pid);
}

// Free a moment ago; for a server that has to be told its port.
int likely_free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool known =
      bind(descriptor, generic, size) == 0 && getsockname(descriptor, generic, &size) == 0;
  close(descriptor);
  return known ? ntohs(address.sin_port) : 0;
}

class LauncherTest : public ::testing::Test {
 protected:
  LauncherTest() {
    std::string name = (std::filesystem::temp_directory_path() / "dyno-launch-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~LauncherTest() override { std::filesystem::remove_all(folder_); }

  LaunchOptions shell(const std::string& script) const {
    return {
        .command = {.argv = {"/bin/sh", "-c", script}, .log_file = folder_ / "case/service.log"}};
  }
  std::string log() const {
    std::ifstream stream(folder_ / "case/service.log");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  SteadyClock clock_;
  std::filesystem::path folder_;
};

constexpr const char* announce = "echo listening on http://127.0.0.1:4711/; ";

TEST(AnnouncedUrl, IsReadFromWholeLinesOnly) {
  EXPECT_EQ(announced_url("starting\ncost_agent listening on http://127.0.0.1:80 (2 cores)\n"),
            "http://127.0.0.1:80");
  EXPECT_EQ(announced_url("listening on http://127.0.0.1:8000/\r\n"), "http://127.0.0.1:8000");
  EXPECT_EQ(announced_url("\"listening on http://127.0.0.1:8000\"\n"), "http://127.0.0.1:8000");
  EXPECT_FALSE(announced_url("listening on http://127.0.0.1:80"));
  EXPECT_FALSE(announced_url("listening on http://\nlistening on port 80\n"));
  EXPECT_FALSE(announced_url(""));
}

TEST_F(LauncherTest, IsReadyWhenTheServiceSaysWhereItListens) {
  auto service = Service::launch(shell(std::string(announce) + "exec sleep 1000"), clock_);
  ASSERT_TRUE(service.ok()) << service.error().message;
  EXPECT_EQ(service->url(), "http://127.0.0.1:4711");
  EXPECT_TRUE(service->alive());
  EXPECT_FALSE(service->exit_status());
  EXPECT_EQ(kill(service->pid(), 0), 0);
  EXPECT_EQ(service->log_file(), folder_ / "case/service.log");
}

TEST_F(LauncherTest, SaysWhyAServiceEndedBeforeItWasReady) {
  const auto service =
      Service::launch(shell("echo starting; echo port 80 is in use >&2; exit 3"), clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message,
              AllOf(StartsWith("/bin/sh exited with 3 before it took requests; its log is "),
                    HasSubstr("service.log"), HasSubstr("\n  | starting\n  | port 80 is in use")));
}

TEST_F(LauncherTest, TheOneLineOfAServiceStaysOnTheLine) {
  const auto service = Service::launch(shell("echo port 80 is in use >&2; exit 2"), clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message, EndsWith("service.log: port 80 is in use"));
}

TEST_F(LauncherTest, ShowsOnlyTheEndOfALongLogAndOnlyOfThisStart) {
  std::filesystem::create_directories(folder_ / "case");
  std::ofstream(folder_ / "case/service.log") << announce << "\nlistening on http://1.2.3.4:1\n";
  const auto service =
      Service::launch(shell("for i in $(seq 50); do echo line$i.; done; exit 1"), clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message,
              AllOf(HasSubstr("| line41.\n"), HasSubstr("| line50."), Not(HasSubstr("line40."))));
}

TEST_F(LauncherTest, GivesUpOnASlowServiceAndEndsIt) {
  LaunchOptions options = shell("echo $$; exec sleep 1000");
  options.timeout = 200ms;
  const auto service = Service::launch(options, clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message, HasSubstr("took no requests within 200 ms"));
  EXPECT_TRUE(dead(std::stoi(log())));
}

TEST_F(LauncherTest, SaysWhatCannotBeStarted) {
  LaunchOptions options = shell("");
  options.command.argv = {"/no/such/service"};
  auto service = Service::launch(options, clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_EQ(service.error().message, "cannot start /no/such/service: No such file or directory");

  options = shell("");
  options.command.directory = "/no/such/folder";
  service = Service::launch(options, clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message, HasSubstr("cannot enter /no/such/folder"));

  options = shell("");
  options.command.cores = {1023};
  service = Service::launch(options, clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message, HasSubstr("cannot run on cores 1023"));

  options = shell("");
  options.command.log_file = "/proc/no/log";
  service = Service::launch(options, clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message, HasSubstr("/proc/no/log"));

  options = shell("");
  options.health_url = "localhost/health";
  service = Service::launch(options, clock_);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.error().message, HasSubstr("write it as http://127.0.0.1:PORT/health"));
}

TEST_F(LauncherTest, IsReadyWhenItsHealthIsWell) {
  LaunchOptions options;
  options.command.argv = {"python3", "-c", R"(
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Handler.asked += 1
        self.send_response(200 if Handler.asked > 2 and self.path == '/health' else 503)
        self.end_headers()
    def log_message(self, *args):
        print(Handler.asked, flush=True)
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
)"};
  const std::string port = std::to_string(likely_free_port());
  options.command.argv.push_back(port);
  options.command.log_file = folder_ / "case/service.log";
  options.health_url = "http://127.0.0.1:" + port + "/health";
  auto service = Service::launch(options, clock_);
  ASSERT_TRUE(service.ok()) << service.error().message;
  EXPECT_EQ(service->url(), "http://127.0.0.1:" + port);
  EXPECT_THAT(log(), HasSubstr("3\n"));
}

TEST_F(LauncherTest, PassesEnvironmentFolderAndCoresOn) {
  const int core = sched_getcpu();
  LaunchOptions options =
      shell("echo $GREETING $HOME; pwd; grep Cpus_allowed_list /proc/self/status;" +
            std::string(announce) + "exec sleep 1000");
  options.command.environment = {{"GREETING", "hello"}, {"HOME", "/elsewhere"}};
  options.command.directory = "/usr";
  options.command.cores = {core};
  const auto service = Service::launch(options, clock_);
  ASSERT_TRUE(service.ok()) << service.error().message;
  EXPECT_THAT(log(),
              StartsWith(fmt::format("hello /elsewhere\n/usr\nCpus_allowed_list:\t{}\n", core)));
}

TEST_F(LauncherTest, StopsInGoodOrder) {
  auto service = Service::launch(shell("trap 'echo bye; exit 5' TERM; " + std::string(announce) +
                                       "while :; do sleep 0.01; done"),
                                 clock_);
  ASSERT_TRUE(service.ok());
  EXPECT_EQ(service->stop(30s), (ProcessEnd{.code = 5}));
  EXPECT_THAT(log(), HasSubstr("bye"));
  EXPECT_FALSE(service->alive());
  EXPECT_EQ(service->stop(), (ProcessEnd{.code = 5}));
}

TEST_F(LauncherTest, KillsAServiceThatDoesNotStop) {
  auto service = Service::launch(
      shell("trap '' TERM; " + std::string(announce) + "while :; do sleep 1; done"), clock_);
  ASSERT_TRUE(service.ok());
  EXPECT_EQ(service->stop(100ms), (ProcessEnd{.signal = SIGKILL}));
  EXPECT_EQ(to_string(*service->exit_status()), "was ended by signal 9 (Killed)");
}

TEST_F(LauncherTest, KillsWithAllItsChildren) {
  auto service =
      Service::launch(shell("sleep 1000 & echo $!; " + std::string(announce) + "wait"), clock_);
  ASSERT_TRUE(service.ok());
  const pid_t child = std::stoi(log());
  EXPECT_FALSE(dead(child));
  service->kill();
  EXPECT_FALSE(service->alive());
  EXPECT_TRUE(dead_within(child, 10s));
}

TEST_F(LauncherTest, EndsChildrenThatADyingServiceLeavesBehind) {
  auto service = Service::launch(
      shell("sleep 1000 & echo $!; " + std::string(announce) + "sleep 0.1; exit 4"), clock_);
  ASSERT_TRUE(service.ok());
  const pid_t child = std::stoi(log());
  EXPECT_TRUE(dead_within(child, 10s));
  EXPECT_EQ(service->stop(), (ProcessEnd{.code = 4}));
}

TEST_F(LauncherTest, FreezesAndThaws) {
  auto service = Service::launch(shell(std::string(announce) + "exec sleep 1000"), clock_);
  ASSERT_TRUE(service.ok());
  const auto stopped_is = [&](bool wanted) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while ((state_of(service->pid()) == "T") != wanted) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  };
  service->freeze();
  EXPECT_TRUE(stopped_is(true));
  EXPECT_TRUE(service->alive());
  service->thaw();
  EXPECT_TRUE(stopped_is(false));
  service->freeze();
  EXPECT_EQ(service->stop(30s), (ProcessEnd{.signal = SIGTERM}));  // though it was frozen
}

TEST_F(LauncherTest, TheServiceDoesNotOutliveThisProcess) {
  const pid_t tester = fork();
  if (tester == 0) {
    auto service =
        Service::launch(shell("echo $$; " + std::string(announce) + "exec sleep 1000"), clock_);
    ::kill(getpid(), SIGKILL);
  }
  waitpid(tester, nullptr, 0);
  EXPECT_TRUE(dead_within(std::stoi(log()), 10s));
}

TEST_F(LauncherTest, TheServiceOutlivesTheThreadThatLaunchedIt) {
  std::optional<Service> service;
  std::thread([&] {
    auto launched = Service::launch(shell(std::string(announce) + "exec sleep 1000"), clock_);
    if (launched.ok()) service.emplace(std::move(launched).value());
  }).join();
  ASSERT_TRUE(service);
  // The kernel's signal, were it to come, would come with the end of that thread.
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(service->alive());
}

}  // namespace
}  // namespace dyno::harness
