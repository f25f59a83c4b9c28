#include "dyno/core/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace dyno {

namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};

constexpr Unit units[] = {{"ms", 1e6},   {"us", 1e3}, {"µs", 1e3}, {"ns", 1},
                          {"h", 3600e9}, {"m", 60e9}, {"s", 1e9}};

const Unit* unit_at(std::string_view text) {
  for (const auto& unit : units) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

// Three significant digits, as "1.24", "12.4", "124".
std::string three_digits(double value) {
  return value < 9.995   ? fmt::format("{:.2f}", value)
         : value < 99.95 ? fmt::format("{:.1f}", value)
                         : fmt::format("{:.0f}", value);
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

Result<Duration> parse_duration(std::string_view text) {
  const Error bad{
      fmt::format("'{}' is not a duration: write e.g. 300s, 20m, 1h30m or 250ms", text)};
  double total = 0;
  auto rest = text;
  if (rest.empty()) return bad;
  while (!rest.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{} || !std::isfinite(value) || value < 0) return bad;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty() && total == 0) {
      total = value * 1e9;
      break;
    }
    const auto* unit = unit_at(rest);
    if (unit == nullptr) return bad;
    rest.remove_prefix(unit->name.size());
    total += value * unit->nanoseconds;
  }
  if (total > 9e18) return bad;
  return Duration{std::llround(total)};
}

std::string to_string(Duration duration) {
  const auto ns = static_cast<double>(duration.count());
  const auto size = std::abs(ns);
  if (size < 999.5) return fmt::format("{} ns", duration.count());
  if (size < 999.5e3) return three_digits(ns / 1e3) + " µs";
  if (size < 999.5e6) return three_digits(ns / 1e6) + " ms";
  if (size < 119.5e9) return three_digits(ns / 1e9) + " s";
  const auto seconds = std::llround(ns / 1e9);
  if (size < 7200e9) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

std::string bytes_to_string(double bytes) {
  const auto size = std::abs(bytes);
  if (size < 1e3) return fmt::format("{:.0f} B", bytes);
  if (size < 1e6) return three_digits(bytes / 1e3) + " kB";
  if (size < 1e9) return three_digits(bytes / 1e6) + " MB";
  return three_digits(bytes / 1e9) + " GB";
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  auto limit = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(word, candidate);
    if (distance < limit) {
      limit = distance;
      best = candidate;
    }
  }
  return best;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string for_shell(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-+=./:@%,[]") == std::string::npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace dyno
