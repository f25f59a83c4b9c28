#include "dyno/record/journal.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/core/text.h"
#include "dyno/record/json_fields.h"
#include "dyno/record/run_record_json.h"

namespace dyno::record {

using nlohmann::json;

namespace {

template <typename T>
void put_all(json& line, const char* key, const std::vector<T>& values) {
  for (const auto& value : values) line[key].push_back(to_json(value));
}

template <typename T, typename Read>
void get_all(const json& line, const char* key, std::vector<T>& values, Read read) {
  const auto found = line.find(key);
  if (found == line.end()) return;
  for (const auto& element : *found) values.push_back(read(element));
}

json to_json(const JournalEntry& entry) {
  json line = {{"at_ns", ns(entry.at)}};
  put_all(line, "endpoints", entry.endpoints);
  for (const auto* cell : entry.cells) line["cells"].push_back(to_json(*cell, CellForm::compact));
  put_all(line, "series", entry.series);
  put_all(line, "service_resources", entry.service_resources);
  put_all(line, "engine_resources", entry.engine_resources);
  put_all(line, "other_resources", entry.other_resources);
  put_all(line, "gauges", entry.gauges);
  for (const auto& note : entry.notes) line["notes"].push_back(note);
  return line;
}

void merge_cell(RunRecord& record, Cell cell) {
  for (auto& known : record.cells) {
    if (known.endpoint == cell.endpoint && known.window == cell.window &&
        known.outcome == cell.outcome) {
      known.merge(cell);
      return;
    }
  }
  record.cells.push_back(std::move(cell));
}

void merge_gauge(RunRecord& record, GaugeSeries gauge) {
  for (auto& known : record.gauges) {
    if (known.name != gauge.name) continue;
    known.points.insert(known.points.end(), gauge.points.begin(), gauge.points.end());
    return;
  }
  record.gauges.push_back(std::move(gauge));
}

// All of a line or nothing of it.
void merge_line(RunRecord& record, const json& line) {
  RunRecord added;
  const Duration at{line.at("at_ns").get<std::int64_t>()};
  get_all(line, "endpoints", added.endpoints, endpoint_from_json);
  get_all(line, "cells", added.cells, cell_from_json);
  get_all(line, "series", added.series, series_point_from_json);
  get_all(line, "service_resources", added.service_resources, resource_sample_from_json);
  get_all(line, "engine_resources", added.engine_resources, resource_sample_from_json);
  get_all(line, "other_resources", added.other_resources, resource_sample_from_json);
  get_all(line, "gauges", added.gauges, gauge_from_json);
  added.notes = line.value("notes", std::vector<std::string>{});
  for (const auto& cell : added.cells) {
    if (cell.window >= record.windows.size() ||
        cell.endpoint >= record.endpoints.size() + added.endpoints.size()) {
      throw BadField("a cell has no such endpoint or window");
    }
  }
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(record.endpoints, added.endpoints);
  for (auto& cell : added.cells) merge_cell(record, std::move(cell));
  append(record.series, added.series);
  append(record.service_resources, added.service_resources);
  append(record.engine_resources, added.engine_resources);
  append(record.other_resources, added.other_resources);
  for (auto& gauge : added.gauges) merge_gauge(record, std::move(gauge));
  append(record.notes, added.notes);
  record.length = std::max(record.length, at);
}

void end_windows_with_the_run(RunRecord& record) {
  for (auto& window : record.windows) {
    window.start = std::min(window.start, record.length);
    window.end = std::min(window.end, record.length);
  }
}

}  // namespace

Journal::~Journal() { close(); }

void Journal::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<void> Journal::open(const std::filesystem::path& path, const RunRecord& header) {
  close();
  path_ = path;
  std::error_code code;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), code);
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    return Error{fmt::format("cannot write the journal {}: {}; the run goes on without one",
                             path.string(), std::strerror(errno))};
  }
  auto first = record::to_json(header);
  for (const auto* left_out : {"cells", "series"}) first[left_out] = json::array();
  return write_line(to_line(first));
}

Result<void> Journal::append(const JournalEntry& entry) {
  if (!is_open()) return {};
  return write_line(to_line(to_json(entry)));
}

Result<void> Journal::write_line(const std::string& line) {
  const auto whole = line + '\n';
  std::string_view rest = whole;
  while (!rest.empty()) {
    const auto written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      close();
      return Error{fmt::format(
          "cannot write the journal {}: {}; the run goes on and keeps its figures in memory",
          path_.string(), std::strerror(reason))};
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<RunRecord> read_journal(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  const auto lines = lines_of(*text);
  if (lines.empty()) return Error{fmt::format("{}: the journal is empty", path.string())};
  const auto header = parse_json(lines.front(), path.string());
  if (!header) return header.error();
  auto record = run_record_from_json(*header, path.string());
  if (!record) return record;
  record->completion = Completion::partial;
  record->length = Duration::zero();
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto line = parse_json(lines[i], path.string());
    const auto merged = guarded<bool>(path.string(), "a journal", [&] {
      if (!line) throw BadField("it is not JSON");
      merge_line(*record, *line);
      return true;
    });
    if (merged) continue;
    record->notes.push_back(
        i + 1 == lines.size()
            ? "the last line of the journal is torn and left out"
            : fmt::format("line {} of the journal is damaged: it and the rest are left out",
                          i + 1));
    break;
  }
  record->notes.emplace_back("read from the journal: the run did not get to its end");
  end_windows_with_the_run(*record);
  return record;
}

}  // namespace dyno::record
