// Where a run happened: the machine and the build. Two runs whose fingerprints differ must not be
// compared on time.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace dyno {

struct Environment {
  std::string hostname;
  std::string cpu_model;
  int cores = 0;  // that this process may use
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string governor;  // "unknown" where the kernel does not tell
  std::string libc;
  std::string compiler;
  std::string build_type;
  std::string flags;
  std::string sanitizers;  // empty: none
  std::string commit;  // of the source tree as configured or of DYNO_COMMIT; "unknown" outside git
  bool operator==(const Environment&) const = default;
};

// Reads this machine and this build. Never fails: what is not known says "unknown".
Environment current_environment();

// 12 hexadecimal digits of an FNV-1a hash over what moves times: CPU model, cores, kernel,
// governor, libc, compiler, build type, flags, sanitizers. Host name, memory and commit are left
// out.
std::string fingerprint(const Environment& environment);

void to_json(nlohmann::json& json, const Environment& environment);
void from_json(const nlohmann::json& json, Environment& environment);

}  // namespace dyno
