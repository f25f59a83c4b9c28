// Everything that is asked of the chat backend, once, before any load.
#include "chat_backend.h"

namespace chat_backend_perf {
namespace {

// No language model is asked: with --no-llm none may be.
TEST_F(ChatBackendPerf, Smoke) {
  const auto& world = known();
  auto everything = chatting();
  auto& tasks = everything.classes.front().tasks;
  tasks.push_back({"health", 1, check_health});
  tasks.push_back({"agents", 1, list_agents_uncached});
  tasks.push_back({"page", 1, [&world](User& user) { return read_page(user, world); }});
  smoke(everything);
}

}  // namespace
}  // namespace chat_backend_perf
