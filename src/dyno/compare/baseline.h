// The store of baselines: <root>/<fingerprint>/<form>/ holds a suite run of that machine and build,
// as its results folder does (record.json, cases/, benchmarks.json). Reading it never fails a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "dyno/core/result.h"
#include "dyno/record/suite_record.h"

namespace dyno::compare {

// Keeps the run in `results` as the baseline of its machine and form, in place of an older one.
// Refused with the reason when the run is not complete, valid and passed: such a run never becomes
// a baseline. An older baseline survives a failure. Returns where it is.
Result<std::filesystem::path> save_baseline(const std::filesystem::path& root,
                                            const std::filesystem::path& results,
                                            const record::SuiteRecord& suite);

struct FoundBaseline {
  std::optional<std::filesystem::path> folder;
  std::string why_not;  // when there is none: one line, with what to do
};

// The baseline of a machine and form.
FoundBaseline find_baseline(const std::filesystem::path& root, const std::string& fingerprint,
                            const std::string& form);

// Compares the run in `results` with that baseline. Nothing, and why not, when there is none.
struct BaselineComparison {
  std::optional<record::Comparison> comparison;
  std::string why_not;
};
Result<BaselineComparison> compare_with_baseline(const std::filesystem::path& root,
                                                 const std::filesystem::path& results,
                                                 const record::SuiteRecord& suite);

}  // namespace dyno::compare
