// How a connection is opened: which address, from where, how the name is found, how long it may
// take. TLS has a test of its own.
#include <arpa/inet.h>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/client_for_test.h"
#include "dyno/http/connector.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

Address address(const std::string& text, std::uint16_t port) {
  return parse_address(text, port).value();
}

std::string at(const std::string& host, std::uint16_t port) {
  return "http://" + host + ":" + std::to_string(port);
}

// A port of 127.0.0.1 where nobody listens.
std::uint16_t deaf_port() {
  return RawServer([](RawConnection&) {}).port();
}

// What the test says about names, and how often it was asked.
struct Names {
  std::mutex mutex;
  std::vector<Address> addresses;  // empty: the name cannot be found
  int asked = 0;

  Lookup lookup() {
    return [this](const std::string& host, std::uint16_t) -> Result<std::vector<Address>> {
      const std::lock_guard lock(mutex);
      ++asked;
      if (addresses.empty()) return Error{"cannot find the host '" + host + "'"};
      return addresses;
    };
  }
  void set(std::vector<Address> to) {
    const std::lock_guard lock(mutex);
    addresses = std::move(to);
  }
};

TEST(Connection, UsersAreSpreadOverTheAddressesOfAName) {
  RawServer first(answer_all);
  RawServer second(answer_all, {.listen = "127.0.0.2", .port = first.port()});
  Names names;
  names.set({address("127.0.0.1", first.port()), address("127.0.0.2", first.port())});
  Settings settings;
  settings.lookup = names.lookup();
  ClientForTest client(at("service.test", first.port()), settings);
  for (int user = 0; user < 6; ++user) {
    EXPECT_TRUE(client.fetch().outcome.ok());
    client.next_user();
  }
  EXPECT_EQ(first.connections(), 3);
  EXPECT_EQ(second.connections(), 3);
  EXPECT_EQ(names.asked, 1);
}

TEST(Connection, AnAddressThatRefusesIsPassedOver) {
  RawServer server(answer_all);
  Names names;
  names.set({address("127.0.0.2", server.port()), address("127.0.0.1", server.port())});
  Settings settings;
  settings.lookup = names.lookup();
  ClientForTest client(at("service.test", server.port()), settings);
  const Exchange exchange = client.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.reason, "");
}

TEST(Connection, AnAddressThatRefusesHasNotBegunTheAnswer) {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  Names names;
  names.set({address("127.0.0.2", server.port()), address("127.0.0.1", server.port())});
  Settings settings;
  settings.lookup = names.lookup();
  ClientForTest client(at("service.test", server.port()), settings);
  const Exchange exchange =
      client.fetch({}, {.timeout = 1h, .limits = {.first_byte = 50ms, .idle = 1h}});
  EXPECT_EQ(to_string(exchange.outcome), "timeout(first_byte)");
}

TEST(Connection, ANameIsLookedUpAgainEverySoOften) {
  RawServer first(answer_all);
  RawServer second(answer_all, {.listen = "127.0.0.2", .port = first.port()});
  Names names;
  names.set({address("127.0.0.1", first.port())});
  Settings settings;
  settings.lookup = names.lookup();
  settings.resolve_every = 1ms;
  ClientForTest client(at("service.test", first.port()), settings);
  names.set({address("127.0.0.2", first.port())});
  client.wait_until([begin = SteadyClock().now()] { return SteadyClock().now() - begin > 2ms; });
  const Exchange exchange = client.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_GT(exchange.dns, Duration{});
  EXPECT_EQ(first.connections(), 0);
  EXPECT_EQ(second.connections(), 1);
  EXPECT_EQ(client.fetch().dns, Duration{});  // the connection is kept
  EXPECT_EQ(names.asked, 2);
}

TEST(Connection, ANameThatIsNotFoundAnyMoreIsAnOutcome) {
  RawServer server(answer_all);
  Names names;
  names.set({address("127.0.0.1", server.port())});
  Settings settings;
  settings.lookup = names.lookup();
  settings.resolve_every = 1ms;
  settings.new_connection_per_request = true;
  ClientForTest client(at("service.test", server.port()), settings);
  names.set({});
  client.wait_until([begin = SteadyClock().now()] { return SteadyClock().now() - begin > 2ms; });
  for (int i = 0; i < 3; ++i) {
    const Exchange exchange = client.fetch();
    EXPECT_EQ(to_string(exchange.outcome), "dns");
    EXPECT_THAT(exchange.reason, HasSubstr("cannot find the host 'service.test'"));
    EXPECT_EQ(exchange.bytes_sent, 0u);
  }
  EXPECT_EQ(names.asked, 2);  // at most once a second
  names.set({address("127.0.0.1", server.port())});
  client.wait_until([&] { return client.fetch().outcome.ok(); });
}

