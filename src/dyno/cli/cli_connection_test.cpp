// How the dyno program opens connections: https, Unix sockets, names and addresses, as options.
#include <gmock/gmock.h>

#include "dyno/cli/program_for_test.h"
#include "dyno/http/certificates_for_test.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

class Connections : public DynoProgram {
 protected:
  static void answer_all(http::RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
  }
  http::RawServerOptions with_tls(const http::CertificateSpec& spec) const {
    http::RawServerOptions options;
    options.tls = authority_.issue(spec);
    return options;
  }
  ProgramRun run(const std::string& url, std::vector<std::string> more) const {
    more.insert(more.begin(), {"run", "--url", url, "-u", "2", "-i", "20", "--out", "r"});
    return start(more);
  }
  std::string refusal(const std::string& url, const std::vector<std::string>& more) const {
    auto program = run(url, more);
    EXPECT_EQ(program.wait(), 2);
    auto line = program.err();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    EXPECT_FALSE(fs::exists(folder_ / "r"));
    return line;
  }
  void expect_answers(const std::string& url, const std::vector<std::string>& more) const {
    auto program = run(url, more);
    EXPECT_EQ(program.wait(), 0) << program.err();
    EXPECT_EQ(count(record("r/record.json"), "ok"), 20u);
    fs::remove_all(folder_ / "r");
  }

  http::TestAuthority authority_;
};

TEST_F(Connections, ACertificateIsCheckedUnlessToldOtherwise) {
  http::RawServer server(answer_all, with_tls({.file = "good"}));
  EXPECT_THAT(refusal(server.url(), {}),
              AllOf(HasSubstr("CN = good"), HasSubstr("--cacert FILE"), HasSubstr("--insecure")));
  expect_answers(server.url(), {"--cacert", authority_.file()});
  expect_answers(server.url(), {"--insecure"});
  EXPECT_THAT(refusal(server.url(), {"--cacert", "none.pem"}), HasSubstr("none.pem: No such file"));
}

TEST_F(Connections, ACertificateForAnotherName) {
  http::RawServer server(answer_all, with_tls({.file = "other", .names = {"DNS:api.test"}}));
  EXPECT_THAT(refusal(server.url(), {"--cacert", authority_.file()}),
              HasSubstr("is for api.test, not for 127.0.0.1"));
  const auto port = std::to_string(server.port());
  expect_answers("https://api.test:" + port,
                 {"--cacert", authority_.file(), "--resolve", "api.test:" + port + ":127.0.0.1"});
}

TEST_F(Connections, HandshakesAndResumptionsAreNoted) {
  http::RawServer server(
      [](http::RawConnection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      },
      with_tls({.file = "good"}));
  auto program =
      start({"run", "--url", server.url(), "-u", "1", "-i", "10", "--insecure", "--out", "r"});
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_THAT(record("r/record.json").notes,
              Contains("TLS handshakes: 10, of which 9 resumed a session"));
}

TEST_F(Connections, AClientCertificate) {
  auto options = with_tls({.file = "good"});
  options.client_authority = authority_.file();
  http::RawServer server(answer_all, options);
  const auto own = authority_.issue({.file = "client"});
  expect_answers(server.url(), {"-k", "--cert", own.certificate, "--key", own.key});
  auto program = run(server.url(), {"-k"});
  EXPECT_EQ(program.wait(), 1) << program.err();
  EXPECT_EQ(count(record("r/record.json"), "tls"), 20u);
}

TEST_F(Connections, ThroughAUnixSocket) {
  const std::string path = folder_ / "service.sock";
  EXPECT_THAT(refusal("http://service.test/x", {"--unix-socket", path}),
              AllOf(HasSubstr("unix:" + path), HasSubstr("No such file")));
  http::RawServer server(answer_all, {.listen = path});
  expect_answers("http://service.test/x", {"--unix-socket", path});
  const auto comment = path + "#`x`";  // to a shell
  fs::create_symlink(path, comment);
  EXPECT_EQ(run("http://service.test/x", {"--unix-socket", comment}).wait(), 0);
  EXPECT_THAT(record("r/record.json").reproduce, HasSubstr(" --unix-socket '" + comment + "' "));
}

TEST_F(Connections, FromSeveralAddresses) {
  http::RawServer server(answer_all);
  expect_answers(server.url(), {"--source-address", "127.0.0.1-127.0.0.4"});
  EXPECT_THAT(refusal(server.url(), {"--source-address", "192.0.2.1"}),
              HasSubstr("addresses of this machine"));
  EXPECT_THAT(refusal(server.url(), {"--source-address", "here"}),
              HasSubstr("--source-address: 'here' is no address"));
}

TEST_F(Connections, OptionsThatMeanNothing) {
  const std::string url = "http://127.0.0.1:1";
  EXPECT_THAT(refusal(url, {"--resolve", "a.test:1"}), HasSubstr("write HOST:PORT:ADDRESS"));
  EXPECT_THAT(refusal(url, {"--connect-timeout", "soon"}), HasSubstr("--connect-timeout"));
  EXPECT_THAT(refusal(url, {"--tls-timeout", "0s"}), HasSubstr("above 0"));
  EXPECT_THAT(refusal(url, {"-4", "-6"}), HasSubstr("-4"));
  EXPECT_THAT(refusal("http://[::1]:1", {"-4"}), HasSubstr("has no IPv4 address"));
}

}  // namespace
}  // namespace dyno::cli
