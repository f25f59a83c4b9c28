// The protocol's own cases, for any MCP server: this service's unless the environment names
// another.
//   DYNO_MCP_URL        http://HOST:PORT/mcp of a server that runs (Streamable HTTP)
//   DYNO_MCP_COMMAND    the command of a server over stdio, as a shell takes it
//   DYNO_MCP_TOOL, DYNO_MCP_ARGUMENTS   the tool to call, and its arguments as JSON; get_stats and
//   {}
// With a server of others, the cases over the transport that is not named are skipped.
#include <cstdlib>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "content_validator.h"

namespace content_validator_perf {
namespace {

using dyno::metrics::Outcome;
using dyno::metrics::OutcomeKind;
using mcp_perf::Client;
using mcp_perf::HttpClient;
using mcp_perf::rpc;
using mcp_perf::StdioClient;
using nlohmann::json;

std::string variable(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

class McpProtocolPerf : public ContentValidatorPerf {
 protected:
  static bool foreign() {
    return !variable("DYNO_MCP_URL").empty() || !variable("DYNO_MCP_COMMAND").empty();
  }
  // Empty: the server of others is not known by this transport.
  std::string url() { return foreign() ? variable("DYNO_MCP_URL") : mcp_url(); }
  std::vector<std::string> command() const {
    if (!foreign()) return stdio_command();
    const auto named = variable("DYNO_MCP_COMMAND");
    if (named.empty()) return {};
    return {"sh", "-c", "exec " + named};
  }
  static std::string call(std::int64_t id) {
    return mcp_perf::tool_call(id, variable("DYNO_MCP_TOOL", "get_stats"),
                               variable("DYNO_MCP_ARGUMENTS", "{}"));
  }

  static bool good(const dyno::Result<std::string>& response) {
    return response && response->find("\"result\"") != std::string::npos &&
           response->find("\"isError\":true") == std::string::npos;
  }

  // What the specification asks of a server of tools, whatever the transport.
  void check_protocol(Client& client) {
    const auto begun = client.begin();
    ASSERT_TRUE(begun) << begun.error().message;
    const std::set<std::string> versions{"2025-03-26", "2025-06-18", "2025-11-25"};
    EXPECT_TRUE(versions.contains(begun->value("protocolVersion", ""))) << begun->dump();
    EXPECT_TRUE(begun->value("capabilities", json()).contains("tools")) << begun->dump();
    EXPECT_TRUE(begun->value("serverInfo", json()).contains("name")) << begun->dump();
    fmt::print("{} speaks {}\n", begun->at("serverInfo").at("name").dump(),
               begun->at("protocolVersion").dump());

    const auto pong = client.ask(rpc(1, "ping"));
    ASSERT_TRUE(pong) << pong.error().message;
    EXPECT_EQ(*pong, json::object());
    check_tools(client);
    check_errors(client);
  }

  void check_tools(Client& client) {
    const auto listed = client.ask(rpc(2, "tools/list"));
    ASSERT_TRUE(listed) << listed.error().message;
    ASSERT_TRUE(listed->contains("tools") && listed->at("tools").is_array());
    std::set<std::string> names;
    for (const json& tool : listed->at("tools")) {
      EXPECT_TRUE(names.insert(tool.value("name", "")).second) << "a name twice: " << tool.dump();
      EXPECT_EQ(tool.value("inputSchema", json()).value("type", ""), "object") << tool.dump();
    }
    fmt::print("{} tools\n", names.size());
    EXPECT_TRUE(names.contains(variable("DYNO_MCP_TOOL", "get_stats")));
    const auto called = client.ask(call(3));
    ASSERT_TRUE(called) << called.error().message;
    ASSERT_TRUE(called->value("content", json()).is_array()) << called->dump();
    EXPECT_FALSE(called->value("isError", false)) << called->dump();
    EXPECT_TRUE(called->at("content").at(0).contains("type"));
  }

  void check_errors(Client& client) {
    const auto error_of = [&](const std::string& message) {
      const auto response = client.request(message);
      EXPECT_TRUE(response) << response.error().message;
      const json parsed = response ? json::parse(*response, nullptr, false) : json();
      return parsed.is_object() ? parsed : json::object();
    };
    EXPECT_EQ(error_of(rpc(4, "no/such/method")).value("error", json::object()).value("code", 0),
              -32601);
    // A protocol error by the letter; reference servers also answer with a result that is an error.
    const json unknown = error_of(mcp_perf::tool_call(5, "no_such_tool", "{}"));
    EXPECT_TRUE(unknown.contains("error") ||
                unknown.value("result", json::object()).value("isError", false))
        << unknown.dump();
    EXPECT_EQ(unknown.value("id", json()), 5);
    EXPECT_TRUE(good(client.request(call(6)))) << "after errors the session goes on";
  }

  void measure_calls(const std::string& transport, const std::function<Client&(BlockingUser&)>& of,
                     const dyno::load::LoadPlan& plan,
                     const std::string& set = "content_validator/protocol_calls") {
    const auto run = load_blocking(
        [&](BlockingUser& user) {
          user.operation(transport + " tools/call", [&] {
            const auto response = of(user).request(call(7));
            return good(response) ? Outcome{} : Outcome{OutcomeKind::check_failed};
          });
        },
        plan);
    EXPECT_THAT(run, meets(targets(set)));
  }
};

TEST_F(McpProtocolPerf, ConformsOverHttp) {
  const auto where = url();
  if (where.empty()) GTEST_SKIP() << "DYNO_MCP_URL names no server";
  HttpClient client(where);
  check_protocol(client);
  const auto status = [&](std::string_view method, std::string_view body,
                          const std::string& session) {
    const auto answer = client.send(method, body, session);
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(status("POST", "{", client.session()), 400);
  if (client.session().empty()) return;
  EXPECT_EQ(status("POST", rpc(8, "tools/list"), ""), 400) << "without its session";
  const int strange = status("POST", rpc(9, "tools/list"), "no-such-session");
  EXPECT_TRUE(strange == 404 || (foreign() && strange == 400)) << strange;
  const int ended = status("DELETE", "", client.session());
  EXPECT_TRUE((ended >= 200 && ended < 300) || ended == 405) << ended;
  if (ended == 405) return;
  const int after = status("POST", rpc(10, "tools/list"), client.session());
  EXPECT_TRUE(after == 404 || (foreign() && after == 400)) << after;
}

TEST_F(McpProtocolPerf, ConformsOverStdio) {
  const auto program = command();
  if (program.empty()) GTEST_SKIP() << "DYNO_MCP_COMMAND names no server";
  StdioClient client(program);
  check_protocol(client);
  EXPECT_EQ(client.finish(), 0) << "it ends in order when its stdin does";
}

TEST_F(McpProtocolPerf, CallTimesOverHttp) {
  const auto where = url();
  if (where.empty()) GTEST_SKIP() << "DYNO_MCP_URL names no server";
  HttpClient client(where);
  const auto begun = client.begin();
  ASSERT_TRUE(begun) << begun.error().message;
  measure_calls(
      "http", [&](BlockingUser&) -> Client& { return client; }, users(1).operations(300));
}

TEST_F(McpProtocolPerf, CallTimesOverStdio) {
  const auto program = command();
  if (program.empty()) GTEST_SKIP() << "DYNO_MCP_COMMAND names no server";
  StdioClient client(program);
  const auto begun = client.begin();
  ASSERT_TRUE(begun) << begun.error().message;
  measure_calls(
      "stdio", [&](BlockingUser&) -> Client& { return client; }, users(1).operations(300));
}

TEST_F(McpProtocolPerf, ConcurrentSessionsOverHttp) {
  const auto where = url();
  if (where.empty()) GTEST_SKIP() << "DYNO_MCP_URL names no server";
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (std::uint32_t i = 0; i < at_most(10); ++i) {
    clients.push_back(std::make_unique<HttpClient>(where));
    const auto begun = clients.back()->begin();
    ASSERT_TRUE(begun) << begun.error().message;
  }
  measure_calls(
      "http", [&](BlockingUser& user) -> Client& { return *clients[user.index()]; },
      users(static_cast<std::uint32_t>(clients.size())).hold(length({3s, 10s, 1min})),
      "content_validator/protocol_sessions");
}

}  // namespace
}  // namespace content_validator_perf