TEST(Connection, ANameIsLookedUpAgainWhenItsAddressesRefuse) {
  RawServer server(answer_all);
  Names names;
  names.set({address("127.0.0.1", deaf_port())});
  Settings settings;
  settings.lookup = names.lookup();
  ClientForTest client(at("service.test", server.port()), settings);
  EXPECT_EQ(to_string(client.fetch().outcome), "refused");
  names.set({address("127.0.0.1", server.port())});
  Exchange exchange;
  client.wait_until([&] {
    exchange = client.fetch();
    return exchange.outcome.ok();
  });
  EXPECT_GT(exchange.dns, Duration{});
  EXPECT_EQ(names.asked, 2);
}

TEST(Connection, ALookUpThatHangsIsATimeoutOfItsOwn) {
  struct Gate {
    std::atomic<bool> open{false};
    std::atomic<bool> passed{false};
  };
  const auto gate = std::make_shared<Gate>();
  std::atomic<int> asked{0};
  Settings settings;
  settings.resolve_every = 1ns;
  settings.lookup = [&asked, gate](const std::string&,
                                   std::uint16_t) -> Result<std::vector<Address>> {
    if (asked++ > 0) {
      gate->open.wait(false);
      gate->passed = true;
    }
    return std::vector{address("127.0.0.1", 1)};
  };
  {
    ClientForTest client("http://service.test", settings);
    const Exchange exchange = client.fetch({}, {.timeout = 30ms});
    EXPECT_EQ(to_string(exchange.outcome), "timeout(dns)");
    EXPECT_GT(exchange.dns, Duration{});
    EXPECT_EQ(asked, 2);
  }  // does not wait for it
  gate->open = true;
  gate->open.notify_all();
  while (!gate->passed) std::this_thread::yield();
}

TEST(Connection, ANameThatDoesNotExistIsAnErrorBeforeTheLoad) {
  const auto made = make_destination(parse_url("http://name.invalid").value());
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message,
              AllOf(HasSubstr("cannot find the host 'name.invalid'"), HasSubstr("spelling")));
}

TEST(Connection, AFixedNameIsNotLookedUp) {
  RawServer server(answer_all);
  Settings settings;
  settings.lookup = [](const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
    return Error{"asked"};
  };
  settings.resolve_every = 1ns;
  settings.fixed_names = {{"other.test", server.port(), {address("127.0.0.9", 1)}},
                          {"Service.test", server.port(), {address("127.0.0.1", server.port())}}};
  settings.new_connection_per_request = true;
  ClientForTest client(at("service.test", server.port()), settings);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client.fetch().outcome.ok());
}

TEST(Connection, OverIpv6) {
  const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
  const Address loopback = address("::1", 0);
  const bool there = probe >= 0 && ::bind(probe, loopback.get(), loopback.size) == 0;
  ::close(probe);
  if (!there) GTEST_SKIP() << "this machine has no IPv6 loopback address (::1)";
  std::string seen;
  RawServer server(
      [&](RawConnection& connection) {
        seen = connection.read_request();
        connection.write(hello);
      },
      {.listen = "::1"});
  ClientForTest client(server.url());
  EXPECT_TRUE(client.fetch().outcome.ok());
  EXPECT_EQ(find_header(seen, "host"), "[::1]:" + std::to_string(server.port()));
}

TEST(Connection, OneIpVersionOnly) {
  RawServer server(answer_all);
  Names names;
  names.set({address("::1", server.port()), address("127.0.0.1", server.port())});
  Settings settings;
  settings.lookup = names.lookup();
  settings.ip_version = IpVersion::v4;
  const Url url = parse_url(at("service.test", server.port())).value();
  const auto four = make_destination(url, settings);
  ASSERT_TRUE(four);
  ASSERT_EQ(four->addresses.size(), 1u);
  EXPECT_EQ(four->addresses.front().family(), AF_INET);
  names.set({address("127.0.0.1", server.port())});
  settings.ip_version = IpVersion::v6;
  const auto six = make_destination(url, settings);
  ASSERT_FALSE(six);
  EXPECT_THAT(six.error().message, HasSubstr("has no IPv6 address"));
}

class UnixSocket : public testing::Test {
 protected:
  TestAuthority authority_;
  std::string path_ = authority_.folder() / "service.sock";
};

TEST_F(UnixSocket, AnyUrlGoesThere) {
  std::string seen;
  RawServer server(
      [&](RawConnection& connection) {
        while (true) {
          const std::string request = connection.read_request();
          if (request.empty()) return;
          seen = request;
          connection.write(hello);
        }
      },
      {.listen = path_});
  Settings settings;
  settings.unix_socket = path_;
  ClientForTest client("http://service.test/base", settings);
  for (int i = 0; i < 3; ++i) {
    const Exchange exchange = client.fetch({.path = "/x"});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  }
  EXPECT_THAT(seen, AllOf(HasSubstr("GET /base/x "), HasSubstr("Host: service.test\r\n")));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(UnixSocket, UnderTls) {
  RawServerOptions options{.listen = path_};
  options.tls = authority_.issue({.file = "good", .names = {"DNS:service.test"}});
  RawServer server(answer_all, options);
  Settings settings;
  settings.unix_socket = path_;
  settings.tls.ca_file = authority_.file();
  ClientForTest client("https://service.test", settings);
  const Exchange exchange = client.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
}

TEST_F(UnixSocket, ErrorsSayWhatIsWrong) {
  Settings settings;
  settings.unix_socket = path_;
  ClientForTest client("http://service.test", settings);
  const Exchange exchange = client.fetch();
  EXPECT_EQ(to_string(exchange.outcome), "refused");
  EXPECT_THAT(exchange.reason,
              AllOf(HasSubstr("unix:" + path_), HasSubstr("No such file or directory")));
  settings.unix_socket = std::string(200, 'x');
  const auto made = make_destination(parse_url("http://service.test").value(), settings);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("1 to 107 bytes"));
}

