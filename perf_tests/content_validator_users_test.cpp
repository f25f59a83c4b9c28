// The clients of the content validator exist twice, in C++ and as a scenario file: the same calls
// with the same weights, about all documents that the service generates.

#include "content_validator_users.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "dyno/core/files.h"
#include "journeys_for_test.h"
#include "services/content_validator/corpus.h"
#include "services/content_validator/service.h"

namespace content_validator_perf {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t seed = 1;

std::vector<std::string> documents(const std::string& size) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < content_validator::corpus_documents(size); ++i)
    paths.push_back(content_validator::make_document(size, seed, i).path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string lines_of(const std::vector<std::string>& paths) {
  std::string lines = "path\n";
  for (const auto& path : paths) lines += path + '\n';
  return lines;
}

TEST(ContentValidatorUsers, AreTheSameAsDataAndInCode) {
  content_validator::Config config;
  config.data_size = "small";
  config.data_seed = seed;
  config.cache_dir = DYNO_TEST_CACHE_DIR;
  content_validator::Service service(config);
  const auto port = service.start();
  ASSERT_TRUE(port.ok()) << port.error().message;
  Clients clients;
  clients.paths = documents("small");
  const auto code = scenario_of("mixed", mixed_operations, clients);
  const auto with = [&](const std::vector<std::pair<std::string, std::string>>& replaced) {
    const auto data = journeys::read(
        "content_validator.json",
        [&](const std::filesystem::path&) { return lines_of(clients.paths); }, replaced);
    return journeys::differences(code, data, *port);
  };
  EXPECT_THAT(with({}), IsEmpty());
  const auto differences = with({{"\"host\"", "\"wait\": \"0s-100ms\", \"host\""},
                                 {"\"weight\": 50", "\"weight\": 40"},
                                 {"\"limit\": 20", "\"limit\": 10"}});
  for (const char* seen :
       {"longest wait, ns: 0 in C++, 100000000 as data", "validate, weight: 50 in C++, 40 as data",
        "list, request 1, body /params/arguments/limit: # [20..20] in C++"})
    EXPECT_THAT(differences, Contains(HasSubstr(seen)));
}

TEST(ContentValidatorUsers, AskForAllDocuments) {
  EXPECT_EQ(dyno::read_file(DYNO_SOURCE_DIR "/fixtures/scenarios/content_validator_documents.csv")
                .value(),
            lines_of(documents("medium")));
}

}  // namespace
}  // namespace content_validator_perf
