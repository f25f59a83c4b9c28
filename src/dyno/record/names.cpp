#include "dyno/record/names.h"

#include <array>

namespace dyno::record {

namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 3> completions = {"complete", "stopped", "partial"};
constexpr std::array<std::string_view, 4> modes = {"in_process", "spawned", "remote", "none"};
constexpr std::array<std::string_view, 2> models = {"closed", "open"};
constexpr std::array<std::string_view, 6> verdicts = {"pass",    "warn",    "fail",
                                                      "invalid", "no_data", "not_applicable"};
constexpr std::array<std::string_view, 4> windows = {"warm_up", "ramp", "steady", "drain"};

template <typename Enum, std::size_t size>
std::optional<Enum> parse(const std::array<std::string_view, size>& words, std::string_view word) {
  for (std::size_t i = 0; i < size; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return {};
}

template <typename Enum, std::size_t size>
std::string name(const std::array<std::string_view, size>& words, Enum value) {
  return std::string(words.at(static_cast<std::size_t>(value)));
}

}  // namespace

std::string to_string(Completion value) { return name(completions, value); }
std::string to_string(ServiceMode value) { return name(modes, value); }
std::string to_string(LoadModel value) { return name(models, value); }
std::string to_string(VerdictKind value) { return name(verdicts, value); }

std::optional<Completion> parse_completion(std::string_view word) {
  return parse<Completion>(completions, word);
}
std::optional<ServiceMode> parse_service_mode(std::string_view word) {
  return parse<ServiceMode>(modes, word);
}
std::optional<LoadModel> parse_load_model(std::string_view word) {
  return parse<LoadModel>(models, word);
}
std::optional<VerdictKind> parse_verdict_kind(std::string_view word) {
  return parse<VerdictKind>(verdicts, word);
}
std::optional<WindowKind> parse_window_kind(std::string_view word) {
  return parse<WindowKind>(windows, word);
}

}  // namespace dyno::record
