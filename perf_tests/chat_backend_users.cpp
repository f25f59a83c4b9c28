#include "chat_backend_users.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace chat_backend_perf {

namespace {

constexpr std::array<std::string_view, 5> questions{
    "Why is the first request after a deploy slow?", "Which index does the message list need?",
    "How long may an entry stay in the cache?",
    "What should we look at before the release on Friday?",
    "Summarise what was decided about backups."};

std::string question(User& user, const Format& format) {
  return fmt::format(R"({{"message":"{}","provider":"{}"}})",
                     questions[user.random().below(questions.size())], format.provider);
}

std::string path_of(User& user, std::uint64_t count, std::string_view what, std::string_view then) {
  return fmt::format("/api/{}/{}/{}", what, 1 + user.random().below(count), then);
}

// Whether the answer is the kind that was asked for: a wrong answer that is fast must not pass.
bool has(const dyno::load::Response& response, std::string_view member) {
  return response.body.starts_with('{') && response.body.find(member) != std::string::npos;
}

constexpr dyno::http::Header no_cache[] = {{"Cache-Control", "no-cache"}};

}  // namespace

Task<void> check_health(User& user) {
  const auto answer = co_await user.get("/api/health", {.want_body = true});
  user.check(answer, has(answer, "\"status\":\"ok\""), "a status of ok");
}

Task<void> list_agents(User& user) {
  const auto answer = co_await user.get("/api/agents", {.want_body = true});
  user.check(answer, has(answer, "\"agents\":"), "an answer with 'agents'");
}

Task<void> list_agents_uncached(User& user) {
  const auto answer = co_await user.get("/api/agents", {.headers = no_cache, .want_body = true});
  user.check(answer, has(answer, "\"agents\":"), "an answer with 'agents'");
}

Task<void> read_page(User& user, const Known& known) {
  const std::string path =
      path_of(user, known.channels, "channels",
              fmt::format("messages?before={}", 1 + user.random().below(known.messages)));
  const auto answer = co_await user.get(path, {.name = messages_endpoint, .want_body = true});
  user.check(answer, has(answer, "\"messages\":"), "an answer with 'messages'");
}

Task<void> invoke(User& user, const Known& known, const Format& format) {
  const std::string path = path_of(user, known.agents, "agents", "invoke");
  const std::string body = question(user, format);
  const auto answer =
      co_await user.post_json(path, body, {.name = format.invoke, .want_body = true});
  user.check(answer, has(answer, "\"content\":"), "an answer with 'content'");
}

Task<void> stream(User& user, const Known& known, const Format& format) {
  const std::string path = path_of(user, known.agents, "agents", "stream");
  const std::string body = question(user, format);
  const dyno::http::Request request{
      .method = "POST", .path = path, .body = body, .content_type = "application/json"};
  auto events = co_await user.open(
      request, {.name = format.stream, .event_timeout = 10s, .tokens = [](const auto& event) {
                  return event.type == "delta" ? std::uint64_t{1} : std::uint64_t{0};
                }});
  bool done = false;
  while (true) {
    const dyno::http::Event* event = co_await events.next();
    if (event == nullptr) break;
    done = event->type == "done";
  }
  events.close();
  user.check(events.response(), done && events.tokens() > 0, "pieces of text, and an end");
}

Task<void> chat(User& user, const Known& known) {
  co_await list_agents(user);
  co_await user.think(500ms);
  const auto channels = co_await user.get("/api/channels", {.want_body = true});
  user.check(channels, has(channels, "\"channels\":"), "an answer with 'channels'");
  co_await user.think(500ms);
  const std::string path = path_of(user, known.channels, "channels", "messages");
  const std::string body =
      fmt::format(R"({{"author":"user.{}","content":"message {} of the load test"}})", user.index(),
                  user.iteration());
  co_await user.post_json(path, body, {.name = messages_endpoint, .accept = {201}});
  co_await user.think(2s);
  const auto page = co_await user.get(path, {.name = messages_endpoint, .want_body = true});
  user.check(page, has(page, "\"messages\":"), "an answer with 'messages'");
  co_await user.think(1s);
}

dyno::load::Scenario chatting(const Known& known) {
  dyno::load::Scenario scenario([&known](User& user) { return chat(user, known); });
  scenario.name = "agents, channels, send, read";
  scenario.classes.front().tasks.front().name = "chat";
  return scenario;
}

}  // namespace chat_backend_perf
