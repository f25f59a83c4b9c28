// The history of one machine and build: a file of JSON lines, one a run, that is only ever added
// to. docs/history.md describes a line. What a line says is what its run measured, unrounded and
// unjudged; every conclusion is drawn when it is read.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dyno/core/environment.h"
#include "dyno/core/exit_status.h"
#include "dyno/core/result.h"

namespace dyno::history {

// One thing that was measured: a benchmark, a case as a whole, or "case: endpoint".
struct Subject {
  std::string name;
  std::string condition;                  // the load and service it was measured under
  std::map<std::string, double> figures;  // by name: "response_time.p95", ns; record/figures.h
};

struct LeftOut {
  std::string name;
  std::string why;
};

struct HistoryRun {
  std::string id;       // of the run's record: unique
  std::string started;  // 2026-11-21T07:43:00Z
  std::string commit;
  std::string form;  // "quick", "standard", "full"
  Environment environment;
  ExitStatus exit = ExitStatus::pass;
  std::vector<Subject> subjects;
  std::vector<LeftOut> left_out;  // cases that were invalid or ended early
};

// What a run measured, from the folder of a suite or run, or the record in it. Cases that are
// invalid or did not complete are left out, with the reason. `commit` replaces that of the record
// unless it is empty. Fails on what cannot be read, and on a run that measured nothing.
Result<HistoryRun> run_from_results(const std::filesystem::path& path, const std::string& commit);

// <root>/<fingerprint>.jsonl
std::filesystem::path history_file(const std::filesystem::path& root,
                                   const std::string& fingerprint);

enum class Added { added, already_there };

// Adds one line and flushes it to the disk. Several processes may add at the same time: each waits
// up to ten seconds for its turn (flock) and then says who has the file. A run that is there
// already is not added again. On failure (a full disk, say) the file is as it was before.
Result<Added> add_run(const std::filesystem::path& root, const HistoryRun& run);

struct History {
  std::filesystem::path file;
  std::vector<HistoryRun> runs;    // in the order of their start
  std::vector<std::string> notes;  // lines that were damaged and are left out
};

// Reads a file. A torn last line is left out and noted, and so is any other line that is none of
// this version. Fails when the file cannot be read or is of a later version.
Result<History> read_history(const std::filesystem::path& file);

// The file to read: that of `fingerprint` where one is given, else that of this machine and build,
// else the only one there is. Fails with what there is instead.
Result<std::filesystem::path> find_history(const std::filesystem::path& root,
                                           const std::string& fingerprint);

}  // namespace dyno::history
