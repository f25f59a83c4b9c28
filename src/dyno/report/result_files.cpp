#include <utility>

#include "dyno/core/files.h"
#include "dyno/record/record_file.h"
#include "dyno/report/report.h"

namespace dyno::report {

namespace fs = std::filesystem;

namespace {

Result<void> write_csv(const LocustCsv& csv, const fs::path& prefix) {
  for (const auto& [suffix, content] :
       {std::pair<const char*, const std::string&>{"_stats.csv", csv.stats},
        {"_stats_history.csv", csv.history},
        {"_failures.csv", csv.failures},
        {"_exceptions.csv", csv.exceptions}}) {
    if (content.empty()) continue;
    if (auto written = write_file(prefix.string() + suffix, content); !written) return written;
  }
  return {};
}

Result<void> write_all(const fs::path& folder, const std::string& summary,
                       const std::string& junit_xml, const LocustCsv& csv) {
  if (auto written = write_file(folder / "summary.md", summary); !written) return written;
  if (auto written = write_file(folder / "junit.xml", junit_xml); !written) return written;
  return write_csv(csv, folder / "locust");
}

}  // namespace

Result<void> write_locust_csv(const record::RunRecord& record, const fs::path& prefix) {
  auto csv = locust_csv({record});
  csv.history.clear();
  return write_csv(csv, prefix);
}

Result<void> write_run_reports(const record::RunRecord& record, const fs::path& folder) {
  return write_all(folder, markdown(record), junit(record), locust_csv({record}));
}

Result<void> write_suite_reports(const record::SuiteRecord& suite, const fs::path& folder) {
  std::vector<record::RunRecord> runs;
  for (const auto& item : suite.cases) {
    if (item.folder.empty()) continue;
    // A case whose record cannot be read says so in its entry of the suite.
    if (auto run = record::read_record(folder / item.folder)) {
      run->name = item.name;
      runs.push_back(std::move(*run));
    }
  }
  return write_all(folder, markdown(suite), junit(suite), locust_csv(runs));
}

Result<void> write_comparison_reports(const record::Comparison& comparison,
                                      const fs::path& folder) {
  return write_all(folder, markdown(comparison), junit(comparison, utc_now()), {});
}

}  // namespace dyno::report
