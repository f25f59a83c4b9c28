#include "content_validator_users.h"

#include <fmt/format.h>

#include "mcp_client.h"

namespace content_validator_perf {
namespace {

// What a client must say it takes, with every request.
constexpr dyno::http::Header accept{"Accept", "application/json, text/event-stream"};

// And, once it has been agreed on, with every request after it (Streamable HTTP, "Protocol Version
// Header").
constexpr dyno::http::Header version{"MCP-Protocol-Version", "2025-11-25"};

// Looks at the text, since parsing every answer would cost the engine more than sending the
// request. In the escaped copy of the answer a quote has a backslash before it.
bool has(const Response& response, std::string_view member) {
  return response.body.find(member) != std::string::npos;
}

const std::string& choose(User& user, const std::vector<std::string>& choices) {
  return choices[user.random().below(choices.size())];
}

std::string id_arguments(std::int64_t id) { return fmt::format(R"({{"validation_id":{}}})", id); }

}  // namespace

const std::vector<Weighted> mixed_operations{
    {"validate", 50, validate_file}, {"list", 30, list_validations}, {"stats", 20, get_stats}};

std::int64_t Clients::next_pending() {
  return validations[next_.fetch_add(1) % validations.size()];
}

Task<void> Clients::begin(User& user) {
  const std::string body = mcp_perf::initialize_request();
  const dyno::http::Header before[] = {accept};
  const auto answer = co_await user.post_json("/mcp", body,
                                              {.name = "initialize",
                                               .accept = {200},
                                               .headers = before,
                                               .want_body = true,
                                               .want_headers = true});
  auto& session = sessions_.at(user.index());
  session.id = std::string(answer.header("Mcp-Session-Id"));
  user.check(answer, has(answer, "\"serverInfo\":"), "what the server is");
  user.check(answer, has(answer, "\"protocolVersion\":\"2025-11-25\""), "the version asked for");
  const bool begun = user.check(answer, !session.id.empty(), "a session");
  if (!begun) co_return;
  const dyno::http::Header headers[] = {{"Mcp-Session-Id", session.id}, version, accept};
  co_await user.post_json(
      "/mcp", R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
      {.name = "notifications/initialized", .accept = {202}, .headers = headers});
}

Task<void> Clients::end(User& user) {
  const dyno::http::Header headers[] = {
      {"Mcp-Session-Id", sessions_.at(user.index()).id}, version, accept};
  co_await user.request({.method = "DELETE", .path = "/mcp"},
                        {.name = "end of session", .accept = {204}, .headers = headers});
}

Task<Response> Clients::call(User& user, std::string_view tool, std::string_view arguments) {
  const std::string body =
      mcp_perf::tool_call(static_cast<std::int64_t>(user.iteration()), tool, arguments);
  const std::string name = fmt::format("tools/call {}", tool);
  const dyno::http::Header headers[] = {
      {"Mcp-Session-Id", sessions_.at(user.index()).id}, version, accept};
  auto answer =
      co_await user.post_json("/mcp", body, {.name = name, .headers = headers, .want_body = true});
  user.check(answer, has(answer, "\"isError\":false"), "a result that is no error");
  co_return answer;
}

Scenario scenario_of(const std::string& name, const std::vector<Weighted>& tasks, Clients& clients,
                     Sessions sessions) {
  Scenario scenario;
  scenario.name = name;
  auto& client = scenario.classes.emplace_back();
  client.name = "client";
  if (sessions == Sessions::own) {
    client.on_start = [&clients](User& user) { return clients.begin(user); };
    client.on_stop = [&clients](User& user) { return clients.end(user); };
  }
  for (const Weighted& task : tasks)
    client.tasks.push_back({task.name, task.weight, [&clients, journey = task.journey](User& user) {
                              return journey(user, clients);
                            }});
  return scenario;
}

Task<void> validate_file(User& user, Clients& of) {
  const std::string arguments = fmt::format(R"({{"path":"{}"}})", choose(user, of.paths));
  const auto answer = co_await of.call(user, "validate_file", arguments);
  user.check(answer, has(answer, "\"findings\":["), "findings");
}

Task<void> list_validations(User& user, Clients& of) {
  const auto answer = co_await of.call(user, "list_validations", R"({"limit":20})");
  user.check(answer, has(answer, "\"next_before\":"), "a page");
}

Task<void> get_validation(User& user, Clients& of) {
  const std::string arguments =
      id_arguments(of.validations[user.random().below(of.validations.size())]);
  const auto answer = co_await of.call(user, "get_validation", arguments);
  user.check(answer, has(answer, "\"findings\":["), "findings");
}

Task<void> get_stats(User& user, Clients& of) {
  const auto answer = co_await of.call(user, "get_stats", "{}");
  user.check(answer, has(answer, "\"average_score\":"), "statistics");
}

Task<void> get_recommendations(User& user, Clients& of) {
  const auto answer = co_await of.call(user, "get_recommendations", "{}");
  user.check(answer, has(answer, "\"advice\":"), "advice");
}

Task<void> approve(User& user, Clients& of) {
  const std::string arguments = id_arguments(of.next_pending());
  const auto answer = co_await of.call(user, "approve", arguments);
  user.check(answer, has(answer, "\"status\":\"approved\""), "approval");
}

Task<void> enhance(User& user, Clients& of) {
  const std::string arguments =
      id_arguments(of.validations[user.random().below(of.validations.size())]);
  const auto answer = co_await of.call(user, "enhance", arguments);
  user.check(answer, has(answer, "\"diff\":"), "a diff");
}

}  // namespace content_validator_perf
