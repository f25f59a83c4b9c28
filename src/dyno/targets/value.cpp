#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/rate.h"
#include "dyno/core/text.h"
#include "dyno/targets/targets.h"

namespace dyno::targets {

namespace {

struct ByteUnit {
  std::string_view name;
  double bytes;
};

constexpr ByteUnit byte_units[] = {{"KiB", 1024},         {"MiB", 1024.0 * 1024},
                                   {"GiB", 1073741824.0}, {"kB", 1e3},
                                   {"KB", 1e3},           {"MB", 1e6},
                                   {"GB", 1e9},           {"B", 1}};

std::optional<double> parse_bytes(std::string_view text) {
  for (const auto& unit : byte_units) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = parse_number(text.substr(0, text.size() - unit.name.size()));
    if (number) return *number * unit.bytes;
  }
  return {};
}

std::optional<double> parse_time(std::string_view text) {
  if (text.empty() || (text.back() >= '0' && text.back() <= '9')) return {};
  const auto duration = parse_duration(text);
  if (!duration) return {};
  return static_cast<double>(duration->count());
}

std::optional<double> parse_share(std::string_view text, double of_one_percent) {
  if (!text.ends_with('%')) return {};
  const auto number = parse_number(text.substr(0, text.size() - 1));
  if (!number) return {};
  return *number * of_one_percent;
}

std::optional<double> parse_in_unit(std::string_view text, std::string_view unit) {
  if (unit.ends_with("/min")) {
    if (text.ends_with("/min")) text.remove_suffix(4);
    const auto per_minute = unit.substr(0, unit.size() - 4);
    return parse_in_unit(text, per_minute == "1" ? "" : per_minute);
  }
  if (unit == "ns") return parse_time(text);
  if (unit == "bytes") return parse_bytes(text);
  if (unit == "share") return parse_share(text, 0.01);
  if (unit == "percent") return parse_share(text, 1);
  if (unit != "1/s") return parse_number(text);
  const auto rate = parse_rate(text);
  if (!rate || text.find('/') == std::string_view::npos) return {};
  return rate->per_second();
}

std::string_view example_of(std::string_view unit) {
  if (unit == "ns") return "2 s or 250 ms";
  if (unit == "bytes") return "512 MB";
  if (unit == "bytes/min") return "5 MB/min";
  if (unit == "share" || unit == "percent") return "1 %";
  if (unit == "1/s") return "100/s";
  if (unit == "1/min") return "2/min";
  return "12";
}

}  // namespace

Result<double> parse_value(std::string_view text, std::string_view unit) {
  std::string compact(text);
  std::erase(compact, ' ');
  const auto value = parse_in_unit(compact, unit);
  if (value && *value >= 0) return *value;
  return Error{
      fmt::format("'{}' is no limit for this figure: write e.g. \"{}\"", text, example_of(unit))};
}

}  // namespace dyno::targets
