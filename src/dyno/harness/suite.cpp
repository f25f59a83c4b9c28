#include "dyno/harness/suite.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/clock.h"
#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/core/text.h"
#include "dyno/harness/benchmark_families.h"
#include "dyno/harness/case_outcome.h"
#include "dyno/record/journal.h"
#include "dyno/record/record_file.h"
#include "dyno/targets/benchmark_judge.h"
#include "dyno/targets/targets.h"

namespace dyno::harness {

namespace {

namespace fs = std::filesystem;
using record::CaseRecord;
using record::SuiteRecord;

using Labels = std::vector<std::string>;

// A case that was to run, as ctest tells it. Those that need a fixture do not run unless the case
// that sets it up has passed.
struct Expected {
  Labels labels;
  Labels sets_up;
  Labels needs;
};

Labels property_of(const nlohmann::json& test, std::string_view name) {
  for (const auto& property : test.value("properties", nlohmann::json::array())) {
    if (property.value("name", "") == name) return property.at("value").get<Labels>();
  }
  return {};
}

Result<std::map<std::string, Expected>> expected_cases(const fs::path& path) {
  std::map<std::string, Expected> expected;
  if (!fs::exists(path)) return expected;
  const auto json = read_json(path);
  if (!json) return json.error();
  try {
    for (const auto& test : json->at("tests")) {
      expected[test.at("name")] = {property_of(test, "LABELS"), property_of(test, "FIXTURES_SETUP"),
                                   property_of(test, "FIXTURES_REQUIRED")};
    }
  } catch (const nlohmann::json::exception& error) {
    return Error{fmt::format("{} is not what ctest --show-only=json-v1 writes: {}", path.string(),
                             error.what())};
  }
  return expected;
}

std::vector<fs::path> case_folders(const fs::path& cases) {
  std::vector<fs::path> folders;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(cases, none)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

// The folders of a case that hold a record or a journal: its own, and those of its labels.
std::vector<fs::path> record_folders(const fs::path& folder) {
  std::vector<fs::path> found;
  const auto take = [&](const fs::path& candidate) {
    if (fs::exists(candidate / record::record_file) ||
        fs::exists(candidate / record::journal_file)) {
      found.push_back(candidate);
    }
  };
  take(folder);
  for (const auto& below : case_folders(folder)) take(below);
  return found;
}

CaseRecord unreadable(const std::string& name, const std::string& why) {
  CaseRecord entry;
  entry.name = name;
  entry.exit = ExitStatus::invalid;
  entry.message = why;
  return entry;
}

// The first line that says something: GoogleTest puts "Failed" before the words of FAIL(), and its
// messages go on with source lines.
std::string first_line(std::string text) {
  if (constexpr std::string_view bare = "Failed\n"; text.starts_with(bare))
    text.erase(0, bare.size());
  return text.substr(0, text.find('\n'));
}

// The suite lasts from the start of its first run to the end of its last.
void extend(SuiteRecord& suite, const record::RunRecord& run) {
  const auto end = run.started + std::chrono::duration_cast<std::chrono::microseconds>(run.length);
  const bool first = suite.started == UtcTime{};
  const auto ended =
      first
          ? end
          : std::max(end, suite.started +
                              std::chrono::duration_cast<std::chrono::microseconds>(suite.length));
  suite.started = first ? run.started : std::min(suite.started, run.started);
  suite.length = ended - suite.started;
}

// A run without targets of its own (the case asserts something about several runs) passes with its
// case; a partial one never does.
CaseRecord entry_of(const fs::path& root, const fs::path& folder, const std::string& name,
                    SuiteRecord& suite) {
  const auto run = record::read_record(folder);
  if (!run) return unreadable(name, run.error().message);
  extend(suite, *run);
  auto entry = record::summarise(*run, {}, fs::relative(folder, root).string());
  entry.name = name;
  if (run->completion == record::Completion::partial) {
    entry.exit = worst(entry.exit, ExitStatus::invalid);
    entry.message =
        "the case was killed or could not write its record; this is what its journal held";
  } else if (run->verdicts.empty()) {
    entry.exit = run->validity.valid ? ExitStatus::pass : ExitStatus::invalid;
  }
  return entry;
}

// Entries for all that the case in this folder left.
void add_entries(const fs::path& root, const fs::path& folder, SuiteRecord& suite) {
  const auto name = folder.filename().string();
  const auto outcome = read_case_outcome(folder / case_outcome_file);
  auto first = suite.cases.size();
  for (const auto& records : record_folders(folder)) {
    const auto label = records == folder ? name : name + "/" + records.filename().string();
    suite.cases.push_back(entry_of(root, records, label, suite));
  }
  if (!outcome) {
    if (first == suite.cases.size())
      suite.cases.push_back(unreadable(name, outcome.error().message));
    return;
  }
  if (outcome->skipped) {
    suite.notes.push_back(fmt::format("{} was skipped: {}", name,
                                      outcome->messages.empty() ? "" : outcome->messages.front()));
    return;
  }
  if (first == suite.cases.size()) {
    suite.cases.push_back({});
    suite.cases.back().name = name;
  }
  // What GoogleTest found beyond the verdicts goes with the case's first entry.
  auto& entry = suite.cases[first];
  const bool shown =
      std::any_of(suite.cases.begin() + static_cast<std::ptrdiff_t>(first), suite.cases.end(),
                  [](const CaseRecord& one) { return one.exit != ExitStatus::pass; });
  if (outcome->exit == ExitStatus::pass || shown) return;
  entry.exit = outcome->exit;
  if (!outcome->messages.empty()) entry.message = first_line(outcome->messages.front());
}

// The first reason of those why its runs cannot be believed.
std::string why_spoilt(const fs::path& folder) {
  for (const auto& records : record_folders(folder)) {
    const auto run = record::read_record(records);
    if (run && !run->validity.reasons.empty()) return run->validity.reasons.front();
  }
  return "its record cannot be read";
}

void add_notes_of_repeats(const fs::path& root, SuiteRecord& suite) {
  for (const auto& folder : case_folders(root / "set_aside")) {
    suite.notes.push_back(fmt::format(
        "{} was measured again, as its first run could not be believed: {} (kept in {})",
        folder.filename().string(), why_spoilt(folder), fs::relative(folder, root).string()));
  }
}

void add_case(const SuiteSources& sources, const fs::path& folder, const Labels& labels,
              SuiteRecord& suite) {
  const auto first = suite.cases.size();
  add_entries(sources.folder, folder, suite);
  for (auto i = first; i < suite.cases.size(); ++i) suite.cases[i].labels = labels;
}

// Why cases are missing that would have come after a smoke case.
void add_notes_of_fixtures(const std::map<std::string, Expected>& expected, SuiteRecord& suite) {
  for (const auto& entry : suite.cases) {
    const auto known = expected.find(entry.name);
    if (known == expected.end() || entry.exit == ExitStatus::pass) continue;
    for (const auto& fixture : known->second.sets_up) {
      const auto kept_back =
          std::ranges::count_if(suite.missing_cases, [&](const std::string& missing) {
            return std::ranges::count(expected.at(missing).needs, fixture) > 0;
          });
      if (kept_back == 0) continue;
      suite.notes.push_back(
          fmt::format("{} did not pass, so no load was put on its service: {} did not run",
                      entry.name, counted(static_cast<std::size_t>(kept_back), "case")));
    }
  }
}

using Json = nlohmann::json;

// What has gone wrong with the benchmarks of one file, in one line; empty when all ran. The names
// in its context are those that the program must provide (benchmark_main.h).
std::string what_failed(const Json& source) {
  std::set<std::string> ran;
  for (const auto& benchmark : source.value("benchmarks", Json::array())) {
    const auto name = benchmark.value("name", std::string("a benchmark"));
    if (benchmark.value("error_occurred", false)) {
      return fmt::format("{} failed: {}", name,
                         benchmark.value("error_message", "no reason given"));
    }
    ran.insert(name.substr(0, name.find('/')));
  }
  std::istringstream names(
      source.value("context", Json::object()).value(families_member, std::string{}));
  std::string name;
  if (names.str().empty()) return "its file does not name the benchmarks that it should hold";
  while (std::getline(names, name, ',')) {
    if (!ran.contains(name)) return fmt::format("{} should have run, and did not", name);
  }
  return "";
}

CaseRecord benchmarks_entry(const SuiteSources& sources, const fs::path& file) {
  const auto system = file.stem().string();
  const auto name = "benchmarks/" + system;
  const auto json = read_json(file);
  if (!json) {
    return unreadable(
        name, sources.interrupted ? "interrupted before they had ended" : json.error().message);
  }
  const auto set = targets::load_target_set(system + "/benchmarks", sources.targets);
  if (!set) return unreadable(name, set.error().message);
  CaseRecord entry;
  entry.name = name;
  entry.labels = {"benchmark", system};
  try {
    entry.verdicts = targets::judge_benchmarks(*json, *set);
    entry.exit = record::exit_status(entry.verdicts);
    entry.message = what_failed(*json);
  } catch (const Json::exception&) {
    return unreadable(name, fmt::format("{} is not Google Benchmark's JSON", file.string()));
  }
  if (!entry.message.empty()) entry.exit = worst(entry.exit, ExitStatus::invalid);
  return entry;
}

}  // namespace

Result<SuiteRecord> gather_suite(const SuiteSources& sources) {
  SuiteRecord suite;
  suite.id = sources.folder.filename().string();
  suite.name = sources.form;
  suite.form = sources.form;
  suite.environment = current_environment();
  auto expected = expected_cases(sources.folder / "expected_cases.json");
  if (!expected) return expected.error();
  std::set<std::string> ran;
  for (const auto& folder : case_folders(sources.folder / "cases")) {
    const auto name = folder.filename().string();
    const auto known = expected->find(name);
    add_case(sources, folder, known == expected->end() ? Labels{} : known->second.labels, suite);
    ran.insert(name);
  }
  add_notes_of_repeats(sources.folder, suite);
  for (const auto& [name, _] : *expected) {
    if (!ran.contains(name)) suite.missing_cases.push_back(name);
  }
  add_notes_of_fixtures(*expected, suite);
  if (suite.cases.empty() && suite.notes.empty()) {
    return Error{fmt::format("{} holds no case: nothing was measured; see {}/cases.log",
                             (sources.folder / "cases").string(), sources.folder.string())};
  }
  for (const auto& file : sources.benchmarks) {
    suite.benchmarks = file.parent_path().filename().string();
    suite.cases.push_back(benchmarks_entry(sources, file));
  }
  suite.exit = record::exit_status(suite);
  if (sources.interrupted) {
    suite.notes.push_back("interrupted: what is missing was not reached");
    suite.exit = worst(suite.exit, ExitStatus::invalid);
  }
  return suite;
}

}  // namespace dyno::harness
