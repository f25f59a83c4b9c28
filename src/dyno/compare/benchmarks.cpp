#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/compare/counters.h"
#include "dyno/compare/lenient_json.h"
#include "dyno/compare/side.h"
#include "dyno/compare/statistics.h"
#include "dyno/core/json.h"
#include "dyno/core/text.h"

namespace dyno::compare {

using nlohmann::json;

namespace {

constexpr std::uint64_t enough_iterations = 10;

// Others can keep a program from the CPU for so long, once. Google Benchmark takes such a pause in
// few iterations for the end of its time, and tells 30 us where 0.8 us is the truth.
constexpr double longest_stall_ns = 250e6;

// A member of that type; nothing when it is of another, and then a counter of that name.
std::string text_at(const json& row, const char* key, const std::string& otherwise = "") {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

bool flag_at(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_boolean() && found->get<bool>();
}

std::optional<double> number_at(const json& row, const std::string& key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number()) return {};
  return found->get<double>();
}

Result<double> ns_of(const std::string& unit) {
  if (unit == "ns") return 1.0;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return Error{fmt::format("'{}' is no unit of time that is known: ns, us, ms, s", unit)};
}

std::string machine_of(const json& context) {
  const auto ours = text_at(context, "dyno_fingerprint");
  if (!ours.empty()) return ours;
  if (!context.contains("host_name") || !context.contains("num_cpus")) return "";
  return fmt::format("{} with {} CPUs", context["host_name"].dump(), context["num_cpus"].dump());
}

// Members of a row that are no counters.
bool is_member(const std::string& key) {
  constexpr std::array members{"family_index",
                               "per_family_instance_index",
                               "repetitions",
                               "repetition_index",
                               "threads",
                               "iterations",
                               "real_time",
                               "cpu_time",
                               "cpu_coefficient",
                               "real_coefficient",
                               "rms"};
  return std::find(members.begin(), members.end(), key) != members.end();
}

enum class RowKind { repetition, median, mean, other };

// Before 1.5.0 a row did not say what it is, except by the end of its name.
RowKind kind_by_name(const std::string& name, const std::set<std::string>& names) {
  constexpr std::array<std::pair<const char*, RowKind>, 4> ends{{{"_mean", RowKind::mean},
                                                                 {"_median", RowKind::median},
                                                                 {"_stddev", RowKind::other},
                                                                 {"_cv", RowKind::other}}};
  for (const auto& [end, kind] : ends) {
    if (!name.ends_with(end)) continue;
    const auto stem = name.substr(0, name.size() - std::string_view(end).size());
    if (names.contains(stem) ||
        (names.contains(stem + "_mean") && names.contains(stem + "_stddev")))
      return kind;
  }
  return RowKind::repetition;
}

RowKind kind_of(const json& row, const std::set<std::string>& names) {
  if (row.contains("big_o") || row.contains("rms")) return RowKind::other;  // a fit, not a figure
  const auto type = text_at(row, "run_type");
  if (type.empty()) return kind_by_name(text_at(row, "name"), names);
  if (type != "aggregate") return RowKind::repetition;
  const auto aggregate = text_at(row, "aggregate_name");
  return aggregate == "median" ? RowKind::median
         : aggregate == "mean" ? RowKind::mean
                               : RowKind::other;
}

// The name without what an aggregate adds to it.
std::string run_name_of(const json& row, RowKind kind) {
  const auto name = text_at(row, "name");
  const auto run_name = text_at(row, "run_name");
  if (!run_name.empty()) return run_name;
  return kind == RowKind::repetition ? name : name.substr(0, name.rfind('_'));
}

// All values of one figure.
struct Values {
  std::vector<double> raw;
  std::optional<double> median;
  std::optional<double> mean;

