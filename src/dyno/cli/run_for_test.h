// A service to aim dyno run at, which keeps what it is asked, and a scenario for it.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "dyno/cli/program_for_test.h"
#include "dyno/core/files.h"

namespace dyno::cli {

// Answers 200 with a body, 500 below /broken, and keeps the requests.
struct Listener {
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex);
    return seen;
  }
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (const auto& request : requests())
      lines.push_back(request.substr(0, request.find(" HTTP")));
    return lines;
  }

  std::mutex mutex;
  std::vector<std::string> seen;
  std::atomic<bool> tells_memory{false};  // at /metrics
  http::RawServer server{[this](http::RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      // What is asked of every service for its name and its figures is no part of the load.
      if (!request.starts_with("GET /health ") && !request.starts_with("GET /metrics ")) {
        const std::lock_guard lock(mutex);
        seen.push_back(request);
      }
      const bool told = tells_memory && request.starts_with("GET /metrics ");
      const std::string body = told ? "process_resident_memory_bytes 5000000\n"
                                    : R"({"id": "t7", "token": "hunter2-answer", "n": 1})";
      const bool broken = request.find(" /broken") != std::string::npos;
      connection.write("HTTP/1.1 " + std::string(broken ? "500 Oh" : "200 OK") +
                       "\r\nSet-Cookie: sid=hunter2-cookie\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }};
};

inline constexpr auto tagged_shop = R"({
  "classes": [
    {"name": "buyer", "weight": 3, "wait": "1ms",
     "tasks": [{"get": "/items", "tags": ["read"]}, {"post": "/orders", "json": {"n": 1},
                "tags": ["write", "slow"]}]},
    {"name": "watcher", "tags": ["read"], "wait": "5ms", "tasks": [{"get": "/"}]}
  ]
})";

class DynoRun : public DynoProgram {
 protected:
  DynoRun() { file("shop.json", tagged_shop); }

  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "run");
    return start(std::move(arguments));
  }
  ProgramRun run_in(std::vector<std::pair<std::string, std::string>> environment,
                    std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {DYNO_PROGRAM, "run"});
    return ProgramRun({std::move(arguments), std::move(environment), folder_, 0});
  }
  std::string content(const std::string& name) const {
    const auto text = read_file(folder_ / name);
    EXPECT_TRUE(text) << name;
    return text ? *text : "";
  }
  std::string first_line(const std::string& name) const {
    const auto text = content(name);
    return text.substr(0, text.find("\r\n"));
  }

  Listener service_;
  const std::string host_ = service_.server.url();
};

}  // namespace dyno::cli
