// The floor: the least work that an HTTP client on epoll can do per request: one send, one receive,
// a share of one epoll_wait. It knows the length of the answer beforehand and parses nothing; with
// `hist` it also takes the time of each request. What it costs, no load generator on epoll goes
// below; how far one is above it is what its parsing, recording and scheduling cost.
//
//   floor_epoll PORT PATH CONNECTIONS SECONDS [hist]
//
// Prints a line `RESULT {json}`. One thread; 127.0.0.1 only.
#include <arpa/inet.h>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

int dial(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
  return fd;
}

// One request on a connection of its own: every later answer must have the length of this one.
std::size_t answer_length(int port, const std::string& request) {
  const int fd = dial(port);
  if (send(fd, request.data(), request.size(), 0) < 0) fail("send");
  std::string answer;
  std::array<char, 65536> buffer;
  std::size_t needed = SIZE_MAX;
  while (answer.size() < needed) {
    const auto got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) fail("no answer");
    answer.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = answer.find("\r\n\r\n");
    const char* const length = strcasestr(answer.c_str(), "content-length:");
    if (end != std::string::npos && length != nullptr) {
      needed = end + 4 + std::strtoul(length + 15, nullptr, 10);
    }
  }
  close(fd);
  return needed;
}

// Nanoseconds, 32 cells for each power of two: 3 % wide.
class Times {
 public:
  void record(std::int64_t time) {
    const auto value = static_cast<std::uint64_t>(time);
    const int shift = value < 64 ? 0 : static_cast<int>(std::bit_width(value)) - 6;
    ++cells_[static_cast<std::size_t>(shift) * 64 + (value >> shift)];
    ++count_;
    if (time > longest_) longest_ = time;
  }

  bool empty() const { return count_ == 0; }
  double longest_ms() const { return static_cast<double>(longest_) / 1e6; }

  double percentile_ms(double share) const {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      seen += cells_[i];
      if (static_cast<double>(seen) >= share * static_cast<double>(count_)) {
        return static_cast<double>((i % 64) << (i / 64)) / 1e6;
      }
    }
    return longest_ms();
  }

 private:
  std::array<std::uint64_t, 64 * 64> cells_{};
  std::uint64_t count_ = 0;
  std::int64_t longest_ = 0;
};

struct Connection {
  int fd = -1;
  std::size_t got = 0;
  std::int64_t sent = 0;
};

void report(std::uint64_t done, double seconds, const Times& times) {
  std::printf(R"(RESULT {"rps":%.1f,"n":%llu,"errors":0)", static_cast<double>(done) / seconds,
              static_cast<unsigned long long>(done));
  if (!times.empty()) {
    std::printf(R"(,"p50":%.4f,"p90":%.4f,"p99":%.4f,"p999":%.4f,"max":%.4f)",
                times.percentile_ms(0.5), times.percentile_ms(0.9), times.percentile_ms(0.99),
                times.percentile_ms(0.999), times.longest_ms());
  }
  std::printf("}\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: floor_epoll PORT PATH CONNECTIONS SECONDS [hist]\n");
    return 2;
  }
  const int port = std::atoi(argv[1]);
  const std::string request =
      std::string("GET ") + argv[2] + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  std::vector<Connection> connections(static_cast<std::size_t>(std::atoi(argv[3])));
  const auto length = static_cast<std::int64_t>(std::atof(argv[4]) * 1e9);
  const bool timed = argc > 5 && std::string_view(argv[5]) == "hist";
  const auto needed = answer_length(port, request);

  const int epoll = epoll_create1(0);
  const auto begin = now();
  for (auto& connection : connections) {
    connection.fd = dial(port);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd, &event);
    if (timed) connection.sent = now();
    if (send(connection.fd, request.data(), request.size(), 0) < 0) fail("send");
  }
  std::vector<epoll_event> events(connections.size());
  std::array<char, 65536> buffer;
  Times times;
  std::uint64_t done = 0;
  while (now() - begin < length) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      const auto got = recv(connection.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) fail("the connection was closed");
      connection.got += static_cast<std::size_t>(got);
      if (connection.got < needed) continue;
      connection.got = 0;
      ++done;
      if (timed) {
        const auto at = now();
        times.record(at - connection.sent);
        connection.sent = at;
      }
      if (send(connection.fd, request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        fail("send");
      }
    }
  }
  report(done, static_cast<double>(now() - begin) / 1e9, times);
}
