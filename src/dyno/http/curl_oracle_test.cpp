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

#include "dyno/http/body_source.h"
#include "dyno/http/client_for_test.h"

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

std::string text_of_many_lines() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

class Nginx {
 public:
  explicit Nginx(bool tls) : tls_(tls) {
    std::string folder_template = fs::temp_directory_path() / "dyno-nginx-XXXXXX";
    folder_ = ::mkdtemp(folder_template.data());
    fs::permissions(folder_, fs::perms(0755));
    write("www/small.txt", "hello");
    write("www/large.txt", std::string(3'000'000, 'x'));
    write("www/empty.txt", "");
    write("www/text.txt", text_of_many_lines());
    port_ = free_port();
    write("nginx.conf",
          "daemon off; pid nginx.pid; error_log error.log; events {}\n"
          "http { access_log off; client_body_temp_path t1; proxy_temp_path t2;\n"
          "fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n"
          "server { listen 127.0.0.1:" +
              std::to_string(port_) + (tls ? " ssl; " : "; ") + "ssl_certificate " +
              certificate_.certificate + "; ssl_certificate_key " + certificate_.key +
              "; root www;\n"
              "location /ssi/ { alias www/; ssi on; ssi_types *; }\n"  // chunked
              "location /gone { return 410; } location /none { return 204; }\n"
              "location /moved { return 302 /small.txt; }\n"
              "location /gz/ { alias www/; gzip on; gzip_types *; gzip_min_length 1; }\n"
              "location /upload { client_max_body_size 0; proxy_pass " +
              url() +
              "/sink; }\n"
              "location /small { client_max_body_size 10; proxy_pass " +
              url() +
              "/sink; }\n"
              "location /sink { return 200 \"$content_length\"; }\n"
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

  std::string url() const {
    return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
  }
  std::string authority() const { return authority_.file(); }
  std::string curl(const std::string& format, const std::string& path,
                   const std::string& options = "") const {
    return "curl -s -o /dev/null --cacert " + authority() + " -w '" + format + "' " + options +
           " '" + url() + path + "'";
  }

 private:
  void write(const std::string& name, const std::string& content) {
    const fs::path path = fs::path(folder_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }

  const bool tls_;
  TestAuthority authority_;
  CertificateFiles certificate_ = authority_.issue({.file = "nginx"});
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

bool there_are_nginx_and_curl() { return std::system("command -v nginx curl >/dev/null") == 0; }
constexpr const char* missing = "nginx (nginx-light) or curl is not installed";

class CurlOracle : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Nginx, CurlOracle, testing::Bool(),
                         [](const auto& tls) { return tls.param ? "Tls" : "Plain"; });

TEST_P(CurlOracle, StatusAndBytesOfNginx) {
  if (!there_are_nginx_and_curl()) GTEST_SKIP() << missing;
  const Nginx nginx(GetParam());
  Settings settings;
  settings.tls.ca_file = nginx.authority();
  ClientForTest session(nginx.url(), settings);
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
    const Exchange exchange = session.fetch(
        {.method = request.method,
         .path = request.path,
         .body = *request.curl_options == '-' && request.curl_options[1] == 'd' ? "x" : ""},
        {});
    EXPECT_TRUE(exchange.outcome.ok()) << request.path << ": " << exchange.reason;
    // -I counts the head as the download.
    const bool head = std::string_view(request.method) == "HEAD";
    const std::string ours =
        std::to_string(exchange.status) + " " + std::to_string(head ? 0 : exchange.body_bytes);
    const std::string format = head ? "%{http_code} 0" : "%{http_code} %{size_download}";
    EXPECT_EQ(ours, output_of(nginx.curl(format, request.path, request.curl_options)))
        << request.method << ' ' << request.path;
  }
  EXPECT_LT(session.context().connections, 5u);
}

TEST_P(CurlOracle, BodiesThatNginxCompresses) {
  if (!there_are_nginx_and_curl()) GTEST_SKIP() << missing;
  const Nginx nginx(GetParam());
  Settings settings;
  settings.tls.ca_file = nginx.authority();
  settings.compressed = true;
  ClientForTest session(nginx.url(), settings);
  const ExchangeOptions decoding{.want_body = true, .want_head = true, .compressed = true};
  for (const std::string path : {"/gz/text.txt", "/gz/large.txt", "/gz/small.txt"}) {
    const Exchange exchange = session.fetch({.path = path}, decoding);
    ASSERT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(find_header(exchange.head, "Content-Encoding"), "gzip");
    EXPECT_LT(exchange.body_bytes, exchange.body.size() + 30);
    EXPECT_EQ(std::to_string(exchange.body_bytes),
              output_of(nginx.curl("%{size_download}", path, "-H 'Accept-Encoding: gzip'")));
    EXPECT_TRUE(exchange.body == output_of("curl -s --cacert " + nginx.authority() +
                                           " --compressed " + nginx.url() + path))
        << path;
  }
  EXPECT_TRUE(session.fetch({.path = "/gz/text.txt"}, decoding).body == text_of_many_lines());
  const Exchange head = session.fetch({.method = "HEAD", .path = "/gz/text.txt"}, decoding);
  EXPECT_TRUE(head.outcome.ok()) << head.reason;
  EXPECT_EQ(session.context().connections, 1u);
}

TEST_P(CurlOracle, WhatHasNotChanged) {
  if (!there_are_nginx_and_curl()) GTEST_SKIP() << missing;
  const Nginx nginx(GetParam());
  Settings settings;
  settings.tls.ca_file = nginx.authority();
  ClientForTest session(nginx.url(), settings);
  const std::string tag(find_header(session.fetch({.path = "/large.txt"}).head, "ETag"));
  ASSERT_NE(tag, "");
  const Header unchanged[] = {{"If-None-Match", tag}};
  const Exchange exchange = session.fetch({.path = "/large.txt", .headers = unchanged});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(std::to_string(exchange.status),
            output_of(nginx.curl("%{http_code}", "/large.txt", "-H 'If-None-Match: " + tag + "'")));
  EXPECT_EQ(exchange.status, 304);
  EXPECT_EQ(exchange.body_bytes, 0u);
  EXPECT_EQ(session.context().connections, 1u);
}

// nginx takes the request apart and passes it on with the length that it has found.
TEST_P(CurlOracle, UploadsAsNginxReadsThem) {
  if (!there_are_nginx_and_curl()) GTEST_SKIP() << missing;
  const Nginx nginx(GetParam());
  Settings settings;
  settings.tls.ca_file = nginx.authority();
  ClientForTest session(nginx.url(), settings);
  const std::string text = text_of_many_lines();
  const std::string length = std::to_string(text.size());
  for (const bool expect : {false, true}) {
    const ExchangeOptions options{.want_body = true, .expect_continue = expect};
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{1} << 20}) {
      ChunkedBody body(text, piece);
      const Exchange exchange =
          session.fetch({.method = "POST", .path = "/upload", .source = &body}, options);
      EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
      EXPECT_EQ(exchange.body, length);
    }
    EXPECT_EQ(session.fetch({.method = "POST", .path = "/upload", .body = text}, options).body,
              length);
  }
  EXPECT_EQ(session.context().connections, 1u);
  EXPECT_EQ(output_of("curl -s --cacert " + nginx.authority() + " " + nginx.url() +
                      "/gz/text.txt | curl -s --cacert " + nginx.authority() + " -T - -X POST " +
                      nginx.url() + "/upload"),
            length);
  // What is too large is refused without the body.
  const Exchange refused =
      session.fetch({.method = "POST", .path = "/small", .body = text}, {.expect_continue = true});
  EXPECT_TRUE(refused.outcome.ok()) << refused.reason;
  EXPECT_EQ(std::to_string(refused.status),
            output_of(nginx.curl("%{http_code}", "/small", "-d too-much-of-it")));
  EXPECT_LT(refused.bytes_sent, 1000u);
}

}  // namespace
}  // namespace dyno::http
