// Compares what the client sees of a real nginx with what curl sees. Skipped where they are
// missing.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dyno/http/client.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {
namespace {

namespace fs = std::filesystem;

std::uint16_t free_port() {
  return RawServer([](RawConnection&) {}).port();
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) {
    text.append(buffer, count);
  }
  ::pclose(pipe);
  return text;
}

class Nginx {
 public:
  Nginx() {
    std::string folder_template = fs::temp_directory_path() / "dyno-nginx-XXXXXX";
    folder_ = ::mkdtemp(folder_template.data());
    fs::permissions(folder_, fs::perms(0755));
    write("www/small.txt", "hello");
    write("www/large.txt", std::string(3'000'000, 'x'));
    write("www/empty.txt", "");
    port_ = free_port();
    write("nginx.conf",
          "daemon off; pid nginx.pid; error_log error.log; events {}\n"
          "http { access_log off; client_body_temp_path t1; proxy_temp_path t2;\n"
          "fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n"
          "server { listen 127.0.0.1:" +
              std::to_string(port_) +
              "; root www;\n"
              "location /ssi/ { alias www/; ssi on; ssi_types *; }\n"  // chunked
              "location /gone { return 410; } location /none { return 204; }\n"
              "location /moved { return 302 /small.txt; }\n"
              "location /close/ { alias www/; keepalive_timeout 0; } } }\n");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execlp("nginx", "nginx", "-p", (folder_ + "/").c_str(), "-c", "nginx.conf", "-e",
               "error.log", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    for (int i = 0; i < 200 && output_of(curl("%{http_code}", "/none")) != "204"; ++i) {
      ::usleep(20'000);
    }
  }
  ~Nginx() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    fs::remove_all(folder_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string curl(const std::string& format, const std::string& path,
                   const std::string& options = "") const {
    return "curl -s -o /dev/null -w '" + format + "' " + options + " '" + url() + path + "'";
  }

 private:
  void write(const std::string& name, const std::string& content) {
    const fs::path path = fs::path(folder_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }

  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

TEST(CurlOracle, StatusAndBytesOfNginx) {
  if (std::system("command -v nginx curl >/dev/null") != 0) {
    GTEST_SKIP() << "nginx (nginx-light) or curl is not installed";
  }
  Nginx nginx;
  SteadyClock clock;
  async::EventLoop loop(clock);
  const Destination destination = make_destination(parse_url(nginx.url()).value(), {}).value();
  ClientContext context{.loop = loop, .destination = destination};
  Client client(context);
  const struct {
    const char* method;
    const char* path;
    const char* curl_options;
  } requests[] = {{"GET", "/small.txt", ""},      {"GET", "/large.txt", ""},
                  {"GET", "/empty.txt", ""},      {"HEAD", "/large.txt", "-I"},
                  {"GET", "/ssi/large.txt", ""},  {"GET", "/ssi/small.txt", ""},
                  {"GET", "/gone", ""},           {"GET", "/none", ""},
                  {"GET", "/moved", ""},          {"GET", "/absent", ""},
                  {"POST", "/small.txt", "-d x"}, {"GET", "/close/small.txt", ""}};
  for (const auto& request : requests) {
    Exchange exchange;
    loop.run(client.exchange(
        {.method = request.method,
         .path = request.path,
         .body = *request.curl_options == '-' && request.curl_options[1] == 'd' ? "x" : ""},
        {}, exchange));
    EXPECT_TRUE(exchange.outcome.ok()) << request.path << ": " << exchange.reason;
    // -I counts the head as the download.
    const bool head = std::string_view(request.method) == "HEAD";
    const std::string ours =
        std::to_string(exchange.status) + " " + std::to_string(head ? 0 : exchange.body_bytes);
    const std::string format = head ? "%{http_code} 0" : "%{http_code} %{size_download}";
    EXPECT_EQ(ours, output_of(nginx.curl(format, request.path, request.curl_options)))
        << request.method << ' ' << request.path;
  }
  EXPECT_LT(context.connections, 5u);
}

}  // namespace
}  // namespace dyno::http
