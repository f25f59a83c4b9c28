// For tests: a program run as from a terminal, with its two outputs apart, so that a test can hold
// it to its exit status and to what it says where.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dyno/harness/child_process.h"

namespace dyno::harness {

struct ProgramCommand {
  std::vector<std::string> argv{};
  std::vector<std::pair<std::string, std::string>> environment{};
  std::filesystem::path directory{};  // where it runs, and where its outputs go
  int file_blocks = 0;  // most blocks of 512 bytes it may write to a file; 0: no limit
};

class ProgramRun {
 public:
  // Throws std::runtime_error when it cannot be started.
  explicit ProgramRun(const ProgramCommand& command);

  void signal(int number);  // to it and what it left in its group, as Ctrl-C does
  bool running() const;

  // Its exit status, 128 + n when signal n ended it. Kills it, and gives -1, when it does not end
  // within the time.
  int wait(Duration patience = std::chrono::minutes{2});

  // What it has said so far.
  std::string out() const;
  std::string err() const;

  // Whether `text` is in what it says on stdout or stderr within the time.
  bool says(const std::string& text, Duration patience = std::chrono::minutes{1}) const;

 private:
  std::filesystem::path out_;
  std::filesystem::path err_;
  std::unique_ptr<ChildProcess> child_;
};

// Returns when the journal of the run in `folder`, which the program is writing, tells of answers
// in its steady window, which is what is judged: it is in mid-run then. False when the program
// ended before that.
bool in_mid_run(const ProgramRun& program, const std::filesystem::path& folder);

}  // namespace dyno::harness
