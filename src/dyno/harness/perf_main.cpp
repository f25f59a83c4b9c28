// The main function of every program of performance cases.
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "dyno/core/exit_status.h"
#include "dyno/core/files.h"
#include "dyno/harness/perf_session.h"

namespace {

constexpr const char* help =
    "\nEach case starts the service, loads it, and judges what was measured. Environment:\n"
    "  PERFORMANCE_TEST_MODE  quick, standard (default) or full: which length of each case\n"
    "  TEST_DURATION_SECONDS  length of the steady window, whatever the mode\n"
    "  MAX_CONCURRENT_USERS   most users at one time\n"
    "  DYNO_TARGET            inprocess (default) or spawn\n"
    "  DYNO_HOST              URL of a service that runs already; nothing is started\n"
    "  DYNO_HOST_<SYSTEM>     likewise for the cases of one system: DYNO_HOST_COST_AGENT\n"
    "  DYNO_CACERT, DYNO_INSECURE  of https: a file of certificates to trust; 1: accept any\n"
    "  DYNO_RESULTS_DIR       where cases/<name>/record.json go (results/runs/unsorted)\n"
    "  DYNO_TARGETS_DIR       where the targets are (fixtures/targets)\n"
    "  DYNO_DATA, DYNO_SEED   small, medium (default) or large; seed of data and load\n"
    "  DYNO_BILLING           a FOCUS billing export in place of generated data\n"
    "--dyno_list_lengths measures nothing and prints of each case three numbers of seconds: how "
    "long\n"
    "its load lasts in this mode; how much longer at most, where it ends after so many requests; "
    "and\n"
    "how long its service takes to start.\n"
    "examples:\n"
    "  PERFORMANCE_TEST_MODE=quick cost_agent_perf --gtest_filter=*.NormalLoad\n"
    "  DYNO_HOST=http://127.0.0.1:8000 cost_agent_perf\n"
    "exit status: 0 pass, 1 a target missed, 2 configuration, 4 invalid run or missing data\n";

// Ctrl-C once: the load ends in order and the record is written. Twice: at once.
void on_signal(int signal) {
  dyno::harness::session().stop.request(signal == SIGINT ? "stopped by SIGINT"
                                                         : "stopped by SIGTERM");
}

// The cases' own expectations say nothing where nothing was measured, so nobody prints them.
int list_lengths() {
  auto& session = dyno::harness::session();
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  const int ignored [[maybe_unused]] = RUN_ALL_TESTS();
  session.services.clear();
  return static_cast<int>(session.status);
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  bool help_wanted = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--help") {
      fmt::print("{}", help);
      help_wanted = true;
    } else if (std::string_view(argv[i]) == "--dyno_list_lengths") {
      dyno::harness::session().listing = true;
    } else {  // GoogleTest takes out what it knows, and would run every case in spite of the rest
      fmt::print(stderr, "error: unknown option '{}'; see --help\n", argv[i]);
      return static_cast<int>(dyno::ExitStatus::usage);
    }
  }
  auto settings = dyno::harness::read_settings([](const char* name) { return std::getenv(name); },
                                               dyno::harness::variable_names());
  if (!settings) {
    fmt::print(stderr, "error: {}\n", settings.error().message);
    return static_cast<int>(dyno::ExitStatus::usage);
  }
  auto& session = dyno::harness::session();
  session.settings = *settings;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is then an error like a full disk
  if (session.listing) return list_lengths();
  if (!GTEST_FLAG_GET(list_tests)) {
    if (const auto checked = dyno::check_writable(session.settings.results); !checked) {
      fmt::print(stderr, "error: {}\n", checked.error().message);
      return static_cast<int>(dyno::ExitStatus::usage);
    }
  }
  const bool passed = RUN_ALL_TESTS() == 0;
  // Nothing was run, so nothing passed: ctest may know a case that this program has no more.
  if (!GTEST_FLAG_GET(list_tests) && testing::UnitTest::GetInstance()->test_to_run_count() == 0 &&
      !help_wanted) {
    fmt::print(stderr, "error: no case matches {}; --gtest_list_tests lists them\n",
               GTEST_FLAG_GET(filter));
    return static_cast<int>(dyno::ExitStatus::usage);
  }
  if (passed && session.stop.level() > 0) return static_cast<int>(dyno::ExitStatus::invalid);
  if (passed) return 0;
  const auto status =
      session.status == dyno::ExitStatus::pass ? dyno::ExitStatus::fail : session.status;
  return static_cast<int>(status);
}
