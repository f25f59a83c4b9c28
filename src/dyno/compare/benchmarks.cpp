#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/compare/side.h"
#include "dyno/compare/statistics.h"
#include "dyno/core/json.h"

namespace dyno::compare {

using nlohmann::json;

namespace {

constexpr std::uint64_t enough_iterations = 10;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Google Benchmark writes what printf makes of such numbers: nan, -nan, inf, NaN, Infinity.
bool is_no_number(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "nan" || lower == "inf" || lower == "infinity";
}

// The same text with null for such words outside of strings.
std::string with_valid_numbers(std::string_view text) {
  std::string result;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\' && i + 1 < text.size()) {
      result += c;
      result += text[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string || !(is_word(c) && (i == 0 || !is_word(text[i - 1])))) {
      result += c;
      continue;
    }
    auto end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    const auto word = text.substr(i, end - i);
    if (is_no_number(word)) {
      if (!result.empty() && result.back() == '-') result.pop_back();
      result += "null";
    } else {
      result += word;
    }
    i = end - 1;
  }
  return result;
}

double ns_of(const std::string& unit) {
  return unit == "us" ? 1e3 : unit == "ms" ? 1e6 : unit == "s" ? 1e9 : 1;
}

std::string machine_of(const json& context) {
  const auto found = context.find("dyno_fingerprint");
  if (found != context.end() && found->is_string()) return found->get<std::string>();
  if (!context.contains("host_name") || !context.contains("num_cpus")) return "";
  return fmt::format("{} with {} CPUs", context["host_name"].dump(), context["num_cpus"].dump());
}

// All rows of one run name.
struct Rows {
  std::vector<double> raw;
  std::optional<double> median;
  std::optional<double> mean;
  std::uint64_t iterations = 0;
  std::string error;
};

void add_row(Rows& rows, const json& row) {
  const auto time = row.find("real_time");
  const bool has_time = time != row.end() && time->is_number();
  const auto value = has_time ? time->get<double>() * ns_of(row.value("time_unit", "ns")) : 0.0;
  if (row.value("run_type", "iteration") == "aggregate") {
    const auto aggregate = row.value("aggregate_name", "");
    if (has_time && aggregate == "median") rows.median = value;
    if (has_time && aggregate == "mean") rows.mean = value;
    return;
  }
  if (row.value("error_occurred", false)) {
    rows.error = row.value("error_message", "it reported an error");
  } else if (!has_time || value <= 0) {
    rows.error = "it has no time";
  } else {
    rows.raw.push_back(value);
    rows.iterations += row.value("iterations", std::uint64_t{0});
  }
}

Measured measured_of(const Rows& rows) {
  Measured measured;
  measured.unit = "ns";
  measured.samples = rows.iterations;
  if (!rows.error.empty()) {
    measured.error = rows.error;
  } else if (!rows.raw.empty()) {
    measured.value = median(rows.raw);
    const auto [low, high] = std::minmax_element(rows.raw.begin(), rows.raw.end());
    if (rows.iterations >= enough_iterations) measured.band = {*low, *high};
  } else if (rows.median || rows.mean) {
    measured.value = rows.median ? *rows.median : *rows.mean;
  } else {
    measured.error = "it has neither repetitions nor a median";
  }
  return measured;
}

// The fitted complexity is no measurement of its own.
bool is_fit(const json& row) {
  const auto aggregate = row.value("aggregate_name", "");
  return aggregate == "BigO" || aggregate == "RMS";
}

Process process_of(const json& source, const std::string& name) {
  Process process;
  process.source = name;
  if (source.contains("context")) process.machine = machine_of(source["context"]);
  std::map<std::string, Rows> rows;
  for (const auto& row : source.at("benchmarks")) {
    if (is_fit(row)) continue;
    const auto run_name = row.value("run_name", row.at("name").get<std::string>());
    add_row(rows[run_name], row);
  }
  for (const auto& [run_name, of_name] : rows) {
    process.figures[{run_name, "real_time"}] = measured_of(of_name);
  }
  return process;
}

}  // namespace

Result<Process> read_benchmarks(std::string_view text, const std::string& name) {
  const auto source = parse_json(with_valid_numbers(text), name);
  if (!source) return source.error();
  try {
    auto process = process_of(*source, name);
    if (process.figures.empty()) return Error{fmt::format("{}: holds no benchmark", name)};
    return process;
  } catch (const json::exception& bad) {
    const std::string what = bad.what();
    return Error{fmt::format("{}: not Google Benchmark's JSON: {}", name,
                             what.substr(std::min(what.size(), what.find("] ") + 2)))};
  }
}

}  // namespace dyno::compare
