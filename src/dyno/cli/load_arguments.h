// The options of `dyno run` and the load that they mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/load/engine.h"
#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"

namespace dyno::cli {

// As given on the command line; empty means not given.
struct LoadArguments {
  std::string url;
  std::string method = "GET";
  std::string body;                  // "@FILE" reads it from a file
  std::vector<std::string> headers;  // "Name: value"
  std::uint32_t users = 1;
  std::string spawn_rate;  // users per second
  std::string run_time = "10s";
  std::string rate;  // makes the load open
  std::string arrivals = "poisson";
  std::string warm_up;
  std::string think;  // "1s" or "1s-3s"
  std::string timeout = "30s";
  std::uint64_t iterations = 0;
  std::uint64_t seed = 1;
  std::uint32_t threads = 1;
};

struct Load {
  load::Scenario scenario;
  load::LoadPlan plan;
  load::RunOptions options;  // host, headers, timeout, seed, threads
  std::string origin;        // "http://127.0.0.1:8000"
};

// One clear line for the first argument that cannot be meant.
Result<Load> load_of(const LoadArguments& arguments);

// The command line that gives this load again, without what could be secret (headers, body).
std::string reproduce_line(const LoadArguments& arguments);

}  // namespace dyno::cli
