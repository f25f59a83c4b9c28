#include "dyno/monitor/prometheus.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <map>

namespace dyno::monitor {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view next_part(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

// Go's ParseFloat spells the special values +Inf, -Inf and NaN; from_chars takes no plus sign.
std::optional<double> parse_value(std::string_view word) {
  if (!word.empty() && word.front() == '+') word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// The length of the label set at the head of `text`, braces included; nothing when it is not
// closed. Label values are quoted, and a quote, a brace or a line end may stand in them, the quote
// escaped.
std::optional<std::size_t> labels_length(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == '}' && !quoted) {
      return at + 1;
    }
  }
  return std::nullopt;
}

std::optional<Metric> parse_line(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return std::nullopt;
  line.remove_prefix(begin);
  Metric metric;
  metric.name = line.substr(0, line.find_first_of(" \t{"));
  line.remove_prefix(metric.name.size());
  const std::size_t next = line.find_first_not_of(blanks);
  if (metric.name.empty() || next == std::string_view::npos) return std::nullopt;
  line.remove_prefix(next);
  if (line.front() == '{') {
    const auto length = labels_length(line);
    if (!length) return std::nullopt;
    metric.labels = line.substr(0, *length);
    line.remove_prefix(*length);
  }
  const auto value = parse_value(next_part(line));
  if (!value) return std::nullopt;
  metric.value = *value;
  return metric;
}

}  // namespace

std::vector<Metric> parse_prometheus(std::string_view text) {
  std::vector<Metric> metrics;
  std::map<std::string, std::string, std::less<>> types;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('#')) {
      line.remove_prefix(1);
      if (next_part(line) != "TYPE") continue;
      const std::string_view name = next_part(line);
      types[std::string(name)] = next_part(line);
    } else if (auto metric = parse_line(line)) {
      const auto type = types.find(metric->name);
      if (type != types.end()) metric->type = type->second;
      metrics.push_back(std::move(*metric));
    }
  }
  return metrics;
}

std::optional<double> find_value(const std::vector<Metric>& metrics, std::string_view name) {
  const Metric* found = nullptr;
  for (const Metric& metric : metrics) {
    if (metric.name != name) continue;
    if (found == nullptr || metric.labels.empty()) found = &metric;
    if (metric.labels.empty()) break;
  }
  if (found == nullptr || !std::isfinite(found->value)) return std::nullopt;
  return found->value;
}

}  // namespace dyno::monitor
