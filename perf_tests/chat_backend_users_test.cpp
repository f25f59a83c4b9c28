// The users of the chat backend exist twice, in C++ and as a scenario file: the same requests with
// the same waits, in all channels of the data that the service generates.

#include "chat_backend_users.h"

#include <gmock/gmock.h>

#include "dyno/core/files.h"
#include "journeys_for_test.h"
#include "services/chat_backend/service.h"
#include "services/chat_backend/world.h"

namespace chat_backend_perf {
namespace {

using testing::IsEmpty;

std::string channels_of(const char* size) {
  const auto world = chat_backend::World::make(size, 1);
  std::string lines = "id\n";
  for (const auto& channel : world->channels()) lines += std::to_string(channel.id) + '\n';
  return lines;
}

TEST(ChatBackendUsers, AreTheSameAsDataAndInCode) {
  chat_backend::Config config;
  config.data.size = "small";
  config.data.cache_dir = DYNO_TEST_CACHE_DIR;
  chat_backend::Service service(config);
  const auto port = service.start();
  ASSERT_TRUE(port.ok()) << port.error().message;
  Known known;
  known.channels = chat_backend::World::make("small", 1)->channels().size();
  const auto file = journeys::read(
      "chat_backend.json", [](const std::filesystem::path&) { return channels_of("small"); });
  EXPECT_EQ(file.load.users, 50);
  EXPECT_EQ(file.load.run_time, Duration(60s));
  EXPECT_THAT(journeys::differences(chatting(known), file, *port), IsEmpty());
}

TEST(ChatBackendUsers, WriteToAllChannels) {
  EXPECT_EQ(
      dyno::read_file(DYNO_SOURCE_DIR "/fixtures/scenarios/chat_backend_channels.csv").value(),
      channels_of("medium"));
}

}  // namespace
}  // namespace chat_backend_perf
