#include "dyno/record/record_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/record/journal.h"
#include "dyno/record/json_fields.h"
#include "dyno/record/run_record_json.h"

namespace dyno::record {

namespace {

Result<RunRecord> read_folder(const std::filesystem::path& folder) {
  std::error_code unknown;  // then opening it says why
  const bool recorded = std::filesystem::exists(folder / record_file, unknown);
  if (std::filesystem::exists(folder / journal_file, unknown)) {
    auto journal = read_journal(folder / journal_file);
    if (!recorded || !journal) return journal;
    auto record = read_record(folder / record_file);
    if (record && record->id == journal->id) return record;
    journal->notes.push_back(
        fmt::format("{} beside the journal is of an earlier run", record_file));
    return journal;
  }
  if (recorded) return read_record(folder / record_file);
  return Error{fmt::format("{}: holds neither {} nor {}; name the folder of a run", folder.string(),
                           record_file, journal_file)};
}

}  // namespace

Result<RunRecord> read_record(const std::filesystem::path& path) {
  std::error_code unknown;  // then opening it says why
  if (std::filesystem::is_directory(path, unknown)) return read_folder(path);
  if (path.extension() == ".jsonl") return read_journal(path);
  const auto json = read_json(path);
  if (!json) return json.error();
  return run_record_from_json(*json, path.string());
}

std::vector<std::filesystem::path> records_below(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::vector<fs::path> found;
  std::error_code code;
  for (fs::recursive_directory_iterator it(folder, code), end; it != end; it.increment(code)) {
    if (it->path().filename() == record_file) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<void> write_record(const RunRecord& record, const std::filesystem::path& path) {
  return write_file(path, to_text(to_json(record)));
}

}  // namespace dyno::record
