#include "dyno/cli/connection_arguments.h"

#include <charconv>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/option_values.h"
#include "dyno/core/text.h"
#include "dyno/http/address.h"

namespace dyno::cli {

namespace {

Result<void> read_time(const char* option, const std::string& text, Duration& into) {
  const auto time = optional_duration(option, text, into);
  if (!time) return time.error();
  into = *time;
  return {};
}

// "service.test:443:10.0.0.1,[::1]", as curl has it.
Result<http::FixedName> fixed_name(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  http::FixedName name;
  if (second != std::string::npos && first > 0) {
    const char* const end = text.data() + second;
    const auto [stop, error] = std::from_chars(text.data() + first + 1, end, name.port);
    const auto addresses = http::parse_addresses(text.substr(second + 1), name.port);
    if (error == std::errc{} && stop == end && addresses) {
      name.host = text.substr(0, first);
      name.addresses = *addresses;
      return name;
    }
  }
  return Error{
      fmt::format("--resolve '{}': write HOST:PORT:ADDRESS, e.g. api.test:443:127.0.0.1", text)};
}

}  // namespace

void add_connection_options(CLI::App& command, ConnectionArguments& arguments) {
  const OptionGroup group(command, "Connections");
  command.add_flag("-k,--insecure", arguments.insecure, "https: accept any certificate");
  command.add_option("--cacert", arguments.ca_file,
                     "https: PEM file of the certificates to trust, in place of the system's");
  command.add_option("--cert", arguments.certificate, "https: PEM file of a client certificate");
  command.add_option("--key", arguments.key, "https: PEM file of its key (default: as --cert)");
  command.add_flag("--no-session-resumption", arguments.no_resumption,
                   "https: every connection begins with a full handshake");
  command.add_option("--connect-timeout", arguments.connect_timeout,
                     "Of connecting to one address; then the next has its turn");
  command.add_option("--tls-timeout", arguments.tls_timeout, "Of a TLS handshake");
  command.add_option("--unix-socket", arguments.unix_socket,
                     "Connect to this path, whatever host the URL names");
  command.add_option("--source-address", arguments.source_addresses,
                     "Connect from A,B,… or A-B, in turn from user to user");
  command
      .add_option("--resolve", arguments.fixed,
                  "HOST:PORT:ADDRESS[,ADDRESS]: do not look HOST up; may be given several times")
      ->allow_extra_args(false);
  command.add_option("--resolve-every", arguments.resolve_every,
                     "Look the host up again so often (default: after connections have failed)");
  auto* const four = command.add_flag("-4", arguments.v4, "Use IPv4 addresses only");
  command.add_flag("-6", arguments.v6, "Use IPv6 addresses only")->excludes(four);
}

Result<void> apply(const ConnectionArguments& arguments, http::Settings& settings) {
  settings.tls.verify = !arguments.insecure;
  settings.tls.resume = !arguments.no_resumption;
  settings.tls.ca_file = arguments.ca_file;
  settings.tls.certificate = arguments.certificate;
  settings.tls.key = arguments.key;
  settings.unix_socket = arguments.unix_socket;
  if (arguments.v4) settings.ip_version = http::IpVersion::v4;
  if (arguments.v6) settings.ip_version = http::IpVersion::v6;
  for (const auto& read :
       {read_time("--connect-timeout", arguments.connect_timeout, settings.connect_timeout),
        read_time("--tls-timeout", arguments.tls_timeout, settings.tls_timeout),
        read_time("--resolve-every", arguments.resolve_every, settings.resolve_every)}) {
    if (!read) return read;
  }
  if (!arguments.source_addresses.empty()) {
    auto sources = http::parse_addresses(arguments.source_addresses, 0);
    if (!sources) return Error{fmt::format("--source-address: {}", sources.error().message)};
    settings.source_addresses = std::move(*sources);
  }
  for (const auto& text : arguments.fixed) {
    auto name = fixed_name(text);
    if (!name) return name.error();
    settings.fixed_names.push_back(std::move(*name));
  }
  return {};
}

std::string command_line_of(const ConnectionArguments& arguments) {
  std::string line;
  if (arguments.insecure) line += " --insecure";
  if (arguments.no_resumption) line += " --no-session-resumption";
  if (arguments.v4) line += " -4";
  if (arguments.v6) line += " -6";
  const std::pair<const char*, const std::string&> texts[] = {
      {"--cacert", arguments.ca_file},
      {"--cert", arguments.certificate},
      {"--key", arguments.key},
      {"--connect-timeout", arguments.connect_timeout},
      {"--tls-timeout", arguments.tls_timeout},
      {"--unix-socket", arguments.unix_socket},
      {"--source-address", arguments.source_addresses},
      {"--resolve-every", arguments.resolve_every}};
  for (const auto& [option, text] : texts) {
    if (!text.empty()) line += fmt::format(" {} {}", option, for_shell(text));
  }
  for (const auto& text : arguments.fixed) line += " --resolve " + for_shell(text);
  return line;
}

}  // namespace dyno::cli
