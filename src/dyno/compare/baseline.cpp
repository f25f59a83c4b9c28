#include "dyno/compare/baseline.h"

#include <algorithm>
#include <cctype>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/compare/accepted.h"
#include "dyno/compare/compare.h"
#include "dyno/compare/side.h"
#include "dyno/core/clock.h"
#include "dyno/core/environment.h"
#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/record/record_file.h"

namespace dyno::compare {

namespace fs = std::filesystem;
using record::SuiteRecord;

namespace {

std::string why_unfit(const SuiteRecord& suite) {
  if (suite.exit != ExitStatus::pass || exit_status(suite) != ExitStatus::pass) {
    return "it did not pass";
  }
  for (const auto& item : suite.cases) {
    if (item.completion != record::Completion::complete) return item.name + " did not complete";
    if (!item.validity.valid) return item.name + " is invalid";
  }
  if (suite.comparison && exit_status(*suite.comparison) == ExitStatus::fail) {
    return "it regressed against the baseline there is";
  }
  return "";
}

// Throws std::filesystem::filesystem_error.
void copy_results(const fs::path& results, const SuiteRecord& suite, const fs::path& target) {
  fs::remove_all(target);
  fs::create_directories(target);
  fs::copy_file(results / "record.json", target / "record.json");
  if (!suite.benchmarks.empty()) {
    fs::copy(results / suite.benchmarks, target / suite.benchmarks, fs::copy_options::recursive);
  }
  for (const auto& path : record::records_below(results / "cases")) {
    const auto copy = target / path.lexically_relative(results);
    fs::create_directories(copy.parent_path());
    fs::copy_file(path, copy);
  }
}

Result<void> write_description(const fs::path& folder, const std::string& source,
                               const std::string& commit, std::size_t processes) {
  const nlohmann::json text = {
      {"schema", "dyno.baseline"}, {"schema_version", 1}, {"saved", to_iso8601(utc_now())},
      {"source", source},          {"commit", commit},    {"processes", processes}};
  return write_file(folder / baseline_file,
                    text.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

// What is in the way of keeping a side; the machine it is of otherwise.
Result<std::string> machine_of_fit(const Side& side) {
  const auto refuse = [&](const std::string& why) {
    return Error{fmt::format("{}: not kept as a baseline: {}", side.name, why)};
  };
  const auto& machine = side.processes.front().machine;
  for (const auto& process : side.processes) {
    if (!process.unfit.empty()) return refuse(process.source + ": " + process.unfit);
    if (process.figures.empty()) return refuse(process.source + " holds no figure");
    for (const auto& [key, measured] : process.figures) {
      if (measured.error.empty()) continue;
      return refuse(
          fmt::format("{}: {} {}: {}", process.source, key.first, key.second, measured.error));
    }
    if (process.machine != machine) return refuse("its processes are of different machines");
  }
  const bool known =
      machine.size() == 12 && std::all_of(machine.begin(), machine.end(), [](char c) {
        return std::isxdigit(static_cast<unsigned char>(c)) != 0;
      });
  if (!known) {
    return refuse(
        "it does not say of which machine and build it is; benchmarks with dyno's own main "
        "(dyno_benchmark_main) and records do");
  }
  return machine;
}

// Throws std::filesystem::filesystem_error.
void copy_processes(const fs::path& path, const fs::path& target) {
  fs::remove_all(target);
  fs::create_directories(target);
  if (fs::is_directory(path)) {
    fs::copy(path, target, fs::copy_options::recursive);
  } else {
    fs::copy_file(path, target / path.filename());
  }
}

void replace_folder(const fs::path& fresh, const fs::path& target) {
  const auto old = fs::path(target.string() + ".old");
  fs::remove_all(old);
  if (fs::exists(target)) fs::rename(target, old);
  fs::rename(fresh, target);
  fs::remove_all(old);
}

// Fills a folder beside `target` by `fill`, describes it and puts it in place: whole, or not at all
// and what was there before stays. `fill` may throw std::filesystem::filesystem_error.
template <class Fill>
Result<fs::path> keep(const fs::path& target, const std::string& source, const std::string& commit,
                      std::size_t processes, const Fill& fill) {
  const auto fresh = fs::path(target.string() + ".new");
  try {
    fill(fresh);
    if (auto done = write_description(fresh, source, commit, processes); !done) {
      fs::remove_all(fresh);
      return done.error();
    }
    replace_folder(fresh, target);
  } catch (const fs::filesystem_error& failure) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    return Error{
        fmt::format("cannot keep a baseline in {}: {}", target.string(), failure.code().message())};
  }
  return target;
}

std::size_t other_machines(const fs::path& root) {
  std::size_t count = 0;
  std::error_code code;
  for (fs::directory_iterator it(root, code), end; it != end; it.increment(code)) {
    if (it->is_directory(code)) ++count;
  }
  return count;
}

}  // namespace

Result<fs::path> save_baseline(const fs::path& root, const fs::path& results,
                               const SuiteRecord& suite) {
  if (const auto why = why_unfit(suite); !why.empty()) {
    return Error{fmt::format("{}: not kept as a baseline: {}", results.string(), why)};
  }
  const auto target = root / fingerprint(suite.environment) / suite.form;
  return keep(target, results.string(), suite.environment.commit, 1,
              [&](const fs::path& fresh) { copy_results(results, suite, fresh); });
}

Result<fs::path> save_processes(const fs::path& root, const fs::path& path,
                                const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')) {
    return Error{fmt::format("'{}' is no name for a baseline: it becomes a folder's", name)};
  }
  const auto side = load_side(path);
  if (!side) return side.error();
  const auto machine = machine_of_fit(*side);
  if (!machine) return machine.error();
  const auto target = root / *machine / name;
  return keep(target, path.string(), side->processes.front().commit, side->processes.size(),
              [&](const fs::path& fresh) { copy_processes(path, fresh); });
}

std::vector<StoredBaseline> list_baselines(const fs::path& root) {
  std::vector<StoredBaseline> found;
  std::error_code code;
  for (fs::directory_iterator machine(root, code), end; machine != end; machine.increment(code)) {
    std::error_code inner;
    for (fs::directory_iterator it(machine->path(), inner); it != end; it.increment(inner)) {
      const auto name = it->path().filename().string();
      if (!it->is_directory(inner) || name.ends_with(".new") || name.ends_with(".old")) continue;
      StoredBaseline baseline{machine->path().filename().string(), name, it->path(), {}, {}};
      if (const auto said = read_json(it->path() / baseline_file); said && said->is_object()) {
        const auto text = [&](const char* key) {
          const auto value = said->value(key, nlohmann::json());
          return value.is_string() ? value.get<std::string>() : std::string();
        };
        baseline.saved = text("saved");
        baseline.commit = text("commit");
        const auto processes = said->value("processes", nlohmann::json());
        if (processes.is_number_unsigned()) baseline.processes = processes.get<std::size_t>();
      } else if (const auto suite = record::read_suite_record(it->path()); suite) {
        baseline.saved = to_iso8601(suite->started);
        baseline.commit = suite->environment.commit;
      }
      found.push_back(std::move(baseline));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.fingerprint, a.name) < std::tie(b.fingerprint, b.name);
  });
  return found;
}

