// What the content validator's performance cases share: the fixture.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "content_validator_users.h"
#include "dyno/harness/perf_case.h"
#include "dyno/load/blocking.h"
#include "mcp_client.h"

namespace content_validator {
struct Config;
class Workspace;
}  // namespace content_validator

namespace content_validator_perf {

using namespace std::chrono_literals;
using dyno::Duration;
using dyno::harness::Lengths;
using dyno::harness::meets;
using dyno::load::BlockingUser;
using dyno::load::users;
using dyno::record::RunRecord;

class ContentValidatorPerf : public dyno::harness::PerfCase {
 protected:
  dyno::harness::ServiceSpec service_spec() const override;
  std::string mcp_url() { return service().url() + "/mcp"; }
  // The program with its pipes for an endpoint, on the same documents.
  std::vector<std::string> stdio_command() const;

  Scenario scenario(const std::string& name, const std::vector<Weighted>& tasks,
                    Sessions sessions = Sessions::own) {
    return scenario_of(name, tasks, known(), sessions);
  }
  Scenario only(const std::string& name, Journey journey) {
    return scenario(name, {{name.c_str(), 1, journey}});
  }
  // The documents and some validations of the service, made on first use.
  Clients& known();
  const std::vector<std::string>& paths() { return known().paths; }
  void give_session(std::uint32_t user, const std::string& id) { clients_.give_session(user, id); }
  // Pairs of calls, in this process and through `client`; judges what the protocol adds.
  void measure_overhead(mcp_perf::Client& client, const std::string& transport);
  // At least so many validations that are pending, for cases that decide each once.
  void prepare_pending(std::size_t count);

 private:
  void validate_folder();

  Clients clients_;
  std::unique_ptr<mcp_perf::HttpClient> setup_;
};

// How the service of this program's settings is made, for cases that call the tools in-process.
content_validator::Config config_of(const dyno::harness::Settings& settings);

}  // namespace content_validator_perf
