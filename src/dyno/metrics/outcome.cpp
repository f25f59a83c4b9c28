#include "dyno/metrics/outcome.h"

#include <charconv>

#include <fmt/format.h>

namespace dyno::metrics {

namespace {

constexpr std::string_view kind_names[] = {"ok",       "http_error", "check_failed", "timeout",
                                           "refused",  "reset",      "dns",          "tls",
                                           "protocol", "truncated",  "dropped",      "cancelled"};
constexpr std::string_view phase_names[] = {"dns", "connect", "tls", "send", "first_byte", "body"};

template <typename Names>
std::optional<std::size_t> position_in(const Names& names, std::string_view name) {
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (names[i] == name) return i;
  }
  return {};
}

std::optional<std::uint16_t> parse_detail(OutcomeKind kind, std::string_view text) {
  if (kind == OutcomeKind::timeout) {
    const auto phase = position_in(phase_names, text);
    if (!phase) return {};
    return static_cast<std::uint16_t>(*phase);
  }
  std::uint16_t status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return status;
}

}  // namespace

bool answered(Outcome outcome) {
  switch (outcome.kind) {
    case OutcomeKind::ok:
    case OutcomeKind::http_error:
    case OutcomeKind::check_failed:
    case OutcomeKind::truncated:
      return true;
    case OutcomeKind::timeout:
      return outcome.detail == static_cast<std::uint16_t>(Phase::body);
    default:
      return false;
  }
}

std::string to_string(Outcome outcome) {
  const auto name = kind_names[static_cast<std::size_t>(outcome.kind)];
  switch (outcome.kind) {
    case OutcomeKind::http_error:
      return fmt::format("{}({})", name, outcome.detail);
    case OutcomeKind::timeout:
      return fmt::format("{}({})", name,
                         outcome.detail < std::size(phase_names) ? phase_names[outcome.detail]
                                                                 : std::string_view{"unknown"});
    default:
      return std::string(name);
  }
}

std::optional<Outcome> parse_outcome(std::string_view text) {
  const auto open = text.find('(');
  const auto kind = position_in(kind_names, text.substr(0, open));
  if (!kind) return {};
  Outcome outcome{static_cast<OutcomeKind>(*kind), 0};
  const bool detailed =
      outcome.kind == OutcomeKind::http_error || outcome.kind == OutcomeKind::timeout;
  if (detailed != (open != std::string_view::npos)) return {};
  if (!detailed) return outcome;
  if (!text.ends_with(')')) return {};
  const auto detail = parse_detail(outcome.kind, text.substr(open + 1, text.size() - open - 2));
  if (!detail) return {};
  outcome.detail = *detail;
  return outcome;
}

}  // namespace dyno::metrics
