// For tests: how many requests of a run came to what.
#pragma once

#include <cstdint>
#include <string_view>

#include "dyno/record/run_record.h"

namespace dyno::load {

// Of all outcomes, or of all endpoints, where none is named.
inline std::uint64_t count(const record::RunRecord& record, std::string_view outcome = "",
                           std::string_view endpoint = "") {
  std::uint64_t sum = 0;
  for (const auto& cell : record.cells) {
    if (!outcome.empty() && metrics::to_string(cell.outcome) != outcome) continue;
    if (!endpoint.empty() && record.endpoints[cell.endpoint].name != endpoint) continue;
    sum += cell.count;
  }
  return sum;
}

}  // namespace dyno::load
