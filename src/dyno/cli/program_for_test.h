// What the tests of the dyno program share: a folder of their own, the program started in it, and
// a service to aim it at.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/harness/program_run.h"
#include "dyno/http/raw_server.h"
#include "dyno/record/record_file.h"

namespace dyno::cli {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using harness::ProgramRun;

class DynoProgram : public testing::Test {
 protected:
  DynoProgram() {
    auto pattern = (fs::temp_directory_path() / "dyno_cli_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~DynoProgram() override { fs::remove_all(folder_); }

  ProgramRun start(std::vector<std::string> arguments, int file_blocks = 0) const {
    arguments.emplace(arguments.begin(), DYNO_PROGRAM);
    return ProgramRun({std::move(arguments), {}, folder_, file_blocks});
  }

  // The one line that a refusal consists of; nothing is said on stdout.
  std::string refusal(const std::vector<std::string>& arguments) const {
    auto program = start(arguments);
    EXPECT_EQ(program.wait(), 2) << arguments.front();
    EXPECT_THAT(program.out(), testing::IsEmpty());
    auto line = program.err();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    EXPECT_THAT(line, testing::StartsWith("error: "));
    return line;
  }

  // Writes a file into the folder; its path.
  std::string file(const std::string& name, const std::string& content) const {
    EXPECT_TRUE(write_file(folder_ / name, content).ok());
    return (folder_ / name).string();
  }

  record::RunRecord record(const std::string& name) const {
    auto read = record::read_record(folder_ / name);
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    return read ? std::move(*read) : record::RunRecord{};
  }

  fs::path folder_;
};

enum class Mood { well, failing, resetting, hanging };

// Answers at once, and after a change of mood answers 500, resets connections, or says nothing.
struct MoodyService {
  std::atomic<Mood> mood{Mood::well};
  std::atomic<int> hanging{0};  // requests that it has left without an answer
  http::RawServer server{[this](http::RawConnection& connection) {
    while (!connection.read_request().empty()) {
      switch (mood.load()) {
        case Mood::well:
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
          break;
        case Mood::failing:
          connection.write("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
          break;
        case Mood::resetting:
          return connection.reset();
        case Mood::hanging:
          ++hanging;
          return connection.wait_for_close();
      }
    }
  }};
};

inline std::uint64_t count(const record::RunRecord& run, std::string_view outcome) {
  std::uint64_t sum = 0;
  for (const auto& cell : run.cells) {
    if (metrics::to_string(cell.outcome) == outcome) sum += cell.count;
  }
  return sum;
}

}  // namespace dyno::cli
