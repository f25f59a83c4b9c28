#include "dyno/core/environment.h"

#include <cstdlib>
#include <fstream>
#include <gnu/libc-version.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/build_info.h"

namespace dyno {

namespace {

std::string first_line(const char* path) {
  std::ifstream in(path);
  std::string line;
  return std::getline(in, line) && !line.empty() ? line : "unknown";
}

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

int usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return get_nprocs();
}

std::string commit() {
  if (const char* given = std::getenv("DYNO_COMMIT"); given != nullptr && *given != '\0') {
    return given;
  }
  return build::commit;
}

}  // namespace

Environment current_environment() {
  Environment environment;
  char name[256] = "unknown";
  gethostname(name, sizeof name - 1);
  environment.hostname = name;
  environment.cpu_model = cpu_model();
  environment.cores = usable_cores();
  struct sysinfo memory {};
  if (sysinfo(&memory) == 0)
    environment.memory_bytes = std::uint64_t{memory.totalram} * memory.mem_unit;
  utsname kernel{};
  environment.kernel = uname(&kernel) == 0 ? kernel.release : "unknown";
  environment.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  environment.libc = fmt::format("glibc {}", gnu_get_libc_version());
  environment.compiler = build::compiler;
  environment.build_type = build::type;
  environment.flags = build::flags;
  environment.sanitizers = build::sanitizers;
  environment.commit = commit();
  return environment;
}

std::string fingerprint(const Environment& environment) {
  const auto text =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", environment.cpu_model, environment.cores,
                  environment.kernel, environment.governor, environment.libc, environment.compiler,
                  environment.build_type, environment.flags, environment.sanitizers);
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bits
  for (const unsigned char c : text) {
    hash ^= c;
    hash *= 0x100000001b3;
  }
  return fmt::format("{:016x}", hash).substr(0, 12);
}

void to_json(nlohmann::json& json, const Environment& environment) {
  json = {{"hostname", environment.hostname},
          {"cpu_model", environment.cpu_model},
          {"cores", environment.cores},
          {"memory_bytes", environment.memory_bytes},
          {"kernel", environment.kernel},
          {"governor", environment.governor},
          {"libc", environment.libc},
          {"compiler", environment.compiler},
          {"build_type", environment.build_type},
          {"flags", environment.flags},
          {"sanitizers", environment.sanitizers},
          {"commit", environment.commit},
          {"fingerprint", fingerprint(environment)}};
}

void from_json(const nlohmann::json& json, Environment& environment) {
  environment.hostname = json.at("hostname");
  environment.cpu_model = json.at("cpu_model");
  environment.cores = json.at("cores");
  environment.memory_bytes = json.at("memory_bytes");
  environment.kernel = json.at("kernel");
  environment.governor = json.at("governor");
  environment.libc = json.at("libc");
  environment.compiler = json.at("compiler");
  environment.build_type = json.at("build_type");
  environment.flags = json.at("flags");
  environment.sanitizers = json.at("sanitizers");
  environment.commit = json.at("commit");
}

}  // namespace dyno
