// What became of one performance case, beside the records of its runs: whether GoogleTest passed
// it, what it said, and which records it left. `dyno suite` gathers these into the record of the
// suite.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dyno/core/exit_status.h"
#include "dyno/core/result.h"

namespace dyno::harness {

inline constexpr const char* case_outcome_file = "case.json";

struct CaseOutcome {
  std::string name;  // "CostAgentPerf.NormalLoad"
  bool skipped = false;
  ExitStatus exit = ExitStatus::pass;
  std::vector<std::string> messages;  // of each failed expectation, or why it was skipped
  // Nothing but runs in which the engine, and only it, was short of CPU kept it from passing: what
  // the service is worth is not known, and measuring once more may tell.
  bool measure_again = false;
  std::vector<std::string> records;  // labels of its runs: folders below the case's; "" for itself
};

Result<void> write_case_outcome(const CaseOutcome& outcome, const std::filesystem::path& path);
Result<CaseOutcome> read_case_outcome(const std::filesystem::path& path);

}  // namespace dyno::harness
