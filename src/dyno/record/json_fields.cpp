#include "dyno/record/json_fields.h"

namespace dyno::record {

std::string to_line(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_text(const nlohmann::json& json) {
  std::string text = "{\n";
  const char* between_members = "";
  for (const auto& [key, value] : json.items()) {
    text += fmt::format("{} {}: ", between_members, to_line(key));
    between_members = ",\n";
    if (!value.is_array() || value.empty() || !value.front().is_structured()) {
      text += to_line(value);
      continue;
    }
    text += "[\n";
    const char* between_elements = "";
    for (const auto& element : value) {
      text += fmt::format("{}  {}", between_elements, to_line(element));
      between_elements = ",\n";
    }
    text += "\n ]";
  }
  return text + "\n}\n";
}

}  // namespace dyno::record
