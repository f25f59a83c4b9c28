// Records on the disk.
#pragma once

#include <filesystem>

#include "dyno/core/result.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

inline constexpr const char* record_file = "record.json";

// Reads the record of one run: a record.json, a journal (*.jsonl), or the folder of a run, whose
// journal is read where there is no record.json. One clear line on failure.
Result<RunRecord> read_record(const std::filesystem::path& path);

// Writes `path` whole or not at all; an earlier file of that name survives a failure.
Result<void> write_record(const RunRecord& record, const std::filesystem::path& path);

}  // namespace dyno::record