  void add(RowKind kind, double value) {
    if (kind == RowKind::repetition) raw.push_back(value);
    if (kind == RowKind::median) median = value;
    if (kind == RowKind::mean) mean = value;
  }
  std::optional<double> middle() const {
    if (!raw.empty()) return compare::median(raw);
    return median ? median : mean;
  }
};

// All rows of one benchmark.
struct Rows {
  Values time;
  std::map<std::string, Values> counters;
  std::map<std::string, std::string> no_numbers;  // counters that are NaN or infinite somewhere
  std::uint64_t iterations = 0;
  std::uint64_t threads = 1;
  std::string error;
  bool skipped = false;
};

void add_counters(Rows& rows, RowKind kind, const json& row) {
  for (const auto& [key, value] : row.items()) {
    if (is_member(key)) continue;
    auto name = key;
    if (name.ends_with(again)) name.resize(name.size() - again.size());
    if (is_member(name)) name = "counter " + name;  // not to be taken for that member
    if (value.is_number()) {
      rows.counters[name].add(kind, value.get<double>());
    } else if (value.is_null() && kind == RowKind::repetition) {
      rows.no_numbers[name] = "its counter is no number (NaN or infinite)";
    }
  }
}

Result<void> add_row(Rows& rows, RowKind kind, const json& row, const Reading& reading) {
  if (kind == RowKind::other) return {};
  if (flag_at(row, "error_occurred")) {
    rows.error = text_at(row, "error_message", "it reported an error");
    return {};
  }
  if (flag_at(row, "skipped")) {
    rows.error = text_at(row, "skip_message", "it skipped itself");
    rows.skipped = true;
    return {};
  }
  const auto scale = ns_of(text_at(row, "time_unit", "ns"));
  if (!scale) return scale.error();
  const auto time = number_at(row, reading.cpu_time ? "cpu_time" : "real_time");
  if (time && *time > 0) {
    rows.time.add(kind, *time * *scale);
  } else if (kind == RowKind::repetition) {
    rows.error = "it has no time";
  }
  if (kind == RowKind::repetition) {
    rows.iterations +=
        static_cast<std::uint64_t>(std::max(0.0, number_at(row, "iterations").value_or(0)));
    rows.threads = static_cast<std::uint64_t>(std::max(1.0, number_at(row, "threads").value_or(1)));
  }
  if (reading.counters) add_counters(rows, kind, row);
  return {};
}

// A pause strikes one repetition of several, so the least of them bounds the truth. A single one
// may have held the pause.
std::pair<double, double> band_of(const std::vector<double>& raw, std::uint64_t iterations) {
  const auto [low, high] = std::minmax_element(raw.begin(), raw.end());
  if (raw.size() > 1) return {*low, *high};
  return {std::max(0.0, *low - longest_stall_ns / static_cast<double>(iterations)), *high};
}

Measured time_of(const Rows& rows) {
  Measured measured;
  measured.unit = "ns";
  measured.samples = rows.iterations;
  measured.condition = counted(rows.threads, "thread");
  measured.error = rows.error;
  measured.skipped = rows.skipped;
  if (!rows.error.empty()) return measured;
  const auto middle = rows.time.middle();
  if (!middle) {
    measured.error = "it has neither repetitions nor a median";
    return measured;
  }
  measured.value = *middle;
  const auto& raw = rows.time.raw;
  if (!raw.empty() && rows.iterations >= enough_iterations) {
    measured.band = band_of(raw, rows.iterations);
  }
  return measured;
}

bool is_named(const std::string& name, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return matches_glob(glob, name); });
}

Measured counter_of(const std::string& name, const Rows& rows, const Reading& reading) {
  auto kind = kind_of_counter(name);
  if (is_named(name, reading.more)) kind.better = Better::more;
  if (is_named(name, reading.less)) kind.better = Better::less;
  Measured measured;
  measured.unit = kind.unit;
  measured.better = kind.better;
  measured.counted = kind.counted;
  measured.samples = rows.iterations;
  measured.condition = counted(rows.threads, "thread");
  const auto found = rows.counters.find(name);
  const auto middle = found == rows.counters.end() ? std::nullopt : found->second.middle();
  if (const auto bad = rows.no_numbers.find(name); bad != rows.no_numbers.end()) {
    measured.error = bad->second;
  } else if (middle) {
    measured.value = *middle * kind.scale;
    const auto& raw = found->second.raw;
    const bool over_iterations = rows.threads == 1 && rows.iterations > raw.size();
    measured.seen = std::max<std::uint64_t>(raw.size(), over_iterations ? 2 : 1);
    measured.varies = std::any_of(raw.begin(), raw.end(), [&](double v) { return v != *middle; });
  }
  return measured;
}

