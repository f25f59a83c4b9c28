#include "dyno/compare/side.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/environment.h"
#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/record/figures.h"
#include "dyno/record/journal.h"
#include "dyno/record/names.h"
#include "dyno/record/record_file.h"
#include "dyno/record/suite_record.h"

namespace dyno::compare {

namespace fs = std::filesystem;
using record::RunRecord;

namespace {

constexpr std::uint64_t enough_samples = 50;
constexpr double scheduling_noise_ns = 1e6;

// What moves times besides the code under test.
std::string condition_of(const RunRecord& record) {
  auto text = fmt::format("{} model, {} users, {}/s, {}, service {}",
                          record::to_string(record.load.model), record.load.users, record.load.rate,
                          record.load.executor, record::to_string(record.service.mode));
  for (const auto* key : {"storage", "cache", "data", "billing"}) {
    if (record.service.details.is_object() && record.service.details.contains(key)) {
      text += fmt::format(", {} {}", key, record.service.details[key].dump());
    }
  }
  return text;
}

// The same of the data alone, as words; empty where the service does not tell.
std::string data_of(const RunRecord& record) {
  const auto& details = record.service.details;
  if (!details.is_object() || !details.contains("data")) return "";
  const auto& data = details["data"];
  if (!data.is_object()) return data.dump();
  std::vector<std::string> parts;
  for (const auto& [key, value] : data.items()) {
    if (value.is_null()) continue;
    parts.push_back(
        fmt::format("{} {}", key, value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string why_unfit(const RunRecord& record) {
  if (record.completion != record::Completion::complete) return "the run ended early";
  if (!record.validity.valid) {
    return fmt::format("the run cannot be believed: {}", fmt::join(record.validity.reasons, "; "));
  }
  return "";
}

// What any figure of a run has before it is measured.
Measured begun(const RunRecord& record, const std::string& run) {
  Measured measured;
  measured.run = run;
  measured.condition = condition_of(record);
  measured.data = data_of(record);
  measured.error = why_unfit(record);
  measured.run_is_unfit = !measured.error.empty();
  return measured;
}

Measured measured_of(const RunRecord& record, const std::string& run, const std::string& endpoint,
                     double percentile) {
  auto measured = begun(record, run);
  measured.unit = "ns";
  measured.least_difference = scheduling_noise_ns;
  if (!measured.error.empty()) return measured;
  record::FigureQuery query;
  query.endpoint = endpoint;
  const auto histogram = record::latency_histogram(record, "response_time", query);
  measured.samples = histogram.count();
  if (histogram.empty()) {
    measured.error = "it has no success in its steady window";
    return measured;
  }
  const auto at = [&](double p) { return static_cast<double>(histogram.percentile(p).count()); };
  measured.value = at(percentile);
  // Where other programs had much of the CPU no single run shows a gross change.
  if (percentile == 50 && histogram.count() >= enough_samples && !record::disturbance(record)) {
    measured.band = {at(25), at(75)};
  }
  return measured;
}

// A rate or a share of one endpoint; nothing where the record does not have it.
void add_share(Process& process, const RunRecord& record, const std::string& run,
               const std::string& subject, const std::string& endpoint, const char* name,
               Better better) {
  record::FigureQuery query;
  query.figure = name;
  query.endpoint = endpoint;
  const auto found = record::figure(record, query);
  if (!found.known()) return;
  auto measured = begun(record, run);
  measured.value = found.value;
  measured.unit = found.unit;
  measured.samples = found.samples;
  measured.better = better;
  process.figures[{subject, name}] = measured;
}

Error unreadable(const fs::path& path) {
  return Error{fmt::format("{}: neither a dyno record nor Google Benchmark's JSON", path.string())};
}

Result<Process> process_of_run(const fs::path& path) {
  const auto record = record::read_record(path);
  if (!record) return record.error();
  Process process;
  process.source = path.string();
  process.machine = fingerprint(record->environment);
  process.commit = record->environment.commit;
  if (!record->verdicts.empty() && record::exit_status(record->verdicts) != ExitStatus::pass) {
    process.unfit = "it did not pass";
  }
  add_run(process, *record, record->name);
  return process;
}

Result<Process> process_of_suite(const fs::path& folder, const Reading& reading) {
  const auto suite = record::read_suite_record(folder);
  if (!suite) return suite.error();
  Process process;
  process.source = folder.string();
  process.machine = fingerprint(suite->environment);
  process.commit = suite->environment.commit;
  if (suite->exit != ExitStatus::pass) process.unfit = "it did not pass";
  for (const auto& path : record::records_below(folder / "cases")) {
    const auto record = record::read_record(path);
    if (!record) return record.error();
    add_run(process, *record, path.parent_path().lexically_relative(folder / "cases").string());
  }
  if (!suite->benchmarks.empty()) {
    auto benchmarks = read_suite_benchmarks(folder / suite->benchmarks, reading);
    if (!benchmarks) return benchmarks.error();
    process.figures.merge(benchmarks->figures);
  }
  return process;
}

// What kind of JSON a file is, from its outermost members; empty when none of ours.
std::string kind_of(std::string_view text) {
  for (const auto* schema : {"dyno.run", "dyno.suite"}) {
    if (text.find(fmt::format("\"{}\"", schema)) != std::string_view::npos) return schema;
  }
  return text.find("\"benchmarks\"") != std::string_view::npos ? "benchmarks" : "";
}

Result<Process> process_of_file(const fs::path& path, const Reading& reading) {
  if (path.extension() == ".jsonl") return process_of_run(path);
  const auto text = read_file(path);
  if (!text) return text.error();
  const auto kind = kind_of(*text);
  if (kind == "dyno.run") return process_of_run(path);
  if (kind == "dyno.suite") return process_of_suite(path.parent_path(), reading);
  if (kind == "benchmarks" || text->empty()) {
    return read_benchmarks(*text, path.string(), reading);
  }
  if (const auto parsed = parse_json(*text, path.string()); !parsed) return parsed.error();
  return unreadable(path);
}

bool is_run_folder(const fs::path& path) {
  return fs::is_directory(path) &&
         (fs::exists(path / record::record_file) || fs::exists(path / record::journal_file));
}

Result<Process> process_of_folder(const fs::path& path, const Reading& reading) {
  return fs::exists(path / record::record_file)
             ? process_of_file(path / record::record_file, reading)
             : process_of_run(path);
}

// A link to a neighbour, as results/runs/latest is, is no process of its own.
std::set<fs::path> entries_of(const fs::path& folder) {
  std::set<fs::path> entries;
  std::set<fs::path> targets;
  for (const bool links : {false, true}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_symlink() != links) continue;
      std::error_code code;
      const auto target = fs::canonical(entry.path(), code);
      if (!code && targets.insert(target).second) entries.insert(entry.path());
    }
  }
  return entries;
}

Result<Side> side_of_many(const fs::path& folder, const Reading& reading) {
  const auto entries = entries_of(folder);
  Side side{folder.string(), {}};
  for (const auto& entry : entries) {
    const bool is_file = fs::is_regular_file(entry) && entry.extension() == ".json" &&
                         entry.filename() != baseline_file;
    if (!is_file && !is_run_folder(entry)) continue;
    auto process = is_file ? process_of_file(entry, reading) : process_of_folder(entry, reading);
    if (!process) return process.error();
    side.processes.push_back(std::move(*process));
  }
  if (side.processes.empty()) {
    return Error{
        fmt::format("{}: holds no record and no benchmark results; give a folder of *.json, one "
                    "file per process",
                    folder.string())};
  }
  return side;
}

}  // namespace

Result<Process> read_suite_benchmarks(const fs::path& path, const Reading& reading) {
  const bool is_folder = fs::is_directory(path);
  std::vector<fs::path> files;
  if (!is_folder) files.push_back(path);
  std::error_code code;
  for (fs::directory_iterator it(path, code), end; is_folder && it != end; it.increment(code)) {
    if (it->path().extension() == ".json") files.push_back(it->path());
  }
  Process process;
  process.source = path.string();
  for (const auto& file : files) {
    const auto text = read_file(file);
    if (!text) return text.error();
    auto benchmarks = read_benchmarks(*text, file.string(), reading);
    if (!benchmarks) return benchmarks.error();
    const auto prefix = is_folder ? file.stem().string() + ": " : "";
    process.machine = benchmarks->machine;
    for (auto& [key, measured] : benchmarks->figures) {
      if (is_folder) measured.run = "benchmarks/" + file.stem().string();
      process.figures[{prefix + key.first, key.second}] = std::move(measured);
    }
  }
  return process;
}

void add_run(Process& process, const RunRecord& record, const std::string& prefix) {
  const auto& run = prefix.empty() ? record.name : prefix;
  if (const auto others = record::disturbance(record)) {
    process.notes.push_back(
        {"other programs had much of the CPU while it was measured: its times are in doubt, and "
         "one such run proves nothing",
         fmt::format("{} ({:.0f} %)", run, *others)});
  }
  for (const auto& endpoint : record.endpoints) {
    const auto name = record::to_string(endpoint);
    const auto subject = prefix.empty() ? name : fmt::format("{}: {}", prefix, name);
    process.figures[{subject, "response_time.p50"}] = measured_of(record, run, name, 50);
    process.figures[{subject, "response_time.p95"}] = measured_of(record, run, name, 95);
    add_share(process, record, run, subject, name, "error_share", Better::less);
    // In the open model the plan sets it.
    if (record.load.model == record::LoadModel::closed) {
      add_share(process, record, run, subject, name, "rate", Better::more);
    }
  }
}

Result<Side> load_side(const fs::path& path, const Reading& reading) {
  if (!fs::exists(path)) {
    return Error{fmt::format("{}: no such file or folder", path.string())};
  }
  if (fs::is_directory(path) && !is_run_folder(path)) return side_of_many(path, reading);
  auto process =
      fs::is_directory(path) ? process_of_folder(path, reading) : process_of_file(path, reading);
  if (!process) return process.error();
  return Side{path.string(), {std::move(*process)}};
}

}  // namespace dyno::compare
