// TLS against a server of OpenSSL with certificates of the test's own making.
#include <atomic>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "dyno/core/files.h"
#include "dyno/http/client_for_test.h"
#include "dyno/http/connector.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using metrics::Outcome;
using testing::AllOf;
using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  Settings trusting() const {
    Settings settings;
    settings.tls.ca_file = authority_.file();
    return settings;
  }
  RawServerOptions good(int newest = 0) const {
    RawServerOptions options;
    options.tls = good_;
    options.newest_tls = newest;
    return options;
  }
  RawServerOptions with(const CertificateSpec& spec) const {
    RawServerOptions options;
    options.tls = authority_.issue(spec);
    return options;
  }

  TestAuthority authority_;
  CertificateFiles good_ = authority_.issue({.file = "good"});
};

class TlsVersions : public Tls, public testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Both, TlsVersions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsVersions, FetchesAndKeepsItsConnection) {
  std::atomic<int> version{0};
  std::string name;
  RawServer server(
      [&](RawConnection& connection) {
        version = SSL_version(connection.tls());
        const char* const asked = SSL_get_servername(connection.tls(), TLSEXT_NAMETYPE_host_name);
        name = asked ? asked : "none";
        answer_all(connection);
      },
      good(GetParam()));
  ClientForTest client("https://localhost:" + std::to_string(server.port()), trusting());
  for (int i = 0; i < 5; ++i) {
    const Exchange exchange = client.fetch();
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.body, "hello");
    EXPECT_EQ(exchange.bytes_received, hello.size());
    EXPECT_EQ(exchange.tls > Duration{}, i == 0);
    EXPECT_EQ(exchange.connect > Duration{}, i == 0);
    EXPECT_FALSE(exchange.retried);
  }
  EXPECT_EQ(version, GetParam());
  EXPECT_EQ(name, "localhost");
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client.context().tls.handshakes, 1u);
}

TEST_P(TlsVersions, AConnectionResumesTheSessionOfTheOneBefore) {
  RawServer server(answer_all, good(GetParam()));
  Settings settings = trusting();
  settings.new_connection_per_request = true;
  ClientForTest client(server.url(), settings);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(client.fetch().outcome.ok());
  EXPECT_EQ(client.context().tls.handshakes, 4u);
  EXPECT_EQ(client.context().tls.resumed, 3u);

  settings.tls.resume = false;
  ClientForTest forgetful(server.url(), settings);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(forgetful.fetch().outcome.ok());
  EXPECT_EQ(forgetful.context().tls.handshakes, 3u);
  EXPECT_EQ(forgetful.context().tls.resumed, 0u);
}

TEST_P(TlsVersions, LargeBodiesBothWays) {
  const std::string large(6 << 20, 'x');
  std::atomic<std::size_t> received{0};
  RawServer server(
      [&](RawConnection& connection) {
        while (true) {
          const std::string request = connection.read_request();
          if (request.empty()) return;
          received = request.size();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) +
                           "\r\n\r\n");
          connection.write(large);
        }
      },
      good(GetParam()));
  ClientForTest client(server.url(), trusting());
  for (int i = 0; i < 2; ++i) {
    const Exchange exchange = client.fetch({.method = "PUT", .body = large});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.body, large);
    EXPECT_GT(received, large.size());
    EXPECT_EQ(exchange.bytes_sent, received);
  }
  EXPECT_EQ(server.connections(), 1);
}

