#include "dyno/http/destination.h"

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

}  // namespace

Result<Destination> make_destination(const Url& url, Settings settings) {
  if (url.tls) return Error{fmt::format("{}: https is not supported, use http", url.text())};
  auto addresses = resolve(url.host, url.port);
  if (!addresses) return addresses.error();
  Destination destination;
  destination.url = url;
  destination.addresses = std::move(*addresses);
  const std::pair<std::string, std::string> defaults[] = {
      {"Host", url.authority()},
      {"User-Agent", fmt::format("dyno/{}", build::version)},
      {"Accept", "*/*"}};
  for (const auto& [name, value] : defaults) {
    if (!has_header(settings.headers, name)) append_header(destination.common, name, value);
  }
  if (settings.compressed && !has_header(settings.headers, "Accept-Encoding")) {
    append_header(destination.common, "Accept-Encoding", "gzip");
  }
  for (const auto& [name, value] : settings.headers) {
    if (name.empty() || (name + value).find_first_of("\r\n") != std::string::npos) {
      return Error{fmt::format("header '{}': a header needs a name and fits on one line", name)};
    }
    append_header(destination.common, name, value);
  }
  if (!settings.credentials.empty()) {
    if (has_header(settings.headers, "Authorization")) {
      return Error{"credentials and a header 'Authorization': give one of them"};
    }
    append_header(destination.common, "Authorization", settings.credentials.header());
  }
  if (settings.cookies && has_header(settings.headers, "Cookie")) {
    return Error{"kept cookies and a header 'Cookie' of every request: give one of them"};
  }
  destination.settings = std::move(settings);
  return destination;
}

}  // namespace dyno::http
