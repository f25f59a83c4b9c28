#include "dyno/ab/instructions.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/ab/benchmarks.h"
#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/harness/child_process.h"

namespace dyno::ab {

namespace fs = std::filesystem;

namespace {

constexpr Duration count_poll = std::chrono::milliseconds{100};
// callgrind's file holds one line "summary: N", or "totals: N".
std::optional<double> total_of(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    for (const std::string_view key : {"summary: ", "totals: "}) {
      if (line.starts_with(key)) return parse_number(line.substr(key.size()));
    }
  }
  return {};
}

Result<double> count_once(const InstructionCount& what, const fs::path& valgrind,
                          const std::string& name) {
  const auto out = what.folder / "callgrind.out";
  const auto log = what.folder / "callgrind.log";
  std::error_code ignored;
  fs::remove(out, ignored);
  fs::remove(log, ignored);
  harness::ChildCommand command;
  command.argv = {valgrind.string(), "--tool=callgrind", "--callgrind-out-file=" + out.string(),
                  "--collect-atstart=no"};
  command.argv.push_back(what.program.string());
  command.argv.insert(command.argv.end(), what.arguments.begin(), what.arguments.end());
  for (const auto* argument : {"--benchmark_repetitions=1", "--benchmark_min_time=0.000000001"}) {
    command.argv.emplace_back(argument);
  }
  command.argv.push_back("--benchmark_filter=" + filter_of({name}));
  command.log_file = log;
  auto child = harness::ChildProcess::start(command);
  if (!child) return child.error();
  auto end = (*child)->wait(count_poll);
  while (!end) {
    if (what.stopped && what.stopped()) {
      (*child)->signal(SIGKILL);
      return Error{"stopped while instructions were counted"};
    }
    end = (*child)->wait(count_poll);
  }
  const auto text = read_file(out);
  const auto total = text ? total_of(*text) : std::nullopt;
  if (total && *total > 0) return *total;
  return Error{
      fmt::format("callgrind counted no instructions of {} in {} ({}): its main function "
                  "must be dyno's, built where valgrind is installed; see {}",
                  name, what.program.string(), to_string(*end), log.string())};
}

// The benchmarks of a program among those that both sides have.
std::vector<std::string> names_of(const record::Comparison& comparison, const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& figure : comparison.figures) {
    const bool both = figure.change != record::Change::missing &&
                      figure.change != record::Change::added &&
                      figure.change != record::Change::errored;
    if (figure.figure != "real_time" || !both || !figure.subject.starts_with(prefix)) continue;
    names.push_back(figure.subject.substr(prefix.size()));
  }
  return names;
}

record::ComparedFigure compared(const std::string& subject, double base, double head,
                                double margin) {
  record::ComparedFigure figure;
  figure.subject = subject;
  figure.figure = "instructions";
  figure.base = base;
  figure.head = head;
  figure.ratio = head / base;
  figure.change = head > base * (1 + margin)   ? record::Change::regressed
                  : base > head * (1 + margin) ? record::Change::improved
                                               : record::Change::equivalent;
  figure.message =
      fmt::format("{} instructions {}: {:.0f} before, {:.0f} now ({:+.2f} %), counted", subject,
                  to_string(figure.change), base, head, (head / base - 1) * 100);
  return figure;
}

}  // namespace

std::optional<fs::path> find_valgrind() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto candidate = fs::path(folder) / "valgrind";
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

Result<std::map<std::string, double>> count_instructions(const InstructionCount& what) {
  const auto valgrind = find_valgrind();
  if (!valgrind) return Error{"valgrind is not installed: instructions are not counted"};
  std::map<std::string, double> counts;
  for (const auto& name : what.names) {
    const auto first = count_once(what, *valgrind, name);
    if (!first) return first.error();
    const auto second = count_once(what, *valgrind, name);
    if (!second) return second.error();
    if (*first == *second) counts[name] = *first;
  }
  return counts;
}

void compare_instructions(record::Comparison& comparison, const BenchmarkSides& sides,
                          double margin) {
  const bool several = std::max(sides.base.size(), sides.head.size()) > 1;
  std::size_t counted_both = 0;
  std::size_t asked = 0;
  std::vector<record::ComparedFigure> changed;
  for (const auto& base : sides.base) {
    const auto head = std::find_if(sides.head.begin(), sides.head.end(), [&](const fs::path& path) {
      return !several || path.filename() == base.filename();
    });
    if (head == sides.head.end()) continue;
    const auto prefix = program_prefix(base, several);
    const auto names = names_of(comparison, prefix);
    asked += names.size();
    const auto before =
        count_instructions({base, names, sides.arguments, sides.folder, sides.stopped});
    const auto now =
        before ? count_instructions({*head, names, sides.arguments, sides.folder, sides.stopped})
               : before;
    if (!now) {
      comparison.notes.push_back(now.error().message);
      return;
    }
    for (const auto& [name, count] : *before) {
      const auto other = now->find(name);
      if (other == now->end()) continue;
      ++counted_both;
      auto figure = compared(prefix + name, count, other->second, margin);
      if (figure.change != record::Change::equivalent) changed.push_back(std::move(figure));
    }
  }
  comparison.figures.insert(comparison.figures.end(), changed.begin(), changed.end());
  comparison.notes.push_back(fmt::format(
      "instructions were counted of {} of {}, the others vary; {} by more than {:g} %",
      counted_both, counted(asked, "benchmark"),
      changed.empty() ? "none differs" : fmt::format("{} changed", changed.size()), margin * 100));
}

}  // namespace dyno::ab