// Records that OpenSSL has taken from the socket together are all read, though the kernel has no
// more to say about them.
TEST_P(TlsVersions, AnAnswerInManySmallRecords) {
  RawServer server(
      [&](RawConnection& connection) {
        while (!connection.read_request().empty()) {
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n");
          for (int i = 0; i < 300; ++i) connection.write("x");
        }
      },
      good(GetParam()));
  ClientForTest client(server.url(), trusting());
  for (int i = 0; i < 50; ++i) {
    const Exchange exchange = client.fetch();
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.body_bytes, 300u);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(TlsVersions, AnAnswerUntilCloseIsWholeOnlyWhenTheCloseIsAnnounced) {
  std::atomic<bool> announced{true};
  RawServer server(
      [&](RawConnection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 200 OK\r\n\r\nall of it");
        if (!announced) connection.close_unannounced();
      },
      good(GetParam()));
  ClientForTest client(server.url(), trusting());
  const Exchange whole = client.fetch();
  EXPECT_TRUE(whole.outcome.ok()) << whole.reason;
  EXPECT_EQ(whole.body, "all of it");
  announced = false;
  const Exchange cut = client.fetch();
  EXPECT_EQ(to_string(cut.outcome), "truncated");
  EXPECT_THAT(cut.reason, HasSubstr("without TLS's notice"));
}

TEST_P(TlsVersions, AnIdleConnectionThatWasClosedIsReplaced) {
  std::atomic<int> closed{0};
  RawServer server(
      [&](RawConnection& connection) {
        connection.read_request();
        connection.write(hello);
        ++closed;
      },
      good(GetParam()));
  ClientForTest client(server.url(), trusting());
  for (int i = 1; i <= 4; ++i) {
    const Exchange exchange = client.fetch();
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    client.wait_until([&] { return closed == i; });
  }
  EXPECT_EQ(client.context().connections, 4u);
}

TEST_P(TlsVersions, WhatComesUnaskedMakesAConnectionUseless) {
  std::atomic<bool> go{false};
  std::atomic<bool> sent{false};
  RawServer server(
      [&](RawConnection& connection) {
        connection.read_request();
        connection.write(hello);
        if (connection.number() == 0) {
          go.wait(false);
          connection.write("surplus");
          sent = true;
        }
        connection.wait_for_close();
      },
      good(GetParam()));
  ClientForTest client(server.url(), trusting());
  EXPECT_TRUE(client.fetch().outcome.ok());
  go = true;
  go.notify_all();
  client.wait_until([&] { return sent.load(); });
  EXPECT_TRUE(client.fetch().outcome.ok());
  EXPECT_EQ(client.context().connections, 2u);
}

TEST_P(TlsVersions, AServiceThatWantsACertificateGetsOne) {
  RawServerOptions options = good(GetParam());
  options.client_authority = authority_.file();
  RawServer server(answer_all, options);
  Settings settings = trusting();
  const CertificateFiles own = authority_.issue({.file = "client"});
  settings.tls.certificate = own.certificate;
  settings.tls.key = own.key;
  ClientForTest known(server.url(), settings);
  const Exchange exchange = known.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;

  ClientForTest unknown(server.url(), trusting());
  const Exchange refused = unknown.fetch();
  EXPECT_EQ(to_string(refused.outcome), "tls") << refused.reason;
  EXPECT_THAT(refused.reason, HasSubstr("--cert"));
  EXPECT_FALSE(refused.retried);

  const CertificateFiles strange = authority_.issue({.file = "stranger", .self_signed = true});
  settings.tls.certificate = strange.certificate;
  settings.tls.key = strange.key;
  ClientForTest stranger(server.url(), settings);
  const Exchange not_accepted = stranger.fetch();
  EXPECT_EQ(to_string(not_accepted.outcome), "tls") << not_accepted.reason;
  EXPECT_THAT(not_accepted.reason, HasSubstr("does not accept the client certificate"));
}

TEST_P(TlsVersions, AResetInMidAnswer) {
  std::atomic<bool> go{false};
  RawServer server(
      [&](RawConnection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
        go.wait(false);
        connection.reset();
      },
      good(GetParam()));
  ClientForTest client(server.url(), trusting());
  const Exchange exchange = client.fetch_and([&] {
    go = true;
    go.notify_all();
  });
  EXPECT_EQ(to_string(exchange.outcome), "truncated") << exchange.reason;
}

TEST_F(Tls, ACertificateThatIsNotAccepted) {
  const struct {
    CertificateSpec spec;
    std::string reason;
  } cases[] = {
      {{.file = "wrong-name", .names = {"DNS:other.example"}}, "is for other.example, not for "},
      {{.file = "expired", .first_day = -9, .last_day = -2}, "has expired, on "},
      {{.file = "early", .first_day = 2, .last_day = 9}, "is not valid before "},
      {{.file = "self-signed", .self_signed = true}, "self-signed certificate; name an authority"},
  };
  for (const auto& bad : cases) {
    RawServer server(answer_all, with(bad.spec));
    ClientForTest client(server.url(), trusting());
    const Exchange exchange = client.fetch();
    EXPECT_EQ(to_string(exchange.outcome), "tls") << bad.spec.file << ": " << exchange.reason;
    EXPECT_THAT(exchange.reason,
                AllOf(HasSubstr("the certificate of 127.0.0.1 (CN = " + bad.spec.file + ")"),
                      HasSubstr(bad.reason), HasSubstr("--insecure")));
    EXPECT_EQ(client.context().connections, 0u);

    Settings insecure;
    insecure.tls.verify = false;
    ClientForTest careless(server.url(), insecure);
    const Exchange accepted = careless.fetch();
    EXPECT_TRUE(accepted.outcome.ok()) << bad.spec.file << ": " << accepted.reason;
  }
}

TEST_F(Tls, AnAuthorityThatIsNotTrusted) {
  const TestAuthority other;
  RawServer server(answer_all, good());
  Settings settings;
  settings.tls.ca_file = other.file();
  ClientForTest client(server.url(), settings);
  const Exchange exchange = client.fetch();
  EXPECT_EQ(to_string(exchange.outcome), "tls");
  EXPECT_THAT(exchange.reason, AllOf(HasSubstr("CN = good"), HasSubstr("--cacert FILE")));
  const auto tried =
      try_to_connect(make_destination(parse_url(server.url()).value(), settings).value(), 5s);
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().message, exchange.reason);
}

