// The store of baselines: <root>/<fingerprint>/<name>/ holds what was measured on that machine with
// that build: a suite run as its results folder does (record.json, cases/, benchmarks/), its form
// being its name, or files of single processes; and baseline.json, which says what it is. Reading
// it never fails a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/record/suite_record.h"

namespace dyno::compare {

// Keeps the run in `results` as the baseline of its machine and form, in place of an older one.
// Refused with the reason when the run is not complete, valid and passed: such a run never becomes
// a baseline. An older baseline survives a failure. Returns where it is.
Result<std::filesystem::path> save_baseline(const std::filesystem::path& root,
                                            const std::filesystem::path& results,
                                            const record::SuiteRecord& suite);

// Keeps what load_side() finds at `path`, one or more processes, under a name of its own. Refused
// with the reason when a figure is errored, a run is not valid or did not pass, and when the
// processes do not all say that they are of one machine and build.
Result<std::filesystem::path> save_processes(const std::filesystem::path& root,
                                             const std::filesystem::path& path,
                                             const std::string& name);

struct StoredBaseline {
  std::string fingerprint;
  std::string name;
  std::filesystem::path folder;
  std::string saved;   // 2026-11-21T18:00:00.000Z; empty where it does not say
  std::string commit;  // empty where it does not say
  std::size_t processes = 1;
};

// All of them, by fingerprint and name. No folder is no baseline.
std::vector<StoredBaseline> list_baselines(const std::filesystem::path& root);

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
