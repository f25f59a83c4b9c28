// The matrix of faults and cases, fault_matrix.json: with its fault in the service, the case named
// there ends with exit 1 and evidence of the right target; without it, the same case as short
// passes. docs/faults.md has it as a table.
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/files.h"
#include "dyno/harness/program_run.h"
#include "services/common/test_client.h"

namespace fault_matrix {
namespace {

using namespace std::chrono_literals;
using dyno::harness::ProgramRun;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::vector<std::string> services{"cost_agent", "resource_agent", "application_agent",
                                        "chat_backend", "content_validator"};
const std::vector<std::string> kinds{"slowdown", "memory leak", "descriptor leak",
                                     "5xx",      "reset",       "stall",
                                     "freeze",   "cache off",   "pool of one"};

struct Entry {
  std::string service;
  std::string kind;  // empty: the case without a fault
  std::string of;    // the case
  int seconds = 0;
  std::string fault;  // JSON
  bool in_mid_run = false;
  bool gate = false;
  std::vector<std::string> evidence;
  std::string not_applicable;  // why

  // Waits more than it works, so that others may run meanwhile.
  bool waits = false;
};

// In the names of tests, instead of its bytes.
void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.of << ' ' << entry.fault; }

std::vector<Entry> read_cells() {
  const auto text = dyno::read_file(DYNO_SOURCE_DIR "/perf_tests/fault_matrix.json");
  if (!text) throw std::runtime_error(text.error().message);
  const auto document = nlohmann::json::parse(*text, nullptr, true, true);
  std::vector<Entry> cells;
  for (const auto& source : document.at("cells")) {
    Entry cell;
    cell.service = source.at("service");
    cell.kind = source.at("kind");
    cell.not_applicable = source.value("not_applicable", "");
    if (cell.not_applicable.empty()) {
      cell.of = source.at("case");
      cell.seconds = source.at("seconds");
      cell.fault = source.at("fault").dump();
      cell.in_mid_run = source.value("in_mid_run", false);
      cell.gate = source.value("gate", false);
      cell.evidence = source.at("evidence").get<std::vector<std::string>>();
      cell.waits = cell.in_mid_run || cell.kind.ends_with("leak");
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

// What is run: each cell, and each case that is in one without its fault, as long as in any.
std::vector<Entry> entries(bool gate, bool waits) {
  std::map<std::string, Entry> controls;
  std::vector<Entry> all;
  for (const auto& cell : read_cells()) {
    if (!cell.not_applicable.empty()) continue;
    all.push_back(cell);
    auto& control = controls.try_emplace(cell.of, Entry{}).first->second;
    control.service = cell.service;
    control.of = cell.of;
    control.seconds = std::max(control.seconds, cell.seconds);
    control.gate = control.gate || cell.gate;
    control.waits = control.waits || cell.kind.ends_with("leak");
  }
  for (const auto& [_, control] : controls) all.push_back(control);
  std::erase_if(all, [&](const Entry& one) { return one.gate != gate || one.waits != waits; });
  return all;
}

std::string name_of(const testing::TestParamInfo<Entry>& info) {
  const auto& entry = info.param;
  std::string name = entry.kind.empty() ? "Without_" + entry.of : entry.service + "_" + entry.kind;
  for (char& c : name) {
    if (c == ' ' || c == '.') c = '_';
  }
  return name;
}

class FaultMatrix : public testing::TestWithParam<Entry> {
 protected:
  FaultMatrix() {
    auto pattern = (fs::temp_directory_path() / "dyno_matrix_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~FaultMatrix() override { fs::remove_all(folder_); }

  static std::string program(const std::string& name) { return DYNO_PROGRAMS "/" + name; }

  ProgramRun start_case(const Entry& entry, const std::string& fault,
                        const std::string& host = {}) const {
    return ProgramRun({{program(entry.service + "_perf"), "--gtest_filter=" + entry.of},
                       {{"DYNO_DATA", "small"},
                        {"DYNO_TARGET", "spawn"},
                        {"PERFORMANCE_TEST_MODE", "quick"},
                        {"TEST_DURATION_SECONDS", std::to_string(entry.seconds)},
                        // A slope needs time and no load; and others run at the same time.
                        {"MAX_CONCURRENT_USERS", entry.waits && !entry.in_mid_run ? "6" : ""},
                        {"DYNO_DATABASE_URL", ""},
                        {"DYNO_REDIS_URL", ""},
                        {"DYNO_BILLING", ""},
                        {"DYNO_HOST", host},
                        {"DYNO_FAULT", fault},
                        {"DYNO_RESULTS_DIR", (folder_ / "r").string()}},
                       folder_});
  }

  // Of a service of its own, which is given the fault when the case is in mid-run.
  int run_with_fault_in_mid_run(const Entry& entry, std::string& out) const {
    std::vector<std::string> argv{program(entry.service), "--port", "0", "--allow-faults"};
    if (entry.service != "resource_agent") argv.insert(argv.end(), {"--data", "small"});
    const ProgramRun service({argv, {{"DYNO_FAULT", ""}}, folder_});
    EXPECT_TRUE(service.says("listening on ")) << service.err();
    auto url = service.out();
    url = url.substr(url.find("http://"));
    url = url.substr(0, url.find('\n'));
    auto run = start_case(entry, "", url);
    EXPECT_TRUE(in_mid_run(run, folder_ / "r/cases" / entry.of)) << run.out() << run.err();
    const int port = std::stoi(url.substr(url.rfind(':') + 1));
    EXPECT_EQ(service::test::ask(port, "POST", "/__fault", entry.fault).status, 200);
    const int status = run.wait(90s);
    out = run.out();
    return status;
  }

  fs::path folder_;
};

TEST_P(FaultMatrix, TheCaseTellsWithAndWithoutFault) {
  const Entry& entry = GetParam();
  std::string out;
  int status = 0;
  if (entry.in_mid_run) {
    status = run_with_fault_in_mid_run(entry, out);
  } else {
    auto run = start_case(entry, entry.fault);
    status = run.wait(90s);
    out = run.out() + run.err();
  }
  // What came before a freeze may be too little for the other targets, which is 4.
  if (!entry.in_mid_run || status != 4) {
    EXPECT_EQ(status, entry.kind.empty() ? 0 : 1) << out;
  }
  for (const auto& evidence : entry.evidence) EXPECT_THAT(out, HasSubstr(evidence));
}

INSTANTIATE_TEST_SUITE_P(Gate, FaultMatrix, testing::ValuesIn(entries(true, false)), name_of);
INSTANTIATE_TEST_SUITE_P(GateWaiting, FaultMatrix, testing::ValuesIn(entries(true, true)), name_of);
INSTANTIATE_TEST_SUITE_P(Rest, FaultMatrix, testing::ValuesIn(entries(false, false)), name_of);
INSTANTIATE_TEST_SUITE_P(RestWaiting, FaultMatrix, testing::ValuesIn(entries(false, true)),
                         name_of);

TEST(FaultMatrixData, HasEachServiceAndKindOnceAndEachKindInTheGate) {
  std::multiset<std::pair<std::string, std::string>> found;
  std::set<std::string> in_gate;
  for (const auto& cell : read_cells()) {
    found.emplace(cell.service, cell.kind);
    if (cell.gate) in_gate.insert(cell.kind);
    EXPECT_NE(cell.evidence.empty(), cell.not_applicable.empty()) << cell.of;
  }
  EXPECT_EQ(found.size(), services.size() * kinds.size());
  for (const auto& service : services) {
    for (const auto& kind : kinds) {
      EXPECT_EQ(found.count({service, kind}), 1u) << service << ", " << kind;
    }
  }
  EXPECT_EQ(in_gate, std::set<std::string>(kinds.begin(), kinds.end()));
}

// docs/faults.md, row by row: | kind | the five cases, or why there is none |
TEST(FaultMatrixData, IsWhatTheDocumentSays) {
  const auto page = dyno::read_file(DYNO_SOURCE_DIR "/docs/faults.md");
  ASSERT_TRUE(page) << page.error().message;
  for (const auto& kind : kinds) {
    std::string row = "| " + kind + " |";
    for (const auto& service : services) {
      for (const auto& cell : read_cells()) {
        if (cell.service != service || cell.kind != kind) continue;
        const auto what = cell.of.substr(cell.of.find('.') + 1);
        row += cell.of.empty() ? " " + cell.not_applicable + " |" : " `" + what + "` |";
      }
    }
    EXPECT_THAT(*page, HasSubstr(row));
  }
}

}  // namespace
}  // namespace fault_matrix
