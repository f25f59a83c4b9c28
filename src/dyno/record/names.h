// The enumerations of a record as the words its JSON and the reports use.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dyno/record/run_record.h"

namespace dyno::record {

std::string to_string(Completion value);
std::string to_string(ServiceMode value);
std::string to_string(LoadModel value);
std::string to_string(VerdictKind value);

// Nothing when it is not one of the words.
std::optional<Completion> parse_completion(std::string_view word);
std::optional<ServiceMode> parse_service_mode(std::string_view word);
std::optional<LoadModel> parse_load_model(std::string_view word);
std::optional<VerdictKind> parse_verdict_kind(std::string_view word);
std::optional<WindowKind> parse_window_kind(std::string_view word);

}  // namespace dyno::record
