// Compares the requests that a session sends with those that curl sends to the same service: the
// script of the service is one, so cookies, redirects and credentials must be too. Not the order of
// cookies within a line, in which curl does not follow RFC 6265, section 5.4, where paths are
// equally long. Skipped where curl is missing.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/http/scripted_service.h"
#include "dyno/http/session.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;

// A small shop: sets, changes and deletes cookies of many kinds, and redirects in all ways.
std::string shop(const std::string& request) {
  const std::string target(wire_target(request));
  if (target == "/login") {
    return redirect_to("account/home?from=login#top", 302,
                       "Set-Cookie: s1=session; Path=/; HttpOnly\r\n"
                       "Set-Cookie: p1=account; Path=/account\r\n"
                       "Set-Cookie: d1=default\r\n"
                       "Set-Cookie: x1=elsewhere; Path=/other\r\n"
                       "Set-Cookie: m1=max; Max-Age=3600; Expires=Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                       "Set-Cookie: e1=past; Expires=Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                       "Set-Cookie: e2=future; Expires=Saturday, 06-Nov-32 08:49:37 GMT\r\n"
                       "Set-Cookie: q1=\"quoted value\"; Path=/\r\n"
                       "Set-Cookie: o1=foreign; Domain=example.com\r\n");
  }
  if (target == "/account/home?from=login") {
    return redirect_to("../account/./settings", 301, "Set-Cookie: d2=deep\r\n");
  }
  if (target == "/account/settings") {
    return answer(200, "Set-Cookie: s1=changed; Path=/\r\nSet-Cookie: m1=; Path=/; Max-Age=0\r\n");
  }
  if (target == "/upload") return redirect_to("/stored?id=1", 307);
  if (target == "/moved") return redirect_to("/stored?id=2", 308);
  if (target == "/see") return redirect_to("?other", 303);
  if (target == "/self" && request.find("n1=1") == std::string::npos) {
    return redirect_to("/self", 302, "Set-Cookie: n1=1\r\n");
  }
  if (target == "/absolute") {
    return redirect_to("http://" + std::string(find_header(request, "Host")) + "/end", 302);
  }
  if (target == "/logout") return answer(204, "Set-Cookie: s1=; Path=/; Max-Age=-1\r\n");
  return answer(200);
}

struct Step {
  const char* method;
  const char* path;
  const char* body;
};

constexpr Step steps[] = {
    {"GET", "/", ""},          {"POST", "/login", "name=a"}, {"GET", "/account", ""},
    {"GET", "/accounts", ""},  {"PUT", "/upload", "file"},   {"POST", "/moved", "form"},
    {"POST", "/see", "form"},  {"POST", "/self", "form"},    {"GET", "/absolute", ""},
    {"DELETE", "/logout", ""}, {"GET", "/account/x/y", ""},
};

// The lines with the cookies of each sorted.
std::vector<std::string> take_lines(ScriptedService& service) {
  constexpr std::string_view title = " Cookie: ";
  std::vector<std::string> lines = service.take_lines();
  for (std::string& line : lines) {
    const std::size_t at = line.find(title);
    if (at == std::string::npos) continue;
    std::set<std::string> cookies;
    std::istringstream text(line.substr(at + title.size()) + "; ");
    for (std::string cookie; std::getline(text, cookie, ';'); text.get()) cookies.insert(cookie);
    line.resize(at + title.size());
    for (const std::string& cookie : cookies) line += cookie + "; ";
  }
  return lines;
}

// Each step is a curl of its own, and the cookies stay in a file.
std::vector<std::string> by_curl(ScriptedService& service) {
  auto jar = (std::filesystem::temp_directory_path() / "dyno-jar-XXXXXX").string();
  ::close(::mkstemp(jar.data()));
  for (const Step& step : steps) {
    std::string command =
        "curl -s -o /dev/null -L --max-redirs 10 --user Aladdin:'open sesame' -b " + jar + " -c " +
        jar + " -H Content-Type: -H 'Expect:'";
    if (*step.body) command += std::string(" --data-binary ") + step.body;
    // -X holds for redirects too, so it is given only where curl has no word of its own.
    const std::string method(step.method);
    if (method == "PUT" || method == "DELETE") command += " -X " + method;
    command += " '" + service.url() + step.path + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::filesystem::remove(jar);
  return take_lines(service);
}

std::vector<std::string> by_session(ScriptedService& service) {
  Settings settings;
  settings.follow_redirects = 10;
  settings.cookies = true;
  settings.credentials = basic("Aladdin", "open sesame").value();
  SteadyClock clock;
  async::EventLoop loop(clock);
  const auto destination = make_destination(parse_url(service.url()).value(), settings);
  ClientContext context{.loop = loop, .destination = destination.value()};
  Client client(context);
  Session session(client, context, 1);
  async::StopSource leave;
  for (const Step& step : steps) {
    Exchange exchange;
    loop.run(session.exchange({.method = step.method, .path = step.path, .body = step.body}, {}, {},
                              leave, exchange));
    EXPECT_TRUE(exchange.outcome.ok()) << step.path << ": " << exchange.reason;
    session.take_chain();
  }
  return take_lines(service);
}

TEST(CurlOracle, TheSameRequestsForTheSameCookiesAndRedirects) {
  if (std::system("command -v curl >/dev/null") != 0) GTEST_SKIP() << "curl is not installed";
  ScriptedService service(shop);
  const std::vector<std::string> curl = by_curl(service);
  const std::vector<std::string> ours = by_session(service);
  ASSERT_EQ(curl.size(), 18u);
  EXPECT_EQ(ours, curl);
}

}  // namespace
}  // namespace dyno::http
