// Secrets from end to end: the program is given them wherever it takes them, and neither prints nor
// writes them. Each test's secret holds the word "hunter22", and nothing else does.
#include <fstream>
#include <sstream>

#include "dyno/cli/run_for_test.h"
#include "dyno/http/scripted_service.h"

namespace dyno::cli {
namespace {

using http::redirect_to;
using http::ScriptedService;
using http::wire_target;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class KeptSecrets : public DynoProgram {
 protected:
  // All that it has said, and all that it has left in the folder "here".
  std::string everything(const ProgramRun& program) const {
    std::ostringstream all;
    all << program.out() << program.err();
    if (!fs::exists(folder_ / "here")) return all.str();
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "here")) {
      if (entry.is_regular_file()) all << std::ifstream(entry.path()).rdbuf();
    }
    return all.str();
  }
};

std::string with_body(const std::string& type, const std::string& body, int status = 200) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
         "\r\nSet-Cookie: who=hunter22\r\nX-Auth-Key: hunter22\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(KeptSecrets, OfOneRequestAreWrittenNowhere) {
  std::atomic<int> asked{0};
  ScriptedService service([&](const std::string&) {
    const int number = ++asked;
    if (number % 3 == 0) return redirect_to("http://u:hunter22@elsewhere.invalid/#token=hunter22");
    return with_body("application/json", R"({"token":"hunter22"})", number % 3 == 1 ? 200 : 500);
  });
  auto program = start(
      {"run",
       "--url",
       service.url() + "/x?token=hunter22?hunter22&key=hunter22&page=2&next=http://u:hunter22@h/",
       "--method",
       "POST",
       "--body",
       R"({"password":"hunter22"})",
       "--header",
       "X-Auth-Key: hunter22",
       "--header",
       "Ocp-Apim-Subscription-Key: hunter22",
       "--header",
       "X-Unknown: hunter22",
       "--header",
       "Cookie: a=hunter22",
       "--bearer",
       "hunter22",
       "-L",
       "-i",
       "9",
       "--headless",
       "--out",
       "here",
       "--csv",
       "here/l",
       "--json-file",
       "here/j",
       "--threshold",
       "http_req_failed: rate<0.01"});
  EXPECT_EQ(program.wait(), 1) << program.err();
  EXPECT_GE(asked, 9);
  const std::string all = everything(program);
  EXPECT_THAT(all, Not(HasSubstr("hunter22")));
  EXPECT_THAT(all, HasSubstr("elsewhere.invalid"));  // its failures are told
  EXPECT_THAT(record("here/record.json").reproduce, HasSubstr("--url " + service.url() + "/x"));
}

constexpr const char* scenario = R"({
  "variables": {"password": "hunter22", "tenant": "acme"},
  "headers": {"X-Api-Key": "hunter22"},
  "set_up": [{"post": "/set_up", "body": "user=u&passwd={{password}}",
              "extract": {"given": "/token"}}],
  "on_start": {"post": "/login", "json": {"user": "{{tenant}}", "password": "{{password}}"},
               "extract": {"token": "/token"}},
  "tasks": [
    {"get": "/items/{{uniform 1 9}}?sig={{given}}", "check": {"json": {"/state": "new"}},
     "headers": {"Authorization": "Bearer {{token}}", "X-Auth": "{{given}}"}},
    {"get": "/events?session_id={{token}}"},
    {"get": "/lines?jwt={{token}}", "check": {"status": 201}},
    {"get": "/answer", "check": {"json": {"/api_key": "hunter22"}}},
    {"get": "/head", "check": {"header": {"X-Auth-Key": "hunter22!"}}}
  ]
})";

std::string answer_of_shop(const std::string& request) {
  const std::string target(wire_target(request));
  if (target.starts_with("/events")) {
    return with_body("text/event-stream",
                     "event: a\ndata: {\"token\": \"hunter22\"}\n\ndata: password=hunter22\n\n");
  }
  if (target.starts_with("/lines")) {
    return with_body(
        "application/x-ndjson",
        "7\n{\"id_token\":\"hunter22\"}\n{\"text\":\"{\\\"pwd\\\":\\\"hunter22\\\"}\"}\n");
  }
  return with_body("application/json", R"({"token": "hunter22", "db": "pg://u:hunter22@h/n",
      "api_keys": ["hunter22"], "secrets": {"a": "hunter22"},
      "deps": "pg://h and pg://u:hunter22@h"})");
}

TEST_F(KeptSecrets, OfAScenarioAreWrittenNowhere) {
  file("shop.json", scenario);
  ScriptedService service(answer_of_shop);
  auto program = start({"run", "shop.json", "--host", service.url(), "-i", "12", "--headless",
                        "--out", "here", "--csv", "here/l"});
  program.wait();
  const std::string all = everything(program);
  EXPECT_THAT(all, Not(HasSubstr("hunter22")));
  EXPECT_THAT(all, HasSubstr("/state"));  // the check that fails
  EXPECT_THAT(record("here/record.json").reproduce, HasSubstr("shop.json"));
}

