// Reads what the oracle needs of a request: where it ends and how it is to be answered. Not an HTTP
// parser for everybody: it takes what it does not know for granted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dyno/selfcheck/discipline.h"

namespace dyno::selfcheck {

struct OracleRequest {
  std::size_t bytes = 0;  // of the whole request, its body of declared length included
  Discipline asked;
  bool keep_alive = true;
  std::string refusal;  // why it cannot be meant; empty: it can
};

// The first request in `input`; nothing while it is not all there.
std::optional<OracleRequest> read_request(std::string_view input);

}  // namespace dyno::selfcheck