TEST_F(UnixSocket, AFullQueueIsWaitedFor) {
  const Address address = unix_address(path_).value();
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, address.get(), address.size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  const int filler = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(filler, address.get(), address.size), 0);
  Settings settings;
  settings.unix_socket = path_;
  ClientForTest client("http://service.test", settings);
  EXPECT_EQ(to_string(client.fetch({}, {.timeout = 30ms}).outcome), "timeout(connect)");
  ::close(filler);
  ::close(listener);
}

TEST(Connection, LocalAddressesInTurn) {
  std::mutex mutex;
  std::map<std::string, int> peers;
  RawServer server([&](RawConnection& connection) {
    {
      const std::lock_guard lock(mutex);
      ++peers[connection.peer()];
    }
    answer_all(connection);
  });
  Settings settings;
  settings.source_addresses = parse_addresses("127.0.0.3-127.0.0.5,127.0.0.9", 0).value();
  ClientForTest client(server.url(), settings);
  for (int user = 0; user < 8; ++user) {
    EXPECT_TRUE(client.fetch().outcome.ok());
    client.next_user();
  }
  const std::map<std::string, int> each{
      {"127.0.0.3", 2}, {"127.0.0.4", 2}, {"127.0.0.5", 2}, {"127.0.0.9", 2}};
  EXPECT_EQ(peers, each);
}

TEST(Connection, ALocalAddressThatIsNotHereIsAnErrorBeforeTheLoad) {
  const auto error_of = [](const std::string& from, const std::string& to) {
    Settings settings;
    settings.source_addresses = parse_addresses(from, 0).value();
    const auto made = make_destination(parse_url(to).value(), settings);
    return made ? std::string("none") : made.error().message;
  };
  EXPECT_THAT(error_of("127.0.0.1,192.0.2.1", "http://127.0.0.1:1"),
              AllOf(HasSubstr("192.0.2.1"), HasSubstr("addresses of this machine")));
  EXPECT_THAT(error_of("::1", "http://127.0.0.1:1"), HasSubstr("of different kinds"));
  EXPECT_EQ(error_of("127.0.0.1", "http://127.0.0.1:1"), "none");
}

TEST(Connection, AddressesAsText) {
  EXPECT_EQ(parse_addresses("10.0.0.254-10.0.1.1", 0).value().size(), 4u);
  EXPECT_EQ(parse_address("[::1]", 5).value().text(), "[::1]:5");
  for (const std::string text : {"", "10.0.0", "10.0.0.2-10.0.0.1", "::1-::2", "10.0.0.1,",
                                 "1.0.0.0-9.0.0.0", "10.0.0.1-"}) {
    const auto parsed = parse_addresses(text, 0);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("write "));
  }
}

// A full accept queue: the kernel then drops what asks for a connection.
class DeafListener {
 public:
  DeafListener() {
    Address local = address("127.0.0.1", 0);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listener_, local.get(), local.size);
    ::listen(listener_, 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&local.storage), &local.size);
    address_ = local;
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(filler, local.get(), local.size);
    }
  }
  ~DeafListener() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  DeafListener(const DeafListener&) = delete;
  DeafListener& operator=(const DeafListener&) = delete;
  const Address& where() const { return address_; }

 private:
  int listener_ = -1;
  int fillers_[4] = {-1, -1, -1, -1};
  Address address_;
};

TEST(Connection, AnAttemptThatTakesTooLongIsCancelled) {
  const DeafListener deaf;
  Settings settings;
  settings.connect_timeout = 50ms;
  ClientForTest client("http://" + deaf.where().text(), settings);
  const Exchange exchange = client.fetch({}, {.timeout = 1h});
  EXPECT_EQ(to_string(exchange.outcome), "timeout(connect)");
  EXPECT_GE(exchange.last_byte - exchange.sent, 50ms);
}

TEST(Connection, AfterAnAttemptThatTakesTooLongTheNextAddressHasItsTurn) {
  const DeafListener deaf;
  RawServer server(answer_all);
  Names names;
  names.set({deaf.where(), address("127.0.0.1", server.port())});
  Settings settings;
  settings.lookup = names.lookup();
  settings.connect_timeout = 50ms;
  ClientForTest client("http://service.test", settings);
  const Exchange exchange = client.fetch({}, {.timeout = 1h});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_GE(exchange.connect, 50ms);
}

}  // namespace
}  // namespace dyno::http
