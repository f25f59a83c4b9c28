#include "dyno/cli/session_arguments.h"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/option_values.h"
#include "dyno/core/text.h"

namespace dyno::cli {
namespace {

Result<http::Credentials> credentials_of(const SessionArguments& arguments) {
  if (!arguments.user.empty() && !arguments.bearer.empty()) {
    return Error{"--user and --bearer exclude each other"};
  }
  if (!arguments.bearer.empty()) {
    const auto token = http::secret_of(arguments.bearer);
    if (!token) return Error{fmt::format("--bearer: {}", token.error().message)};
    auto credentials = http::bearer(*token);
    if (!credentials) return Error{fmt::format("--bearer: {}", credentials.error().message)};
    return credentials;
  }
  if (arguments.user.empty()) return http::Credentials();
  const auto secret = http::secret_of(arguments.user);
  if (!secret) return Error{fmt::format("--user: {}", secret.error().message)};
  const auto colon = secret->find(':');
  if (colon == std::string::npos) {
    return Error{"--user: write NAME:PASSWORD (the number of users is -u or --users)"};
  }
  auto credentials = http::basic(secret->substr(0, colon), secret->substr(colon + 1));
  if (!credentials) return Error{fmt::format("--user: {}", credentials.error().message)};
  return credentials;
}

// One word of --retry-on.
bool take_reason(std::string_view word, http::RetrySettings& retries) {
  if (word == "refused") return retries.refused = true;
  if (word == "reset") return retries.reset = true;
  if (word == "timeout") return retries.timeout = true;
  const auto status = parse_number(word);
  return status && *status >= 400 && *status <= 599 &&
         *status == static_cast<double>(static_cast<int>(*status)) &&
         retries.statuses.add(static_cast<int>(*status));
}

Result<http::RetrySettings> retries_of(const SessionArguments& arguments) {
  http::RetrySettings retries;
  retries.most = arguments.retries;
  retries.refused = retries.reset = retries.timeout = false;
  retries.statuses = {};
  std::string_view words = arguments.retry_on;
  while (!words.empty()) {
    const auto comma = std::min(words.find(','), words.size());
    const auto word = words.substr(0, comma);
    if (!take_reason(word, retries)) {
      return Error{fmt::format(
          "--retry-on '{}': write refused, reset, timeout and statuses from 400 to 599 (at most "
          "{}), with commas between",
          word, http::StatusSet::most)};
    }
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
  return retries;
}

}  // namespace

void add_session_options(CLI::App& command, SessionArguments& arguments) {
  const OptionGroup group(command, "Sessions");
  command.add_flag("-L,--location", arguments.location, "Follow redirects within the service");
  command.add_option("--max-redirects", arguments.max_redirects, "In a row, with --location")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_flag("--cookies", arguments.cookies, "Each user keeps and sends back cookies");
  command.add_option(
      "--user", arguments.user,
      "NAME:PASSWORD for basic authentication; @FILE or env:NAME reads it there, out "
      "of sight of other users of this machine");
  command.add_option("--bearer", arguments.bearer, "Token to authenticate with; @FILE or env:NAME");
  command.add_option("--retries", arguments.retries, "Further attempts of a request that failed")
      ->check(CLI::Range(0, 1000));
  command
      .add_option("--retry-on", arguments.retry_on, "After what: refused, reset, timeout, statuses")
      ->capture_default_str();
  // The other options of this group are in connection_arguments.h.
  const OptionGroup connections(command, "Connections");
  command
      .add_option("--max-connections", arguments.max_connections,
                  "Connections that all users share; who finds none free waits in turn")
      ->check(CLI::Range(1, 1'000'000));
  command
      .add_option("--max-requests-per-connection", arguments.max_requests_per_connection,
                  "Then it is closed and replaced")
      ->check(CLI::Range(1, 1'000'000'000));
}

Result<void> apply(const SessionArguments& arguments, http::Settings& settings) {
  auto credentials = credentials_of(arguments);
  if (!credentials) return credentials.error();
  auto retries = retries_of(arguments);
  if (!retries) return retries.error();
  settings.credentials = std::move(*credentials);
  settings.retries = *retries;
  settings.follow_redirects = arguments.location ? arguments.max_redirects : 0;
  settings.cookies = arguments.cookies;
  settings.max_connections = arguments.max_connections;
  settings.max_requests_per_connection = arguments.max_requests_per_connection;
  return {};
}

std::string reproduce_part(const SessionArguments& arguments) {
  const SessionArguments defaults;
  std::string line;
  if (arguments.location) line += " --location";
  if (arguments.max_redirects != defaults.max_redirects) {
    line += fmt::format(" --max-redirects {}", arguments.max_redirects);
  }
  if (arguments.cookies) line += " --cookies";
  if (arguments.retries > 0) line += fmt::format(" --retries {}", arguments.retries);
  if (arguments.retry_on != defaults.retry_on) line += " --retry-on " + arguments.retry_on;
  if (arguments.max_connections > 0) {
    line += fmt::format(" --max-connections {}", arguments.max_connections);
  }
  if (arguments.max_requests_per_connection > 0) {
    line += fmt::format(" --max-requests-per-connection {}", arguments.max_requests_per_connection);
  }
  return line;
}

}  // namespace dyno::cli
