// The options of `dyno run` that make one request more than one exchange, say who sends it, and
// limit connections; see docs/sessions.md.
#pragma once

#include <cstdint>
#include <string>

#include "dyno/core/result.h"
#include "dyno/http/settings.h"

namespace CLI {
class App;
}

namespace dyno::cli {

// As given on the command line; empty or 0 means not given.
struct SessionArguments {
  bool location = false;
  std::uint32_t max_redirects = 10;
  bool cookies = false;
  std::string user;    // "NAME:PASSWORD", "@FILE" or "env:NAME"
  std::string bearer;  // a token, likewise
  std::uint32_t retries = 0;
  std::string retry_on = "refused,reset,429,503";
  std::uint32_t max_connections = 0;
  std::uint32_t max_requests_per_connection = 0;
};

void add_session_options(CLI::App& command, SessionArguments& arguments);

// Adds to `settings` what the arguments mean. The error never repeats a secret.
Result<void> apply(const SessionArguments& arguments, http::Settings& settings);

// What of a command line gives these again, with a blank before each; secrets are left out.
std::string reproduce_part(const SessionArguments& arguments);

}  // namespace dyno::cli