TEST_F(Tls, AHandshakeThatStallsIsATimeoutOfItsOwn) {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  ClientForTest client(url, trusting());
  EXPECT_EQ(to_string(client.fetch({}, {.timeout = 50ms}).outcome), "timeout(tls)");
  Settings limited = trusting();
  limited.tls_timeout = 30ms;
  ClientForTest hasty(url, limited);
  const Exchange exchange = hasty.fetch({}, {.timeout = 1h});
  EXPECT_EQ(to_string(exchange.outcome), "timeout(tls)");
  EXPECT_GT(exchange.connect, Duration{});
  EXPECT_EQ(exchange.bytes_sent, 0u);
}

TEST_F(Tls, APeerThatDoesNotSpeakIt) {
  RawServer plain([](RawConnection& connection) {
    connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  ClientForTest client("https://127.0.0.1:" + std::to_string(plain.port()), trusting());
  const Exchange exchange = client.fetch();
  EXPECT_EQ(to_string(exchange.outcome), "tls");
  EXPECT_THAT(exchange.reason, HasSubstr("try http://"));

  RawServer closing([](RawConnection&) {});
  ClientForTest closed("https://127.0.0.1:" + std::to_string(closing.port()), trusting());
  const Exchange reset = closed.fetch();
  EXPECT_EQ(to_string(reset.outcome), "reset");
  EXPECT_THAT(reset.reason, HasSubstr("while TLS was being agreed on"));
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  const auto error_of = [](const TlsSettings& tls) {
    Settings settings;
    settings.tls = tls;
    const auto made = make_destination(parse_url("https://127.0.0.1:1").value(), settings);
    return made ? std::string("none") : made.error().message;
  };
  const std::string garbage = authority_.folder() / "garbage.pem";
  ASSERT_TRUE(write_file(garbage, "nothing\n"));
  const CertificateFiles other = authority_.issue({.file = "other"});
  EXPECT_THAT(error_of({.ca_file = "none.pem"}), HasSubstr("none.pem: No such file"));
  EXPECT_THAT(error_of({.ca_file = garbage}), HasSubstr("garbage.pem"));
  EXPECT_THAT(error_of({.certificate = garbage}), HasSubstr("the certificate first"));
  EXPECT_THAT(error_of({.certificate = "none.pem"}), HasSubstr("none.pem: No such file"));
  EXPECT_THAT(error_of({.certificate = good_.certificate, .key = other.key}),
              HasSubstr("the key that belongs to the certificate"));
  EXPECT_THAT(error_of({.certificate = good_.certificate}), HasSubstr("cannot read the client's"));
  EXPECT_THAT(error_of({.key = good_.key}), HasSubstr("needs a certificate"));
  EXPECT_EQ(error_of({.certificate = good_.certificate, .key = good_.key}), "none");
}

}  // namespace
}  // namespace dyno::http
