// The files in Locust's format that dyno run writes, against each other and against its record.
#include <nlohmann/json.hpp>

#include "dyno/cli/program_for_test.h"
#include "dyno/core/files.h"

namespace dyno::cli {
namespace {

using testing::AnyOf;
using testing::Ge;
using testing::HasSubstr;

using Table = std::vector<std::vector<std::string>>;

// Of RFC 4180, without its header.
Table table_of(const std::string& text) {
  Table rows(1);
  std::string field;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '\n')) {
      rows.back().push_back(std::move(field));
      field.clear();
      if (c == '\n') rows.emplace_back();
    } else if (quoted || c != '\r') {
      field += c;
    }
  }
  rows.pop_back();
  rows.erase(rows.begin());
  return rows;
}

// Answers 500 below /broken and 200 elsewhere.
struct HalfBroken {
  http::RawServer server{[](http::RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      const bool broken = request.find(" /broken") != std::string::npos;
      connection.write("HTTP/1.1 " + std::string(broken ? "500 Oh" : "200 OK") +
                       "\r\nContent-Length: 2\r\n\r\nok");
    }
  }};
};

class LocustFiles : public DynoProgram {
 protected:
  Table rows(const std::string& name) const {
    const auto text = read_file(folder_ / name);
    EXPECT_TRUE(text) << name;
    return text ? table_of(*text) : Table{};
  }

  // Runs it, and gives the requests and failures on which all of its files agree.
  std::pair<std::uint64_t, std::uint64_t> agreed(const std::string& load) const {
    file("load.json", R"({"wait": "2ms", "tasks": [{"get": "/items"}, {"post": "/broken"}],
                          "load": )" +
                          load + "}");
    auto program = start({"run", "load.json", "--host", service_.server.url(), "--csv", "csv",
                          "--csv-full-history", "--json-file", "figures", "--out", "r"});
    EXPECT_THAT(program.wait(), AnyOf(1, 4)) << program.err();
    for (const std::string prefix : {"csv", "r/locust"}) {
      const auto stats = rows(prefix + "_stats.csv").back();
      const auto history = rows(prefix + "_stats_history.csv").back();
      EXPECT_EQ(stats.at(1), "Aggregated");
      EXPECT_EQ(history.at(3), "Aggregated");
      EXPECT_EQ(history.at(17), stats.at(2)) << prefix << ": Total Request Count";
      EXPECT_EQ(history.at(18), stats.at(3)) << prefix << ": Total Failure Count";
      EXPECT_EQ(sum(rows(prefix + "_failures.csv"), 3), std::stoull(stats.at(3))) << prefix;
    }
    const auto stats = rows("csv_stats.csv").back();
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    const auto text = read_file(folder_ / "figures.json");
    EXPECT_TRUE(text);
    for (const auto& entry : nlohmann::json::parse(text ? *text : "[]")) {
      requests += entry.at("num_requests").get<std::uint64_t>();
      failures += entry.at("num_failures").get<std::uint64_t>();
    }
    EXPECT_EQ(requests, std::stoull(stats.at(2)));
    EXPECT_EQ(failures, std::stoull(stats.at(3)));
    return {requests, failures};
  }

  static std::uint64_t sum(const Table& table, std::size_t column) {
    std::uint64_t sum = 0;
    for (const auto& row : table) sum += std::stoull(row.at(column));
    return sum;
  }

  // Of the record: what began in windows of that kind.
  static std::pair<std::uint64_t, std::uint64_t> in_windows(const record::RunRecord& run,
                                                            record::WindowKind kind) {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    for (const auto& cell : run.cells) {
      if (run.windows.at(cell.window).kind != kind) continue;
      if (cell.outcome.kind == metrics::OutcomeKind::cancelled) continue;
      requests += cell.count;
      if (!cell.outcome.ok()) failures += cell.count;
    }
    return {requests, failures};
  }

  HalfBroken service_;
};

TEST_F(LocustFiles, AreAllOfTheSteadyWindows) {
  const auto [requests, failures] = agreed(R"({"stages": [
      {"users": 4, "ramp": "1100ms", "hold": "300ms", "name": "calm"},
      {"users": 8, "ramp": "200ms", "hold": "300ms", "name": "busy"}]})");
  const auto run = record("r/record.json");
  EXPECT_EQ(in_windows(run, record::WindowKind::steady), std::pair(requests, failures));
  const auto [of_ramps, failures_of_ramps] = in_windows(run, record::WindowKind::ramp);
  EXPECT_GT(failures, 0u);
  EXPECT_GT(failures_of_ramps, 0u) << "or the test shows nothing";
  const auto history = rows("csv_stats_history.csv");
  for (const auto& row : history) {
    if (row.at(3) != "Aggregated") continue;
    EXPECT_GT(std::stoull(row.at(17)), 0u) << "the first second, before the steady window, counts";
    EXPECT_LE(std::stoull(row.at(17)), of_ramps + requests);
    break;
  }
}

