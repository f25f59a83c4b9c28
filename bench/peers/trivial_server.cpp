// The cheapest server there is, so that the generator is what limits: one thread on epoll, every
// request is answered with the same 100 bytes of JSON. It reads requests with a body
// (Content-Length) and several in one piece; it knows no paths and no methods.
//
//   trivial_server COUNTER_FILE [THREADS]
//
// Listens on a free port of 127.0.0.1, prints it, and keeps the
// number of requests answered in the first 8 bytes of COUNTER_FILE, which the driver maps. Ends on
// SIGTERM. With THREADS each thread has a listening socket and a share of the connections.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::atomic<std::uint64_t>* map_counter(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT, 0644);
  if (file < 0 || ftruncate(file, 4096) != 0) fail(path);
  void* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) fail("mmap");
  return static_cast<std::atomic<std::uint64_t>*>(page);
}

// On `port`, or a free one when it is 0.
int listen_on(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 4096) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    fail("listen");
  }
  port = ntohs(address.sin_port);
  return fd;
}

std::string make_answer() {
  std::string body = R"({"status":"ok","id":7,"pad":")";
  body += std::string(98 - body.size(), 'x') + "\"}";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: keep-alive\r\n\r\n" + body;
}

// How long the first request in `text` is, head and body; 0 when it has not come whole.
std::size_t request_length(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  std::size_t length = end + 4;
  for (auto at = text.find("\r\n"); at < end; at = text.find("\r\n", at + 2)) {
    const char* const line = text.data() + at + 2;
    if (strncasecmp(line, "content-length:", 15) == 0)
      length += std::strtoul(line + 15, nullptr, 10);
  }
  return text.size() < length ? 0 : length;
}

class Server {
 public:
  Server(int listening, std::atomic<std::uint64_t>& counter)
      : listening_(listening), counter_(counter), epoll_(epoll_create1(0)) {
    watch(listening_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 1024> events;
    while (true) {
      const int ready = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listening_) {
          accept_all();
        } else {
          serve(fd);
        }
      }
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    const int one = 1;
    for (int fd = 0; (fd = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      const auto needed = static_cast<std::size_t>(fd) + 1;
      if (partial_.size() < needed) partial_.resize(needed);
      partial_[static_cast<std::size_t>(fd)].clear();
      watch(fd);
    }
  }

  void serve(int fd) {
    std::array<char, 16384> buffer;
    const auto got = read(fd, buffer.data(), buffer.size());
    if (got <= 0) {
      if (got == 0 || errno != EAGAIN) close(fd);
      return;
    }
    auto& partial = partial_[static_cast<std::size_t>(fd)];
    std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    if (!partial.empty()) {
      partial.append(text);
      text = partial;
    }
    while (const auto length = request_length(text)) {
      text.remove_prefix(length);
      counter_.fetch_add(1, std::memory_order_relaxed);
      if (write(fd, answer_.data(), answer_.size()) < 0 && errno != EAGAIN) {
        close(fd);
        return;
      }
    }
    partial = std::string(text);
  }

  const int listening_;
  std::atomic<std::uint64_t>& counter_;
  const int epoll_;
  const std::string answer_ = make_answer();
  std::vector<std::string> partial_;  // by descriptor: what has come of a request
};

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: trivial_server COUNTER_FILE [THREADS]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  auto& counter = *map_counter(argv[1]);
  const int threads = argc > 2 ? std::max(1, std::atoi(argv[2])) : 1;
  std::uint16_t port = 0;
  std::vector<std::thread> others;
  std::vector<int> listening;
  for (int i = 0; i < threads; ++i) listening.push_back(listen_on(port));
  std::printf("%u\n", port);
  std::fflush(stdout);
  for (int i = 1; i < threads; ++i) {
    others.emplace_back(
        [fd = listening[static_cast<std::size_t>(i)], &counter] { Server(fd, counter).run(); });
  }
  Server(listening[0], counter).run();
}
