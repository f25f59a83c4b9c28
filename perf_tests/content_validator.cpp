#include "content_validator.h"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "in_process.h"
#include "services/content_validator/service.h"

namespace content_validator_perf {
namespace {

using dyno::harness::ServiceSpec;
using dyno::harness::Settings;
using perf_tests::from_environment;

}  // namespace

content_validator::Config config_of(const Settings& settings) {
  content_validator::Config config;
  config.data_size = settings.data;
  config.data_seed = settings.seed;
  config.cache_dir = settings.data_cache;
  config.database = from_environment("DYNO_DATABASE_URL");
  config.fault = from_environment("DYNO_FAULT");
  return config;
}

ServiceSpec ContentValidatorPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "content_validator";
  spec.program = CONTENT_VALIDATOR_PROGRAM;
  spec.arguments = {"--port",      "0",
                    "--data",      settings().data,
                    "--seed",      std::to_string(settings().seed),
                    "--cache-dir", settings().data_cache.string()};
  spec.start_here =
      perf_tests::start_here<content_validator::Service>(spec.system, config_of(settings()));
  return spec;
}

std::vector<std::string> ContentValidatorPerf::stdio_command() const {
  return {CONTENT_VALIDATOR_PROGRAM,
          "--stdio",
          "--data",
          settings().data,
          "--seed",
          std::to_string(settings().seed),
          "--cache-dir",
          settings().data_cache.string()};
}

void ContentValidatorPerf::validate_folder() {
  if (!setup_) {
    setup_ = std::make_unique<mcp_perf::HttpClient>(mcp_url());
    if (const auto begun = setup_->begin(); !begun) throw std::runtime_error(begun.error().message);
  }
  const auto result = setup_->ask(mcp_perf::tool_call(1, "validate_folder", R"({"limit":200})"));
  if (!result) throw std::runtime_error(result.error().message);
  const bool is_first = clients_.paths.empty();
  for (const auto& one : result->at("structuredContent").at("validations")) {
    if (is_first) clients_.paths.push_back(one.at("path"));
    clients_.validations.push_back(one.at("validation_id"));
  }
  if (clients_.paths.empty()) throw std::runtime_error("the service has no documents");
}

Clients& ContentValidatorPerf::known() {
  if (clients_.paths.empty()) validate_folder();
  return clients_;
}

void ContentValidatorPerf::prepare_pending(std::size_t count) {
  while (known().validations.size() < count) validate_folder();
  clients_.begin_with_the_first();
}

}  // namespace content_validator_perf