TEST_F(KeptSecrets, AreNotInATrace) {
  file("shop.json", scenario);
  ScriptedService service(answer_of_shop);
  auto program = start({"run", "shop.json", "--host", service.url(), "--once", "--trace"});
  EXPECT_EQ(program.wait(), 1);
  const std::string all = everything(program);
  EXPECT_THAT(all, Not(HasSubstr("hunter22")));
  for (const char* shown :
       {"> X-Api-Key: ***", "> Authorization: ***", "> X-Auth: ***", "?sig=***", "?session_id=***",
        R"("password":"***")", "user=u&passwd=***", "< X-Auth-Key: ***",
        R"(data: {"token": "***"})", "data: password=***", R"({"id_token":"***"})",
        R"({"text":"{\"pwd\":\"***\"}"})", "pg://***@h/n"}) {
    EXPECT_THAT(all, HasSubstr(shown));
  }
}

TEST_F(KeptSecrets, AreNotInRefusals) {
  file("shop.json", scenario);
  file("bad.json", R"({"host": "http://u:hunter22@h", "tasks": [{"get": "/"}]})");
  const std::vector<std::vector<std::string>> mistakes{
      {"run", "--url", "http://u:hunter22@h/"},
      {"run", "--url", "http://u:hunter22/x@h/"},
      {"run", "--url", "u:hunter22@h/"},
      {"run", "--url", "ftp://u:hunter22@h/?token=hunter22"},
      {"run", "--url", "http://h:x/?token=hunter22"},
      {"run", "--url", "http://127.0.0.1:1/?token=hunter22"},
      {"run", "shop.json", "--host", "http://u:hunter22@h"},
      {"run", "shop.json", "--host", "http://u:hunter22/x@h"},
      {"run", "shop.json", "--host", "http://h?token=hunter22"},
      {"run", "shop.json", "--host", "http://u:p@h/x?token=hunter22"},
      {"run", "shop.json", "--host", "u:hunter22@h"},
      {"run", "shop.json", "http://u:hunter22@h"},
      {"run", "bad.json"},
      {"run", "--url", "http://h/", "--header", "Authorization Bearer hunter22"},
      {"run", "--url", "http://h/", "--header", "X-Key: hunter22\nx"},
      {"run", "--url", "http://h/", "--bearer", "hunter22 x"},
      {"run", "--url", "http://h/", "--user", "hunter22"},
      {"run", "shop.json", "--baerer", "hunter22"},
      {"run", "shop.json", "--password=hunter22"},
      {"run", "shop.json", "-Khunter22"}};
  for (const auto& arguments : mistakes) {
    EXPECT_THAT(refusal(arguments), Not(HasSubstr("hunter22"))) << arguments[2];
  }
}

class Secrets : public DynoRun {};

// Of a run in which everything fails, so that every example there can be is there.
TEST_F(Secrets, NeverReachARecordALogOrAReproduceLine) {
  file("secret.json", R"({
    "variables": {"key": "hunter2-variable"},
    "headers": {"X-Api-Key": "hunter2-header"},
    "tasks": [{"get": "/broken/a?access_token=hunter2-query&key={{key}}",
               "headers": {"Cookie": "sid=hunter2-sent", "Authorization": "Basic hunter2-basic"}},
              {"post": "/items", "json": {"password": "hunter2-body"},
               "check": {"json": {"/gone": {"exists": true}}}}]})");
  auto program =
      run({"secret.json", "--host", host_, "-i", "40", "--out", "r", "--csv", "r/csv",
           "--json-file", "r/j", "--header", "X-Auth-Token: hunter2-option", "--cookies"});
  EXPECT_THAT(program.wait(), testing::AnyOf(1, 4));
  auto url = run({"--url", host_ + "/broken?token=hunter2-url", "--bearer", "hunter2-bearer",
                  "--body", R"({"password": "hunter2-data"})", "--method", "POST", "-i", "20",
                  "--out", "u", "--headless"});
  EXPECT_THAT(url.wait(), testing::AnyOf(1, 4));
  std::string all = program.out() + program.err() + url.out() + url.err();
  std::size_t files = 0;
  for (const auto* folder : {"r", "u"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / folder)) {
      if (!entry.is_regular_file()) continue;
      all += content((fs::path(folder) / entry.path().filename()).string());
      ++files;
    }
  }
  EXPECT_GE(files, 15u);
  EXPECT_THAT(all, AllOf(HasSubstr("access_token=***"), HasSubstr("/broken/a")));
  for (std::size_t at = all.find("hunter2"); at != std::string::npos;
       at = all.find("hunter2", at + 1)) {
    ADD_FAILURE() << all.substr(at > 100 ? at - 100 : 0, 140);
  }
  auto refused = run({"--url", host_, "--header", "Authorization hunter2-typo"});
  EXPECT_EQ(refused.wait(), 2);
  EXPECT_THAT(refused.err(), Not(HasSubstr("hunter2")));
  auto password = run({"shop.json", "--host", "http://bob:hunter2@localhost"});
  EXPECT_EQ(password.wait(), 2);
  EXPECT_THAT(password.err(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace dyno::cli
