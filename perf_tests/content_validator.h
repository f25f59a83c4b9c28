// What the content validator's performance cases share: the fixture, the documents there are to ask
// for, and the tools as journeys of users, each with an MCP session of its own.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "dyno/harness/perf_case.h"
#include "dyno/load/blocking.h"
#include "dyno/load/scenario.h"
#include "dyno/load/user.h"
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
using dyno::load::Response;
using dyno::load::Scenario;
using dyno::load::Task;
using dyno::load::User;
using dyno::load::users;
using dyno::record::RunRecord;

class ContentValidatorPerf;
using Journey = Task<void> (*)(User&, ContentValidatorPerf&);

// One call each, with a check of its answer.
Task<void> validate_file(User& user, ContentValidatorPerf& of);
Task<void> list_validations(User& user, ContentValidatorPerf& of);
Task<void> get_validation(User& user, ContentValidatorPerf& of);
Task<void> get_stats(User& user, ContentValidatorPerf& of);
Task<void> get_recommendations(User& user, ContentValidatorPerf& of);
Task<void> approve(User& user, ContentValidatorPerf& of);  // one that nobody has decided yet
Task<void> enhance(User& user, ContentValidatorPerf& of);

class ContentValidatorPerf : public dyno::harness::PerfCase {
 public:
  // The documents and some validations of the service, made on first use.
  const std::vector<std::string>& paths();
  const std::vector<std::int64_t>& validations();
  std::int64_t next_pending();  // each once; after the last one the first again

  // One call of a tool in the user's session. The texts must live until it has been awaited.
  Task<Response> call(User& user, std::string_view tool, std::string_view arguments);

 protected:
  dyno::harness::ServiceSpec service_spec() const override;
  std::string mcp_url() { return service().url() + "/mcp"; }
  // The program with its pipes for an endpoint, on the same documents.
  std::vector<std::string> stdio_command() const;

  struct Weighted {
    const char* name;
    double weight;
    Journey journey;
  };
  // Each user begins a session of its own and ends it, unless all have been given one.
  enum class Sessions { own, given };
  Scenario scenario(const std::string& name, std::vector<Weighted> tasks,
                    Sessions sessions = Sessions::own);
  void give_session(std::uint32_t user, const std::string& id) { sessions_.at(user).id = id; }
  Scenario only(const std::string& name, Journey journey) {
    return scenario(name, {{name.c_str(), 1, journey}});
  }
  // Pairs of calls, in this process and through `client`; judges what the protocol adds.
  void measure_overhead(mcp_perf::Client& client, const std::string& transport);
  // At least so many validations that are pending, for cases that decide each once.
  void prepare_pending(std::size_t count);

 private:
  struct Session {
    std::string id;
  };
  Task<void> begin(User& user);
  Task<void> end(User& user);
  void learn();
  void validate_folder();

  std::vector<Session> sessions_{2000};
  std::vector<std::string> paths_;
  std::vector<std::int64_t> validations_;
  std::atomic<std::size_t> next_{0};
  std::unique_ptr<mcp_perf::HttpClient> setup_;
};

// How the service of this program's settings is made, for cases that call the tools in-process.
content_validator::Config config_of(const dyno::harness::Settings& settings);

}  // namespace content_validator_perf
