// dyno history as it is called by hand.
#include <nlohmann/json.hpp>

#include "dyno/cli/program_for_test.h"
#include "dyno/record/test_records.h"

namespace dyno::cli {
namespace {

using testing::HasSubstr;

class HistoryProgram : public DynoProgram {
 protected:
  struct Said {
    int status;
    std::string out;
    std::string err;
  };
  Said said(const std::vector<std::string>& arguments) const {
    auto program = start(arguments);
    const int status = program.wait();
    return {status, program.out(), program.err()};
  }

  // A series with a step from 100 to `after` in its middle, and an outlier.
  std::string stepped(double after, std::size_t half = 30) const {
    std::string csv = "index,value,commit\n";
    for (std::size_t i = 0; i < 2 * half; ++i) {
      const auto value = (i < half ? 100 : after) + static_cast<double>(i * 7 % 5) * 0.3;
      csv += std::to_string(1000 + i) + "," + std::to_string(i == 4 ? 900.0 : value) + ",c" +
             std::to_string(i) + "\n";
    }
    return file("series.csv", csv);
  }

  // A run of its own each time, `slower` times as slow.
  std::string run_of(int number, std::int64_t slower) const {
    auto record = record::test_record();
    record.id = "run-" + std::to_string(number);
    record.started += std::chrono::hours{number};
    record.environment.commit = "commit" + std::to_string(number);
    record.cells.clear();
    record::add_samples(record, 0, 2000, slower * 1ms, slower * (100ms + number % 3 * 1ms));
    const auto path = folder_ / "runs" / std::to_string(number) / "record.json";
    EXPECT_TRUE(record::write_record(record, path).ok());
    return path.string();
  }
};

TEST_F(HistoryProgram, ChangesOfAnybodysSeriesAreJson) {
  const auto found = said({"history", "changes", "--csv", stepped(110)});
  EXPECT_EQ(found.status, 0) << found.err;
  const auto list = nlohmann::json::parse(found.out);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["index"], 1030);
  EXPECT_EQ(list[0]["commit"], "c30");
  EXPECT_NEAR(list[0]["change"].get<double>(), 0.1, 0.01);
  EXPECT_LT(list[0]["p"].get<double>(), 0.01);
  EXPECT_EQ(said({"history", "changes", "--csv", stepped(110), "--fail-on-change"}).status, 1);
  EXPECT_EQ(said({"history", "changes", "--csv", stepped(90), "--fail-on-change"}).status, 0);
  EXPECT_EQ(
      said({"history", "changes", "--csv", stepped(90), "--worse", "down", "--fail-on-change"})
          .status,
      1);
  EXPECT_EQ(nlohmann::json::parse(said({"history", "changes", "--csv", stepped(100)}).out).size(),
            0u);
}

TEST_F(HistoryProgram, ShortAndBrokenSeriesAreSaid) {
  const auto brief = said({"history", "changes", "--csv", stepped(200, 4)});
  EXPECT_EQ(brief.status, 0);
  EXPECT_EQ(nlohmann::json::parse(brief.out), nlohmann::json::array());
  EXPECT_THAT(brief.err, HasSubstr("8 points cannot show a change"));
  EXPECT_THAT(refusal({"history", "changes", "--csv", file("bad.csv", "0,1\n1,x\n")}),
              HasSubstr("bad.csv:2: 'x' is no number"));
  EXPECT_THAT(refusal({"history", "changes", "--csv", "none.csv"}), HasSubstr("cannot read"));
  EXPECT_THAT(refusal({"history", "show"}), HasSubstr("dyno history add"));
}

TEST_F(HistoryProgram, RunsAreAddedShownJudgedAndDrawn) {
  std::vector<std::string> add{"history", "add"};
  for (int i = 0; i < 24; ++i) add.push_back(run_of(i, i < 12 ? 1 : 2));
  const auto added = said(add);
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("run-0: added to results/history/"));
  const auto again = said({"history", "add", run_of(3, 1)});
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.out, HasSubstr("already; nothing was added"));

  const auto table = said({"history", "show", "--commits", "14"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("| Commit   | CostAgentPerf.NormalLoad p95"));
  EXPECT_THAT(table.out, HasSubstr("❌"));
  EXPECT_THAT(refusal({"history", "show", "--column", "nothing"}), HasSubstr("LABEL=SUBJECT"));

  const auto changes = said({"history", "changes", "--fail-on-change", "--alert", "alert.json"});
  EXPECT_EQ(changes.status, 1) << changes.err;
  EXPECT_THAT(changes.out, HasSubstr("commit12  2026-11-21T19:43:00"));
  EXPECT_THAT(changes.out, HasSubstr("worse   CostAgentPerf.NormalLoad"));
  EXPECT_FALSE(nlohmann::json::parse(read_file(folder_ / "alert.json").value())["alerts"].empty());

  file("results/baselines/accepted.json",
       R"({"schema": "dyno.accepted", "schema_version": 1, "accepted": [
           {"what": "CostAgentPerf*", "commit": "commit12", "range": [1.5, 3],
            "reason": "a test", "expires": "2999-12-31"}]})");
  const auto accepted = said({"history", "changes", "--fail-on-change", "--alert", "alert.json"});
  EXPECT_EQ(accepted.status, 0) << accepted.out << accepted.err;
  EXPECT_THAT(accepted.out, HasSubstr("accepted: a test"));
  EXPECT_FALSE(fs::exists(folder_ / "alert.json"));

  const auto plot = said({"history", "plot", "--figure", "*p95", "-o", "h.svg"});
  EXPECT_EQ(plot.status, 0) << plot.err;
  const auto svg = read_file(folder_ / "h.svg").value();
  EXPECT_THAT(svg, testing::StartsWith("<svg"));
  EXPECT_THAT(svg, HasSubstr("at commit12"));
}

}  // namespace
}  // namespace dyno::cli
