// Where a benchmark program names, in the context of its JSON, the families that it must provide:
// separated by commas. Who reads the file knows by it what vanished.
#pragma once

namespace dyno::harness {

inline constexpr const char* families_member = "dyno_families";

}  // namespace dyno::harness
