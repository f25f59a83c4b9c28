// What the environment asks of a performance run: how long, how many users, against which service,
// where the results go. Read once, before any test runs, so that a mistake is one clear line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/http/settings.h"

namespace dyno::harness {

// Which length of a case runs. The record says which; a short form never claims a long form's
// target.
enum class Form { quick, standard, full };

// How the service is had, unless a case needs its own way.
enum class TargetMode { in_process, spawned, remote };

struct Settings {
  Form form = Form::standard;        // PERFORMANCE_TEST_MODE: quick, standard (or true), full
  std::optional<Duration> duration;  // TEST_DURATION_SECONDS: of the steady window, every case
  std::optional<std::uint32_t> max_users;  // MAX_CONCURRENT_USERS: more are cut to this, and noted
  TargetMode mode = TargetMode::in_process;  // DYNO_TARGET: inprocess, spawn
  std::string host;                          // DYNO_HOST: a URL; makes the mode remote
  // DYNO_HOST_COST_AGENT: likewise for the cases of cost_agent only, before DYNO_HOST.
  std::map<std::string, std::string> hosts;
  http::Settings http;               // of https: DYNO_CACERT=FILE, DYNO_INSECURE=1
  std::filesystem::path results;     // DYNO_RESULTS_DIR; default results/runs/unsorted
  std::filesystem::path targets;     // DYNO_TARGETS_DIR; default fixtures/targets of the sources
  std::filesystem::path data_cache;  // DYNO_DATA_CACHE; default .cache/data of the sources
  std::string data = "medium";       // DYNO_DATA: small, medium, large
  std::uint64_t seed = 1;            // DYNO_SEED: of the data and of the load
  std::filesystem::path billing;     // DYNO_BILLING: a billing export in place of generated data
  // All of these that are set and bear on what is measured, and those that the services read
  // (DYNO_DATABASE_URL, DYNO_REDIS_URL, the models that are asked and their caps, but no keys):
  // "DYNO_DATA=small DYNO_SEED=7", for a shell, without secrets.
  std::string given;
};

using ReadVariable = std::function<const char*(const char* name)>;

// Reads the variables above through `read` (getenv, say); an empty value counts as unset. `names`
// are those of all variables there are, for DYNO_HOST_*. The error names the variable, its value
// and what it may be.
Result<Settings> read_settings(const ReadVariable& read,
                               const std::vector<std::string>& names = {});

// The names of this process's environment variables.
std::vector<std::string> variable_names();

// Where the service of that system runs already; empty: nowhere, it is to be started.
std::string host_of(const Settings& settings, const std::string& system);

std::string to_string(Form form);

}  // namespace dyno::harness
