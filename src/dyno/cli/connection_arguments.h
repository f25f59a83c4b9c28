// The options of `dyno run` that say how connections are opened, and the settings that they mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/http/settings.h"

namespace CLI {
class App;
}

namespace dyno::cli {

// As given on the command line; empty means not given.
struct ConnectionArguments {
  bool insecure = false;
  bool no_resumption = false;
  bool v4 = false;
  bool v6 = false;
  std::string ca_file;
  std::string certificate;
  std::string key;
  std::string connect_timeout;
  std::string tls_timeout;
  std::string unix_socket;
  std::string source_addresses;  // "A,B" or "A-B"
  std::string resolve_every;
  std::vector<std::string> fixed;  // "HOST:PORT:ADDRESS"
};

void add_connection_options(CLI::App& command, ConnectionArguments& arguments);

// Adds to `settings` what the arguments mean. One clear line for the first that means nothing.
Result<void> apply(const ConnectionArguments& arguments, http::Settings& settings);

// The options again, as a command line has them: " --insecure --cacert ca.pem".
std::string command_line_of(const ConnectionArguments& arguments);

}  // namespace dyno::cli
