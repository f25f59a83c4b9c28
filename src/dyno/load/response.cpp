#include "dyno/load/response.h"

#include <nlohmann/json.hpp>

namespace dyno::load {

std::string_view Response::header(std::string_view name) const {
  return http::find_header(head, name);
}

nlohmann::json Response::json() const { return nlohmann::json::parse(body, nullptr, false); }

}  // namespace dyno::load
