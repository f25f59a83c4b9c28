// How fields of a record become JSON and come back. Only for the .cpp files of this folder.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::record {

// What makes a file unfit; caught where the file's name is known.
struct BadField : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline std::int64_t ns(Duration duration) { return duration.count(); }

// JSON has neither NaN nor infinities: null stands for a number that is none.
inline nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

inline double get_number(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? 0.0 : found->get<double>();
}

inline Duration get_duration(const nlohmann::json& json, const char* key) {
  return Duration{json.value(key, std::int64_t{0})};
}

template <typename T>
void put_optional(nlohmann::json& json, const char* key, const std::optional<T>& value) {
  if (!value) return;
  if constexpr (std::is_same_v<T, double>) {
    if (!std::isfinite(*value)) return;
  }
  json[key] = *value;
}

template <typename T>
void get_optional(const nlohmann::json& json, const char* key, std::optional<T>& value) {
  const auto found = json.find(key);
  if (found != json.end() && !found->is_null()) value = found->get<T>();
}

// A word of one of the enumerations of names.h.
template <typename Parser>
auto get_word(const nlohmann::json& json, const char* key, Parser parser) {
  const auto word = json.at(key).get<std::string>();
  const auto value = parser(word);
  if (!value) throw BadField(fmt::format("'{}' is no value of '{}'", word, key));
  return *value;
}

template <typename T>
nlohmann::json list(const std::vector<T>& values) {
  auto array = nlohmann::json::array();
  for (const auto& value : values) array.push_back(value);
  return array;
}

// Runs `read`; what it throws for a bad file becomes an error that names the file.
template <typename T, typename Read>
Result<T> guarded(const std::string& name, const char* what, Read read) {
  try {
    return read();
  } catch (const BadField& bad) {
    return Error{fmt::format("{}: not {}: {}", name, what, bad.what())};
  } catch (const nlohmann::json::exception& bad) {
    const std::string text = bad.what();
    const auto after = text.find("] ");
    return Error{fmt::format("{}: not {}: {}", name, what,
                             after == std::string::npos ? text : text.substr(after + 2))};
  }
}

// The members of the outermost object and the elements of its arrays one a line, so that a person
// and a diff can read a record of many cells. Invalid UTF-8 becomes U+FFFD.
std::string to_text(const nlohmann::json& json);
std::string to_line(const nlohmann::json& json);

}  // namespace dyno::record
