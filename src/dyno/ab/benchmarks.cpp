#include "dyno/ab/benchmarks.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/core/files.h"
#include "dyno/harness/child_process.h"

namespace dyno::ab {

namespace fs = std::filesystem;
using compare::Process;
using harness::ChildProcess;

namespace {

constexpr Duration stop_poll = std::chrono::milliseconds{100};
constexpr std::string_view separator = ": ";

bool is_program(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code) && ::access(path.c_str(), X_OK) == 0;
}

// Google Benchmark's words, whatever its main() makes of them.
bool matched_nothing(const fs::path& log) {
  const auto text = read_file(log);
  return text && text->find("Failed to match any benchmarks") != std::string::npos;
}

std::string last_line(const fs::path& log) {
  const auto read = read_file(log);
  std::string text = read ? *read : "";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.find_last_of('\n') + 1);
}

// Google Benchmark's memory manager counts over iterations of its own, at most 16.
bool is_of_memory_manager(const std::string& counter) {
  constexpr std::array names{"allocs_per_iter", "max_bytes_used", "total_allocated_bytes"};
  return std::find(names.begin(), names.end(), counter) != names.end();
}

// Besides the times only what is counted can be compared, exactly; bytes too, over the same
// iterations.
void leave_times_and_counts(Process& process) {
  constexpr std::uint64_t most_iterations = 16;
  std::erase_if(process.figures, [](const auto& item) {
    const auto& [key, measured] = item;
    return key.second != "real_time" && !measured.counted && !is_of_memory_manager(key.second);
  });
  for (auto& [key, measured] : process.figures) {
    if (!is_of_memory_manager(key.second)) continue;
    measured.counted = true;
    measured.samples = std::min(measured.samples, most_iterations);
  }
}

class Runner {
 public:
  explicit Runner(BenchmarkSides sides) : sides_(std::move(sides)) {}

  Result<Process> run(Which which, const std::vector<std::string>& only) {
    const auto& programs = which == Which::base ? sides_.base : sides_.head;
    const bool several = std::max(sides_.base.size(), sides_.head.size()) > 1;
    Process all;
    for (const auto& program : programs) {
      const auto prefix = program_prefix(program, several);
      const auto names = names_of(prefix, only);
      if (!only.empty() && names.empty()) continue;
      auto process = run_program(program, names);
      if (!process) return process.error();
      if (process->figures.empty()) continue;
      all.machine = process->machine;
      for (auto& [key, measured] : process->figures) {
        all.figures[{prefix + key.first, key.second}] = std::move(measured);
      }
    }
    if (all.figures.empty() && only.empty()) {
      return Error{
          "no benchmark matches: give another --benchmark_filter; --benchmark_list_tests "
          "lists what a program has"};
    }
    return all;
  }

 private:
  static std::vector<std::string> names_of(const std::string& prefix,
                                           const std::vector<std::string>& only) {
    std::vector<std::string> names;
    for (const auto& name : only) {
      if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
    }
    return names;
  }

  Result<Process> run_program(const fs::path& program, const std::vector<std::string>& names) {
    const auto out = sides_.folder / "benchmarks.json";
    const auto log = sides_.folder / "benchmarks.log";
    std::error_code ignored;
    fs::remove(out, ignored);
    fs::remove(log, ignored);
    harness::ChildCommand command;
    command.argv = {program.string(), "--benchmark_out=" + out.string(),
                    "--benchmark_out_format=json", "--benchmark_repetitions=1"};
    command.argv.insert(command.argv.end(), sides_.arguments.begin(), sides_.arguments.end());
    if (!names.empty()) command.argv.push_back("--benchmark_filter=" + filter_of(names));
    command.log_file = log;
    command.cores = sides_.cores;
    auto child = ChildProcess::start(command);
    if (!child) return child.error();
    auto end = (*child)->wait(stop_poll);
    while (!end) {
      if (sides_.stopped && sides_.stopped()) {
        (*child)->signal(SIGKILL);
        return Error{"stopped while a process ran"};
      }
      end = (*child)->wait(stop_poll);
    }
    // What it says about its benchmarks in the file counts, whatever status it then ends with.
    const auto text = read_file(out);
    if (end->signal != 0 || (!text && end->code != 0)) {
      return Error{fmt::format("{} {}: {}", program.string(), to_string(*end), last_line(log))};
    }
    if (!text) {
      return Error{
          fmt::format("{} wrote no benchmark results ({}): is it a Google Benchmark binary?",
                      program.string(), last_line(log))};
    }
    // Of several programs a filter may mean some.
    if (text->empty() && matched_nothing(log)) return Process{};
    auto process = compare::read_benchmarks(*text, program.string(), {.counters = true});
    if (process) leave_times_and_counts(*process);
    return process;
  }

  BenchmarkSides sides_;
};

}  // namespace

Result<std::vector<fs::path>> programs_at(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) {
    return Error{fmt::format("{} is not there; give a benchmark binary or a build directory",
                             path.string())};
  }
  if (!fs::is_directory(path, code)) {
    if (is_program(path)) return std::vector<fs::path>{fs::absolute(path)};
    return Error{fmt::format("{} cannot be executed", path.string())};
  }
  std::vector<fs::path> programs;
  for (const auto& folder : {path / "bin", path}) {
    for (fs::directory_iterator it(folder, code), end; it != end; it.increment(code)) {
      const bool named = it->path().filename().string().ends_with("_bench");
      if (named && is_program(it->path())) programs.push_back(fs::absolute(it->path()));
    }
    if (!programs.empty()) break;
  }
  if (programs.empty()) {
    return Error{
        fmt::format("{} holds no executable *_bench, nor does its bin/; build the "
                    "benchmarks first",
                    path.string())};
  }
  std::sort(programs.begin(), programs.end());
  return programs;
}

std::string program_prefix(const fs::path& program, bool several) {
  return several ? program.filename().string() + std::string(separator) : "";
}

Measure measure_benchmarks(BenchmarkSides sides) {
  auto runner = std::make_shared<Runner>(std::move(sides));
  return [runner](Which which, const std::vector<std::string>& only) {
    return runner->run(which, only);
  };
}

std::string filter_of(const std::vector<std::string>& names) {
  std::string filter = "^(";
  for (const auto& name : names) {
    if (filter.size() > 2) filter += '|';
    for (const char c : name) {
      if (std::string_view(R"(\^$.|?*+()[]{})").find(c) != std::string_view::npos) filter += '\\';
      filter += c;
    }
  }
  return filter + ")$";
}

}  // namespace dyno::ab
