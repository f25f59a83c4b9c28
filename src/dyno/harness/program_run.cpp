#include "dyno/harness/program_run.h"

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/core/files.h"
#include "dyno/record/record_file.h"

namespace dyno::harness {

namespace {

constexpr Duration poll_interval = std::chrono::milliseconds{10};

std::string content(const std::filesystem::path& path) {
  const auto text = read_file(path);
  return text ? *text : "";
}

std::uint64_t answers_in_steady_state(const record::RunRecord& run) {
  std::uint64_t sum = 0;
  for (const auto& cell : run.cells) {
    if (run.windows.at(cell.window).kind != record::WindowKind::steady) continue;
    if (cell.outcome.ok()) sum += cell.count;
  }
  return sum;
}

}  // namespace

ProgramRun::ProgramRun(const ProgramCommand& command) {
  static std::atomic<int> count{0};
  const auto name = fmt::format("{}.{}", ::getpid(), count++);
  out_ = command.directory / ("out." + name);
  err_ = command.directory / ("err." + name);
  // The shell becomes the program, so that its process id and its end are the program's. A limit
  // of zero blocks would stop the outputs too, hence "unlimited".
  const auto script =
      fmt::format("exec >{} 2>{}; ulimit -f {}; exec \"$0\" \"$@\"", out_.string(), err_.string(),
                  command.file_blocks > 0 ? std::to_string(command.file_blocks) : "unlimited");
  ChildCommand child;
  child.argv = {"/bin/sh", "-c", script};
  child.argv.insert(child.argv.end(), command.argv.begin(), command.argv.end());
  child.environment = command.environment;
  child.directory = command.directory;
  auto started = ChildProcess::start(child);
  if (!started) throw std::runtime_error(started.error().message);
  child_ = std::move(*started);
}

void ProgramRun::signal(int number) { child_->signal(number); }

bool ProgramRun::running() const { return child_->alive(); }

int ProgramRun::wait(Duration patience) {
  const auto end = child_->wait(patience);
  if (!end) {
    child_->signal(SIGKILL);
    return -1;
  }
  return end->signal > 0 ? 128 + end->signal : end->code;
}

std::string ProgramRun::out() const { return content(out_); }
std::string ProgramRun::err() const { return content(err_); }

bool ProgramRun::says(const std::string& text, Duration patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const bool over = !running() || std::chrono::steady_clock::now() > deadline;
    if (out().find(text) != std::string::npos || err().find(text) != std::string::npos) return true;
    if (over) return false;
    std::this_thread::sleep_for(poll_interval);  // waits: for another process's output
  }
}

bool in_mid_run(const ProgramRun& program, const std::filesystem::path& folder) {
  while (program.running()) {
    const auto so_far = record::read_record(folder);
    if (so_far && answers_in_steady_state(*so_far) > 0) return true;
    std::this_thread::sleep_for(poll_interval);  // waits: for the program to write its journal
  }
  return false;
}

}  // namespace dyno::harness
