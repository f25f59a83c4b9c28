// One side of a comparison: what one or more processes measured, each from a file or folder. A
// process is the unit of replication; repetitions inside one only make up its median.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dyno/compare/notes.h"
#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/record/run_record.h"

namespace dyno::compare {

// What a folder in the store of baselines says of itself; no process.
inline constexpr const char* baseline_file = "baseline.json";

enum class Better { less, more, unknown };

// What one process measured of one thing.
struct Measured {
  double value = 0;  // median
  std::string unit;  // "ns"
  // Where the middle of its own values lies, for the rule of gross changes; nothing where unknown.
  std::optional<std::pair<double, double>> band;
  std::uint64_t samples = 0;
  double least_difference = 0;  // smaller ones are never gross: what scheduling alone can do
  std::string condition;        // the load it was measured under; must be the same on both sides
  std::string error;            // why it has no value
  Better better = Better::less;
  bool counted = false;  // allocations, instructions: mostly the same in every run of the same code
  // Of what is counted: how often that was seen (repetitions, or one over several iterations whose
  // mean is a whole number), and whether it was different once.
  std::uint64_t seen = 1;
  bool varies = false;
  bool skipped = false;       // by itself, as its `error` says; no fault where both sides do so
  std::string run{};          // the case or program that it is of; empty where it is of none
  bool run_is_unfit = false;  // `error` is that of the whole run: none of its figures is believed
  // What data it was measured on; what both sides say must be the same. Empty: it does not say.
  std::string data{};
};

// A benchmark or "case: endpoint", and the figure.
using Key = std::pair<std::string, std::string>;

struct Process {
  std::string source;   // file or folder
  std::string machine;  // what must be the same to compare times; empty: it does not say
  std::map<Key, Measured> figures;
  std::string commit{};       // empty where it does not say
  std::string unfit{};        // why it is no baseline; empty: nothing speaks against it
  std::vector<Note> notes{};  // what a reader of its figures should know
};

struct Side {
  std::string name;
  std::vector<Process> processes;
};

// What is taken from Google Benchmark's JSON besides the times.
struct Reading {
  bool counters = false;
  bool cpu_time = false;  // in place of the real time
  // Globs over the names of counters of which more, or less, is better though their names do not
  // say so.
  std::vector<std::string> more{};
  std::vector<std::string> less{};
};

// Google Benchmark's JSON, of any version. Keys are run names; aggregates count only where there
// are no raw repetitions; of several benchmarks of one name the later are "name #2". Bare NaN and
// Infinity, which it may write, are read as nothing, and counters named like members of a row are
// told from these. No benchmark at all is no error: a filter may select none.
Result<Process> read_benchmarks(std::string_view text, const std::string& name,
                                const Reading& reading = {});

// Those of a suite's record: of a file as they are, of a folder those of each FOLDER/NAME.json as
// "NAME: BENCHMARK", since several programs may have benchmarks of one name.
Result<Process> read_suite_benchmarks(const std::filesystem::path& path,
                                      const Reading& reading = {});

// The steady response times of each endpoint of a run, under `prefix`.
void add_run(Process& process, const record::RunRecord& record, const std::string& prefix);

// A file (a run's record, a suite's record, a journal or Google Benchmark's JSON) is one process;
// so is the folder of a run or of a suite; any other folder is one process for each such file or
// folder in it, what a link points to counting once.
Result<Side> load_side(const std::filesystem::path& path, const Reading& reading = {});

}  // namespace dyno::compare