// Benchmarks registered twice under one name differ in these.
using Id = std::tuple<std::string, double, double>;

class Reader {
 public:
  Reader(const json& source, const Reading& reading) : source_(source), reading_(reading) {}

  Result<Process> read() {
    if (source_.contains("context")) describe(source_["context"]);
    for (const auto& row : source_.at("benchmarks")) names_.insert(row.at("name"));
    for (const auto& row : source_.at("benchmarks")) {
      const auto kind = kind_of(row, names_);
      const auto name = run_name_of(row, kind);
      if (auto added = add_row(rows_of(name, row, kind), kind, row, reading_); !added) {
        return Error{fmt::format("benchmark '{}': {}", name, added.error().message)};
      }
    }
    std::map<std::string, int> seen;
    for (const auto& [id, rows] : rows_) {
      const auto& name = std::get<0>(id);
      const int nth = ++seen[name];
      if (nth == 2) {
        process_.notes.push_back(
            {fmt::format("several benchmarks are named '{}': told apart by their order", name)});
      }
      keep(nth == 1 ? name : fmt::format("{} #{}", name, nth), rows);
    }
    return std::move(process_);
  }

 private:
  void describe(const json& context) {
    process_.machine = machine_of(context);
    process_.commit = text_at(context, "dyno_commit");
    data_ = text_at(context, "dyno_data");
    if (flag_at(context, "cpu_scaling_enabled")) {
      process_.notes.push_back({"the CPU's frequency was not fixed while this was measured"});
    }
  }

  // A row of a kind that has no rows of its own must not make a benchmark.
  Rows& rows_of(const std::string& name, const json& row, RowKind kind) {
    if (kind == RowKind::other) return ignored_;
    return rows_[{name, number_at(row, "family_index").value_or(0),
                  number_at(row, "per_family_instance_index").value_or(0)}];
  }

  void keep(const std::string& name, const Rows& rows) {
    put(name, reading_.cpu_time ? "cpu_time" : "real_time", time_of(rows));
    if (!rows.error.empty()) return;
    for (const auto& [counter, _] : rows.counters) {
      put(name, counter, counter_of(counter, rows, reading_));
    }
    for (const auto& [counter, _] : rows.no_numbers) {
      put(name, counter, counter_of(counter, rows, reading_));
    }
  }

  void put(const std::string& name, const std::string& figure, Measured measured) {
    measured.data = data_;
    process_.figures[{name, figure}] = std::move(measured);
  }

  const json& source_;
  const Reading& reading_;
  std::set<std::string> names_;
  std::map<Id, Rows> rows_;
  Rows ignored_;
  std::string data_;
  Process process_;
};

// Google Benchmark writes its file row by row: a process that was killed leaves the beginning.
bool ends_early(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos || text[last] != '}' ||
         std::count(text.begin(), text.end(), '{') > std::count(text.begin(), text.end(), '}');
}

}  // namespace

Result<Process> read_benchmarks(std::string_view text, const std::string& name,
                                const Reading& reading) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Error{
        fmt::format("{}: the file is empty: did the process fail, or its filter select "
                    "nothing? Measure again, or take the file away",
                    name)};
  }
  const auto source = parse_json(with_valid_json(text), name);
  if (!source && ends_early(text)) {
    return Error{
        fmt::format("{}; the file ends early: was the process ended? Measure again, or "
                    "take the file away",
                    source.error().message)};
  }
  if (!source) return source.error();
  try {
    auto process = Reader(*source, reading).read();
    if (!process) return Error{fmt::format("{}: {}", name, process.error().message)};
    process->source = name;
    return process;
  } catch (const json::exception& bad) {
    const std::string what = bad.what();
    return Error{fmt::format("{}: not Google Benchmark's JSON: {}", name,
                             what.substr(std::min(what.size(), what.find("] ") + 2)))};
  }
}

}  // namespace dyno::compare
