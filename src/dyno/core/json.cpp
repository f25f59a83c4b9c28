#include "dyno/core/json.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/files.h"

namespace dyno {

namespace {

// nlohmann's message is "[json.exception.parse_error.101] parse error at line 3, column 5: syntax
// error ..."; people need only what follows the position.
std::string_view reason_of(std::string_view message) {
  const auto after = message.find(": ");
  return after == std::string_view::npos ? message : message.substr(after + 2);
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, std::string_view name) {
  try {
    return nlohmann::json::parse(text, nullptr, true, true);
  } catch (const nlohmann::json::parse_error& error) {
    const auto at = std::min(error.byte == 0 ? 0 : error.byte - 1, text.size());
    const auto before = text.substr(0, at);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto last = before.rfind('\n');
    const auto column = at - (last == std::string_view::npos ? 0 : last + 1) + 1;
    return Error{fmt::format("{}:{}:{}: {}", name, line, column, reason_of(error.what()))};
  }
}

Result<nlohmann::json> read_json(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return text.error();
  return parse_json(*text, path.string());
}

}  // namespace dyno
