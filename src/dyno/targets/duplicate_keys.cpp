#include "dyno/targets/duplicate_keys.h"

#include <set>
#include <vector>

#include <nlohmann/json.hpp>

namespace dyno::targets {

std::optional<std::string> duplicate_key(std::string_view text) {
  using Event = nlohmann::json::parse_event_t;
  std::optional<std::string> duplicate;
  std::vector<std::set<std::string>> open_objects;
  const auto watch = [&](int, Event event, nlohmann::json& parsed) {
    if (event == Event::object_start) open_objects.emplace_back();
    if (event == Event::object_end) open_objects.pop_back();
    if (event != Event::key || duplicate) return true;
    const auto key = parsed.get<std::string>();
    if (!open_objects.back().insert(key).second) duplicate = key;
    return true;
  };
  [[maybe_unused]] const auto all = nlohmann::json::parse(text, watch, false, true);
  return duplicate;
}

}  // namespace dyno::targets