FoundBaseline find_baseline(const fs::path& root, const std::string& fingerprint,
                            const std::string& form) {
  const auto folder = root / fingerprint / form;
  if (fs::exists(folder / "record.json") || fs::exists(folder / baseline_file)) {
    return {folder, ""};
  }
  if (fs::exists(root / fingerprint)) {
    return {{},
            fmt::format("no baseline of form '{}' for this machine in {}; save one with "
                        "scripts/perf --save-baseline or dyno baseline save",
                        form, root.string())};
  }
  const auto others = other_machines(root);
  return {{},
          others == 0 ? fmt::format("no baseline in {}; save one with scripts/perf "
                                    "--save-baseline or dyno baseline save",
                                    root.string())
                      : fmt::format("no baseline for this machine and build ({}) in {}, only for "
                                    "{} other: times of different ones are not compared",
                                    fingerprint, root.string(), others)};
}

Result<BaselineComparison> compare_with_baseline(const fs::path& root, const fs::path& results,
                                                 const SuiteRecord& suite) {
  const auto found = find_baseline(root, fingerprint(suite.environment), suite.form);
  if (!found.folder) return BaselineComparison{{}, found.why_not};
  auto comparison = compare_paths(*found.folder, results, Options{});
  if (!comparison) return comparison.error();
  if (const auto read = honour(*comparison, root); !read) return read.error();
  return BaselineComparison{std::move(*comparison), ""};
}

}  // namespace dyno::compare
