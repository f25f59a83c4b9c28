// The options of `dyno run` and the load that they mean.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dyno/cli/connection_arguments.h"
#include "dyno/cli/session_arguments.h"
#include "dyno/core/result.h"
#include "dyno/load/engine.h"
#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"

namespace dyno::cli {

// As given on the command line; empty means not given.
struct LoadArguments {
  std::string file;  // a scenario file; otherwise the one request that `url` and others describe
  std::string host;  // of a scenario file
  std::string url;
  std::string method;
  std::string body;                  // "@FILE" reads it from a file
  std::vector<std::string> headers;  // "Name: value"
  std::optional<std::uint32_t> users;
  std::string spawn_rate;  // users per second
  std::string run_time;
  std::string rate;  // makes the load open
  std::string arrivals;
  std::string warm_up;
  std::vector<std::string> stages;        // shapes.h
  std::vector<std::string> tags;          // only tasks with one of these
  std::vector<std::string> exclude_tags;  // none of these
  std::vector<std::string> thresholds;    // judged.h
  std::string stop_timeout;
  std::string think;  // "1s" or "1s-3s"
  std::string timeout;
  std::string send_timeout;  // these three: of a phase
  std::string first_byte_timeout;
  std::string idle_timeout;
  bool compressed = false;    // asks for gzip
  bool stream = false;        // reads the answer event by event
  std::string event_timeout;  // with stream: the longest wait for an event
  std::uint64_t iterations = 0;
  std::uint64_t seed = 1;
  std::uint32_t threads = 1;
  SessionArguments session;
  ConnectionArguments connection;
};

struct Load {
  load::Scenario scenario;
  load::LoadPlan plan;
  load::RunOptions options;  // host, headers, timeout, seed, threads
  std::string origin;        // "http://127.0.0.1:8000"

  // All of it as data, tasks left out by tags gone; of a URL its one request.
  std::shared_ptr<const scenario::Scenario> data;
  std::vector<scenario::Threshold> thresholds;  // of the file
  std::vector<std::string> notes;               // for the user, before the run
};

// Reads the scenario file; `given` is what its set-up has extracted. One clear line for the first
// thing that cannot be meant.
Result<Load> load_of(const LoadArguments& arguments,
                     const std::map<std::string, std::string>& given = {});

// The command line that gives this load again, without what could be secret (headers, body, query,
// credentials).
std::string reproduce_line(const LoadArguments& arguments);

}  // namespace dyno::cli
