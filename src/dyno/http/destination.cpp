#include "dyno/http/destination.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/build_info.h"
#include "dyno/http/message.h"
#include "dyno/http/render.h"

namespace dyno::http {
namespace {

bool has_header(const std::vector<std::pair<std::string, std::string>>& headers,
                std::string_view name) {
  for (const auto& header : headers) {
    if (same_name(header.first, name)) return true;
  }
  return false;
}

const FixedName* find_fixed(const Settings& settings, const Url& url) {
  for (const FixedName& name : settings.fixed_names) {
    if (name.port == url.port && same_name(name.host, url.host)) return &name;
  }
  return nullptr;
}

// Sets the addresses, and how to find them again.
Result<void> find_addresses(Destination& destination) {
  const Settings& settings = destination.settings;
  const Url& url = destination.url;
  Result<std::vector<Address>> found = Error{};
  if (!settings.unix_socket.empty()) {
    const auto address = unix_address(settings.unix_socket);
    if (!address) return address.error();
    found = std::vector{*address};
  } else if (const FixedName* const fixed = find_fixed(settings, url)) {
    found = only(settings.ip_version, fixed->addresses, url.host);
  } else if (const auto literal = parse_address(url.host, url.port)) {
    found = only(settings.ip_version, {*literal}, url.host);
  } else {
    destination.lookup = [how = settings.lookup, version = settings.ip_version](
                             const std::string& host,
                             std::uint16_t port) -> Result<std::vector<Address>> {
      auto all = how ? how(host, port) : resolve(host, port);
      if (!all) return all;
      return only(version, std::move(*all), host);
    };
    found = destination.lookup(url.host, url.port);
  }
  if (!found) return found.error();
  destination.addresses = std::move(*found);
  return {};
}

// Every address must have one to be reached from.
Result<void> check_sources(const Destination& destination) {
  const auto& sources = destination.settings.source_addresses;
  if (sources.empty()) return {};
  for (const Address& to : destination.addresses) {
    const bool reachable = std::any_of(sources.begin(), sources.end(), [&](const Address& from) {
      return from.family() == to.family();
    });
    if (reachable) continue;
    return Error{fmt::format("cannot connect to {} from {}: they are of different kinds", to.text(),
                             sources.front().text())};
  }
  return check_local(sources);
}

}  // namespace

Result<Destination> make_destination(const Url& url, Settings settings) {
  Destination destination;
  destination.url = url;
  destination.settings = std::move(settings);
  if (const auto found = find_addresses(destination); !found) return found.error();
  if (const auto checked = check_sources(destination); !checked) return checked.error();
  if (url.tls) {
    auto tls = TlsContext::make(destination.settings.tls, url.host);
    if (!tls) return tls.error();
    destination.tls = std::move(*tls);
  }
  const Settings& own = destination.settings;
  const std::pair<std::string, std::string> defaults[] = {
      {"Host", url.authority()},
      {"User-Agent", fmt::format("dyno/{}", build::version)},
      {"Accept", "*/*"}};
  for (const auto& [name, value] : defaults) {
    if (!has_header(own.headers, name)) append_header(destination.common, name, value);
  }
  if (own.compressed && !has_header(own.headers, "Accept-Encoding")) {
    append_header(destination.common, "Accept-Encoding", "gzip");
  }
  for (const auto& [name, value] : own.headers) {
    if (name.empty() || (name + value).find_first_of("\r\n") != std::string::npos) {
      return Error{fmt::format("header '{}': a header needs a name and fits on one line", name)};
    }
    append_header(destination.common, name, value);
  }
  if (!own.credentials.empty()) {
    if (has_header(own.headers, "Authorization")) {
      return Error{"credentials and a header 'Authorization': give one of them"};
    }
    append_header(destination.common, "Authorization", own.credentials.header());
  }
  if (own.cookies && has_header(own.headers, "Cookie")) {
    return Error{"kept cookies and a header 'Cookie' of every request: give one of them"};
  }
  return destination;
}

}  // namespace dyno::http
