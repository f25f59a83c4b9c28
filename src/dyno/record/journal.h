// The journal of a run: JSON lines beside the record-to-be, so that a run which is killed still
// leaves what it measured. The first line is the record as it is known at the start; each further
// line is what one interval added. Nothing is ever rewritten.
#pragma once

#include <filesystem>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

inline constexpr const char* journal_file = "journal.jsonl";

// What one interval added.
struct JournalEntry {
  Duration at{};                    // offset of the interval's end
  std::vector<Endpoint> endpoints;  // first met in it, in the order of their indices
  std::vector<const Cell*> cells;   // as CellTable::cells() of the interval
  std::vector<SeriesPoint> series;
  std::vector<ResourceSample> service_resources;
  std::vector<ResourceSample> engine_resources;
  std::vector<ResourceSample> other_resources;
  std::vector<GaugeSeries> gauges;  // new points only
  std::vector<std::string> notes;
};

// One thread at a time. A journal that cannot be written never stops a run.
class Journal {
 public:
  Journal() = default;  // writes nothing
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Creates missing folders, replaces an older journal and writes the header: everything of
  // `header` but its cells and series.
  Result<void> open(const std::filesystem::path& path, const RunRecord& header);

  // Adds one line. The first failure (a full disk, say) is an error and ends the journal, keeping
  // what is there; from then on, as without an open one, nothing is written and no error given.
  Result<void> append(const JournalEntry& entry);

  bool is_open() const { return descriptor_ >= 0; }

 private:
  Result<void> write_line(const std::string& line);
  void close();

  std::filesystem::path path_;
  int descriptor_ = -1;
};

// The record of a journal, `partial`: windows end where the journal does. A torn last line is left
// out and noted. Fails when the header cannot be read.
Result<RunRecord> read_journal(const std::filesystem::path& path);

}  // namespace dyno::record