TEST_F(LocustFiles, AreOfTheWholeRunWhereNothingIsSteady) {
  const auto all = agreed(R"({"stages": [{"users": 6, "ramp": "700ms"}]})");
  const auto run = record("r/record.json");
  const auto ramp = in_windows(run, record::WindowKind::ramp);
  const auto drain = in_windows(run, record::WindowKind::drain);
  EXPECT_EQ(all, std::pair(ramp.first + drain.first, ramp.second + drain.second));
  EXPECT_GT(all.second, 0u);
}

// The time of a run as -t and "run_time" give it.
class RunTime : public LocustFiles {
 protected:
  RunTime() { file("plain.json", R"({"wait": "5ms", "tasks": [{"get": "/items"}]})"); }

  std::vector<std::string> with(std::vector<std::string> options,
                                const std::string& scenario = "plain.json") const {
    options.insert(options.begin(),
                   {"run", scenario, "--host", service_.server.url(), "--out", "r"});
    return options;
  }
  // The first line of what it says before it does it.
  std::string plan(const std::vector<std::string>& options) const {
    auto program = start(with(options));
    EXPECT_THAT(program.wait(), AnyOf(0, 4)) << program.err();
    return program.err().substr(0, program.err().find('\n'));
  }
};

TEST_F(RunTime, IsOfTheWholeRunAsLocusts) {
  EXPECT_EQ(plan({"-u", "4", "-r", "20", "-t", "500ms"}),
            "plain: 4 users, ramp 200 ms, hold 300 ms; 500 ms in all");
  const auto run = record("r/record.json");
  EXPECT_EQ(run.windows.at(1).kind, record::WindowKind::steady);
  EXPECT_EQ(run.windows.at(1).end, 500ms);
  EXPECT_EQ(plan({"-u", "4", "-r", "20", "--warm-up", "100ms", "-t", "500ms"}),
            "plain: 4 users, ramp 200 ms, warm-up 100 ms, hold 200 ms; 500 ms in all");
  EXPECT_EQ(plan({"--rate", "50/s", "--warm-up", "100ms", "-t", "300ms"}),
            "plain: 50/s Poisson, warm-up 100 ms, hold 200 ms, at most 10000 in flight; 300 ms in "
            "all");
  EXPECT_EQ(plan({"-u", "2", "-t", "200ms"}), "plain: 2 users, hold 200 ms");
  EXPECT_EQ(plan({"-u", "2", "-r", "20", "-i", "20", "-t", "1m"}),
            "plain: 2 users, ramp 100 ms, hold 59.9 s, 20 iterations");
  EXPECT_THAT(plan({"-i", "1000000000", "-t", "300ms"}), HasSubstr("hold 300 ms"));
  EXPECT_THAT(record("r/record.json").length, testing::Lt(10s)) << "what comes first ends it";
}

TEST_F(RunTime, ThatLeavesNothingToJudgeIsRefusedWithOneThatDoes) {
  EXPECT_EQ(refusal(with({"-u", "50", "-r", "5", "-t", "10s"})),
            "error: a run of 10.0 s leaves nothing to judge: starting 50 users at 5/s takes 10.0 "
            "s; -t 20s would do, or -r 10\n");
  EXPECT_EQ(refusal(with({"--rate", "5/s", "--warm-up", "2s", "-t", "2s"})),
            "error: a run of 2.00 s leaves nothing to judge: the warm-up takes 2.00 s; -t 4s would "
            "do\n");
  EXPECT_EQ(refusal(with({"-u", "4", "-r", "20", "--warm-up", "100ms", "-t", "250ms"})),
            "error: a run of 250 ms leaves nothing to judge: starting 4 users at 20/s takes 200 "
            "ms, the warm-up takes 100 ms; -t 600ms would do, or -r 54\n");
  EXPECT_THAT(plan({"-u", "4", "-r", "20", "--warm-up", "100ms", "-t", "600ms"}),
              HasSubstr("hold 300 ms"));
  EXPECT_THAT(plan({"-u", "4", "-r", "54", "--warm-up", "100ms", "-t", "250ms"}),
              HasSubstr("hold 75.9 ms"));
  file("slow.json", R"({"tasks": [{"get": "/items"}],
                        "load": {"users": 50, "spawn_rate": 5, "run_time": "8s"}})");
  EXPECT_THAT(refusal(with({}, "slow.json")), HasSubstr("-t 20s would do, or -r 13"));
  EXPECT_THAT(refusal(with({"-t", "4s"}, "slow.json")), HasSubstr("-t 20s would do, or -r 25"));
}

}  // namespace
}  // namespace dyno::cli
