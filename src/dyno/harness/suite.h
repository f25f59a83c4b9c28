// Gathers what the cases of a suite run left in its results folder into one record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/record/suite_record.h"

namespace dyno::harness {

struct SuiteSources {
  // With cases/<name>/, expected_cases.json, and set_aside/<name>/ of what was measured again.
  std::filesystem::path folder;
  // Google Benchmark's JSON of each system whose benchmarks were to run, in one folder:
  // FOLDER/cost_agent.json is judged by the set cost_agent/benchmarks.
  std::vector<std::filesystem::path> benchmarks{};
  std::filesystem::path targets;  // the folder of target files
  std::string form = "standard";
  bool interrupted = false;  // noted; passes nothing
};

// What `ctest --show-only=json-v1` said of the selected cases is expected to be in
// expected_cases.json: their names and labels. Without the file nothing is expected.
//
// One entry for each record of each case (and one for a case that left none), one for the
// benchmarks of each system, the cases that were expected and left nothing, and the exit status of
// it all. A case that was measured again counts as it was at last; a note says why, and where its
// first record is. A case that was killed is taken from its journal. Benchmarks that failed, or
// that their program names (`dyno_families` of the JSON's context) and that did not run, are
// invalid. Fails when the folder holds no case at all.
Result<record::SuiteRecord> gather_suite(const SuiteSources& sources);

}  // namespace dyno::harness
