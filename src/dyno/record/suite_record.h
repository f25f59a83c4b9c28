// The record of a whole suite run: which cases ran, what became of each, and where their records
// are. It repeats only what a summary needs; the figures live in the records of the cases.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "dyno/core/clock.h"
#include "dyno/core/environment.h"
#include "dyno/core/exit_status.h"
#include "dyno/core/result.h"
#include "dyno/record/comparison.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

struct KeyFigure {
  std::string name;  // "response_time.p95"
  double value = 0;
  std::string unit;
};

struct CaseRecord {
  std::string name;  // "CostAgentPerf.NormalLoad"
  std::vector<std::string> labels;
  std::string folder;  // of its record, relative to the suite's; empty when it left none
  ExitStatus exit = ExitStatus::pass;
  Duration length{};
  Completion completion = Completion::complete;
  Validity validity;
  std::vector<Verdict> verdicts;
  std::vector<KeyFigure> figures;
  std::string message;  // of a case without verdicts: why
};

struct SuiteRecord {
  int version = schema_version;
  std::string id;
  std::string name;            // "quick", "nightly"
  std::string form = "quick";  // which length of the cases was run
  UtcTime started{};
  Duration length{};
  Environment environment;
  std::vector<CaseRecord> cases;
  std::vector<std::string> missing_cases;  // expected and not run
  // Folder with Google Benchmark's JSON of each system (cost_agent.json), or one such file;
  // empty: none were run.
  std::string benchmarks;
  std::optional<Comparison> comparison;  // nothing: not compared
  ExitStatus exit = ExitStatus::pass;
  std::vector<std::string> notes;
};

// The entry of a case from its record: verdicts, validity and the figures a summary shows.
CaseRecord summarise(const RunRecord& record, std::vector<std::string> labels, std::string folder);

// What the verdicts come to: invalid for invalid or no_data, fail for fail, pass otherwise. Nothing
// passes for lack of verdicts: none at all are invalid, none that apply are inconclusive.
ExitStatus exit_status(const std::vector<Verdict>& verdicts);

// The worst of the cases; invalid when a case is missing or there is none.
ExitStatus exit_status(const SuiteRecord& suite);

nlohmann::json to_json(const SuiteRecord& suite);
nlohmann::json to_json(const Comparison& comparison);
Result<SuiteRecord> suite_record_from_json(const nlohmann::json& json, const std::string& name);

// `path` is the file or the folder with its record.json.
Result<SuiteRecord> read_suite_record(const std::filesystem::path& path);
Result<void> write_suite_record(const SuiteRecord& suite, const std::filesystem::path& path);

}  // namespace dyno::record
