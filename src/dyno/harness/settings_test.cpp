#include "dyno/harness/settings.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::harness {
namespace {

using namespace std::chrono_literals;

Result<Settings> read(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> names;
  for (const auto& [name, value] : variables) names.push_back(name);
  const auto value_of = [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  return read_settings(value_of, names);
}

TEST(Settings, AnEmptyEnvironmentMeansStandardInProcessMedium) {
  const auto settings = read({{"DYNO_HOST", ""}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->form, Form::standard);
  EXPECT_EQ(settings->mode, TargetMode::in_process);
  EXPECT_EQ(settings->data, "medium");
  EXPECT_FALSE(settings->duration);
  EXPECT_FALSE(settings->max_users);
}

TEST(Settings, TheDocumentsVariablesAreHonoured) {
  const auto settings = read({{"PERFORMANCE_TEST_MODE", "true"},
                              {"TEST_DURATION_SECONDS", "30"},
                              {"MAX_CONCURRENT_USERS", "500"}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->form, Form::standard);
  EXPECT_EQ(settings->duration, Duration{30s});
  EXPECT_EQ(settings->max_users, 500u);
}

TEST(Settings, AHostMakesItRemoteWhateverTheTarget) {
  const auto settings = read({{"DYNO_TARGET", "spawn"}, {"DYNO_HOST", "http://10.0.0.1:8000/"}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->mode, TargetMode::remote);
  EXPECT_EQ(settings->host, "http://10.0.0.1:8000");
}

TEST(Settings, ASystemsOwnHostComesBeforeTheHostOfAll) {
  const auto own = read({{"DYNO_HOST_COST_AGENT", "http://10.0.0.2:8000/"},
                         {"DYNO_HOST_CHAT_BACKEND", ""},
                         {"DYNO_HOSTNAME", "no host of ours"}});
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->mode, TargetMode::in_process) << "for the other systems";
  EXPECT_EQ(host_of(*own, "cost_agent"), "http://10.0.0.2:8000");
  EXPECT_EQ(host_of(*own, "chat_backend"), "");
  const auto both =
      read({{"DYNO_HOST_COST_AGENT", "http://a.test"}, {"DYNO_HOST", "http://b.test"}});
  ASSERT_TRUE(both);
  EXPECT_EQ(host_of(*both, "cost_agent"), "http://a.test");
  EXPECT_EQ(host_of(*both, "chat_backend"), "http://b.test");
}

TEST(Settings, TheNamesOfTheVariablesThereAre) {
  setenv("DYNO_HOST_NAMED_BY_A_TEST", "a=b", 1);
  EXPECT_THAT(variable_names(), testing::Contains("DYNO_HOST_NAMED_BY_A_TEST"));
  unsetenv("DYNO_HOST_NAMED_BY_A_TEST");
}

TEST(Settings, HowAHostUnderTlsIsTrusted) {
  const auto checked = read({{"DYNO_HOST", "https://a.test"}, {"DYNO_CACERT", "ca.pem"}});
  ASSERT_TRUE(checked);
  EXPECT_TRUE(checked->http.tls.verify);
  EXPECT_EQ(checked->http.tls.ca_file, "ca.pem");
  const auto insecure = read({{"DYNO_HOST", "https://a.test"}, {"DYNO_INSECURE", "1"}});
  ASSERT_TRUE(insecure);
  EXPECT_FALSE(insecure->http.tls.verify);
  EXPECT_FALSE(read({{"DYNO_INSECURE", "yes"}}));
}

TEST(Settings, WhatRunsTheSameAgainIsToldWithoutSecrets) {
  EXPECT_EQ(read({})->given, "");
  const auto settings = read({{"PERFORMANCE_TEST_MODE", "quick"},
                              {"MAX_CONCURRENT_USERS", "5"},
                              {"DYNO_SEED", ""},
                              {"DYNO_RESULTS_DIR", "/elsewhere"},
                              {"DYNO_HOST_COST_AGENT", "http://u:p4ss@h:1/"},
                              {"ANTHROPIC_API_KEY", "sk-p4ss"},
                              {"DYNO_LLM_MAX_COST", "0.5"},
                              {"DYNO_DATABASE_URL", "postgresql://me:p4ss@h/two words"}});
  EXPECT_EQ(
      settings->given,
      "PERFORMANCE_TEST_MODE=quick MAX_CONCURRENT_USERS=5 "
      "DYNO_HOST_COST_AGENT='http://***@h:1/' DYNO_DATABASE_URL='postgresql://***@h/two words' "
      "DYNO_LLM_MAX_COST=0.5");
}

TEST(Settings, NoPasswordIsInWhatIsSaid) {
  for (const char* host :
       {"u:hunter22@h", "ftp://u:hunter22@h", "htp:/u:hunter22@h", "//h?token=hunter22"}) {
    const auto settings = read({{"DYNO_HOST", host}});
    ASSERT_FALSE(settings);
    EXPECT_THAT(settings.error().message, testing::Not(testing::HasSubstr("hunter22")));
  }
  for (const char* url : {"redis:u:hunter22@h", "u:hunter22@h", "redis://:1/hunter22@h"}) {
    EXPECT_THAT(read({{"DYNO_REDIS_URL", url}})->given,
                testing::Not(testing::HasSubstr("hunter22")));
  }
}

TEST(Settings, MistakesNameTheVariableTheValueAndTheChoices) {
  const std::map<std::string, std::string> mistakes{{"PERFORMANCE_TEST_MODE", "fast"},
                                                    {"TEST_DURATION_SECONDS", "-3"},
                                                    {"MAX_CONCURRENT_USERS", "many"},
                                                    {"DYNO_TARGET", "docker"},
                                                    {"DYNO_DATA", "huge"},
                                                    {"DYNO_SEED", "x"},
                                                    {"DYNO_HOST", "localhost:8000"},
                                                    {"DYNO_HOST_COST_AGENT", "localhost:8000"},
                                                    {"DYNO_BILLING", "/nowhere/bill.csv"}};
  for (const auto& [name, value] : mistakes) {
    const auto settings = read({{name, value}});
    ASSERT_FALSE(settings) << name;
    EXPECT_THAT(settings.error().message,
                testing::StartsWith(name + "='" + value + "': it must be"));
  }
}

}  // namespace
}  // namespace dyno::harness
