// Records on the disk.
#pragma once

#include <filesystem>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

inline constexpr const char* record_file = "record.json";

// Reads the record of one run: a record.json, a journal (*.jsonl), or the folder of a run. A
// journal in the folder comes before a record.json of another run: it goes when its record is
// written, so it is of a later run that did not get so far. One clear line on failure.
Result<RunRecord> read_record(const std::filesystem::path& path);

// Every record.json below the folder, in the order of their paths: of the cases of a suite, which
// may keep several each, in folders of their own. None where the folder cannot be read.
std::vector<std::filesystem::path> records_below(const std::filesystem::path& folder);

// Writes `path` whole or not at all; an earlier file of that name survives a failure.
Result<void> write_record(const RunRecord& record, const std::filesystem::path& path);

}  // namespace dyno::record
