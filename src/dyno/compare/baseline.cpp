#include "dyno/compare/baseline.h"

#include <fmt/format.h>

#include "dyno/compare/accepted.h"
#include "dyno/compare/compare.h"
#include "dyno/core/environment.h"

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
    fs::copy_file(results / suite.benchmarks, target / suite.benchmarks);
  }
  const auto cases = results / "cases";
  if (!fs::exists(cases)) return;
  for (const auto& entry : fs::recursive_directory_iterator(cases)) {
    if (entry.path().filename() != "record.json") continue;
    const auto copy = target / entry.path().lexically_relative(results);
    fs::create_directories(copy.parent_path());
    fs::copy_file(entry.path(), copy);
  }
}

void replace_folder(const fs::path& fresh, const fs::path& target) {
  const auto old = fs::path(target.string() + ".old");
  fs::remove_all(old);
  if (fs::exists(target)) fs::rename(target, old);
  fs::rename(fresh, target);
  fs::remove_all(old);
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
  const auto fresh = fs::path(target.string() + ".new");
  try {
    copy_results(results, suite, fresh);
    replace_folder(fresh, target);
  } catch (const fs::filesystem_error& failure) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    return Error{
        fmt::format("cannot keep a baseline in {}: {}", target.string(), failure.code().message())};
  }
  return target;
}

FoundBaseline find_baseline(const fs::path& root, const std::string& fingerprint,
                            const std::string& form) {
  const auto folder = root / fingerprint / form;
  if (fs::exists(folder / "record.json")) return {folder, ""};
  if (fs::exists(root / fingerprint)) {
    return {{},
            fmt::format("no baseline of form '{}' for this machine in {}; save one with "
                        "scripts/perf --save-baseline",
                        form, root.string())};
  }
  const auto others = other_machines(root);
  return {{},
          others == 0 ? fmt::format("no baseline in {}; save one with scripts/perf "
                                    "--save-baseline",
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
