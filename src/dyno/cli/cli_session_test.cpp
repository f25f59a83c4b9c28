// Sessions from the command line: what is sent, what is recorded, and that secrets stay secret.
#include <fstream>
#include <sstream>

#include "dyno/cli/program_for_test.h"
#include "dyno/core/files.h"
#include "dyno/http/authentication.h"
#include "dyno/http/scripted_service.h"

namespace dyno::cli {
namespace {

using http::answer;
using http::redirect_to;
using http::ScriptedService;
using http::wire_target;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class Sessions : public DynoProgram {
 protected:
  ProgramRun run(const std::string& url, std::vector<std::string> further) const {
    std::vector<std::string> arguments{"run", "--url", url, "-i", "4", "--out", "here"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return start(std::move(arguments));
  }

  // All that the run has left behind, reports and all.
  std::string everything_written() const {
    std::ostringstream all;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "here")) {
      if (entry.is_regular_file()) all << std::ifstream(entry.path()).rdbuf();
    }
    return all.str();
  }

  std::string refusal(std::vector<std::string> further) const {
    auto program = run("http://127.0.0.1:1/", std::move(further));
    EXPECT_EQ(program.wait(), 2);
    return program.err();
  }
};

// What the measured requests were, without those of the program that looks around.
std::vector<std::string> asked_for(ScriptedService& service, const std::string& path) {
  std::vector<std::string> lines;
  for (auto& line : service.take_lines()) {
    if (line.find(' ' + path) != std::string::npos) lines.push_back(std::move(line));
  }
  return lines;
}

TEST_F(Sessions, RedirectsCookiesAndRetriesAreDoneAndCounted) {
  std::atomic<int> asked{0};
  ScriptedService service([&](const std::string& request) {
    if (wire_target(request) == "/login") {
      return redirect_to("/home", 303, "Set-Cookie: sid=7; Path=/\r\n");
    }
    if (wire_target(request) == "/home" && ++asked == 1) return answer(503);
    return answer(200);
  });
  auto program =
      run(service.url() + "/login", {"-L", "--cookies", "--retries", "2", "--method", "POST",
                                     "--body", "{}", "--max-requests-per-connection", "5"});
  EXPECT_EQ(program.wait(), 0) << program.err();
  const auto homes = asked_for(service, "/home");
  EXPECT_EQ(homes.size(), 5u);
  EXPECT_THAT(homes, Each("GET /home Cookie: sid=7"));
  const auto run = record("here/record.json");
  std::uint64_t redirects = 0;
  std::uint64_t retries = 0;
  for (const auto& cell : run.cells) {
    redirects += cell.redirects;
    retries += cell.retries;
  }
  EXPECT_EQ(count(run, "ok"), 4u);
  EXPECT_EQ(redirects, 4u);
  EXPECT_EQ(retries, 1u);
  EXPECT_THAT(run.notes, Contains(HasSubstr("redirects followed: 4")));
  EXPECT_THAT(run.reproduce, HasSubstr(" --location --cookies --retries 2"));
}

TEST_F(Sessions, CredentialsAreSentAndWrittenNowhere) {
  ASSERT_TRUE(write_file(folder_ / "secret", "alice:topsecret\n").ok());
  const std::string token = http::base64("alice:topsecret");
  ScriptedService service([](const std::string& request) {
    return request.find("Authorization: ") == std::string::npos
               ? answer(200)
               : redirect_to("http://elsewhere.invalid/?token=topsecret", 302);
  });
  auto program = run(service.url() + "/x", {"-L", "--user", "@secret"});
  EXPECT_EQ(program.wait(), 1) << program.err();  // all fail, and say why
  const auto lines = asked_for(service, "/x");
  EXPECT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines, Each("GET /x Authorization: Basic " + token));
  const auto all = program.out() + program.err() + everything_written();
  EXPECT_THAT(all, AllOf(HasSubstr("http://elsewhere.invalid/, not the service under load"),
                         Not(HasSubstr("topsecret")), Not(HasSubstr(token))));
}

TEST_F(Sessions, ConnectionsAreShared) {
  ScriptedService service([](const std::string&) { return answer(200); });
  auto program = run(service.url() + "/x", {"-u", "4", "--max-connections", "1"});
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_EQ(asked_for(service, "/x").size(), 4u);
  const auto run = record("here/record.json");
  EXPECT_THAT(run.notes, Contains(HasSubstr("connections opened: 1")));
  EXPECT_THAT(run.notes, Contains(HasSubstr("at most 1 connections: 3 requests waited for one")));
}

TEST_F(Sessions, WhatCannotBeMeantIsRefusedWithoutRepeatingASecret) {
  EXPECT_THAT(refusal({"--user", "topsecret"}),
              AllOf(HasSubstr("NAME:PASSWORD"), Not(HasSubstr("topsecret"))));
  EXPECT_THAT(refusal({"--bearer", "top secret"}),
              AllOf(HasSubstr("--bearer"), Not(HasSubstr("secret"))));
  EXPECT_THAT(refusal({"--bearer", "env:DYNO_NOT_SET"}), HasSubstr("DYNO_NOT_SET"));
  EXPECT_THAT(refusal({"--user", "@none"}), AllOf(HasSubstr("--user"), HasSubstr("none")));
  EXPECT_THAT(refusal({"--user", "a:b", "--bearer", "c"}), HasSubstr("exclude"));
  EXPECT_THAT(refusal({"--retries", "1", "--retry-on", "refused,200"}), HasSubstr("'200'"));
  EXPECT_THAT(refusal({"--max-connections", "0"}), HasSubstr("--max-connections"));
}

}  // namespace
}  // namespace dyno::cli
