// A service of this repository as a performance case starts it in its own process, and what the
// environment says of its storage. For the fixtures here; the harness knows no service.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "dyno/harness/service_under_test.h"

namespace perf_tests {

// DYNO_DATABASE_URL, DYNO_REDIS_URL, DYNO_FAULT: empty where it is not set. A spawned service reads
// them itself.
inline std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

template <typename Service>
class InProcess final : public dyno::harness::LocalService {
 public:
  template <typename Config>
  explicit InProcess(Config config) : service_(std::move(config)) {}

  Service& service() { return service_; }
  std::string url() const override { return service_.url(); }

 private:
  Service service_;
};

// What ServiceSpec::start_here wants: `system` stands before its errors.
template <typename Service, typename Config>
std::function<dyno::Result<std::unique_ptr<dyno::harness::LocalService>>()> start_here(
    std::string system, Config config) {
  using Local = std::unique_ptr<dyno::harness::LocalService>;
  return [system = std::move(system), config = std::move(config)]() -> dyno::Result<Local> {
    auto local = std::make_unique<InProcess<Service>>(config);
    const auto port = local->service().start();
    if (!port) return dyno::Error{system + ": " + port.error().message};
    return Local(std::move(local));
  };
}

}  // namespace perf_tests
