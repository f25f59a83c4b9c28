#include "dyno/selfcheck/oracle_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <queue>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/core/descriptors.h"
#include "dyno/monitor/affinity.h"
#include "dyno/selfcheck/attendant.h"
#include "dyno/selfcheck/oracle_request.h"

namespace dyno::selfcheck {
namespace {

// The last of a wait is spent looking at the clock: the kernel wakes a thread tens of microseconds
// late.
constexpr Duration spun = std::chrono::microseconds{60};

constexpr std::size_t longest_request = 1 << 20;

// With fewer none of them makes the others wait when it connects.
constexpr std::uint64_t room_for_connections = 4096;

constexpr std::string_view ok_keep_alive = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view ok_close =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

TimePoint clock_now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return TimePoint{std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec}};
}

timespec to_timespec(Duration duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  return {seconds.count(), (duration - seconds).count()};
}

std::string refusal_of(const std::string& reason) {
  return fmt::format("HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{}", reason.size(),
                     reason);
}

struct Connection {
  std::uint64_t serial = 0;  // descriptors are used again
  std::string input;
};

struct Answer {
  TimePoint due;
  std::uint64_t number;  // of the request: equals go out in order
  int fd;
  std::uint64_t serial;
  bool keep_alive;
  bool operator>(const Answer& other) const {
    return due != other.due ? due > other.due : number > other.number;
  }
};

}  // namespace

class OracleServer::Loop {
 public:
  ~Loop() {
    for (const auto& [fd, connection] : connections_) ::close(fd);
    for (const int fd : {listener_, epoll_, stop_}) {
      if (fd >= 0) ::close(fd);
    }
  }

  // The step that failed; empty when it listens.
  std::string listen(const OracleOptions& options) {
    make_room_for_descriptors(room_for_connections);
    cores_ = options.cores;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    if (::inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) {
      errno = EINVAL;
      return "address";
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener_ < 0) return "socket";
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_, any, size) != 0) return "bind";
    if (::listen(listener_, 65'535) != 0) return "listen";
    if (::getsockname(listener_, any, &size) != 0) return "getsockname";
    url = fmt::format("http://{}:{}", options.address, ntohs(address.sin_port));
    port = ntohs(address.sin_port);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    stop_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll_ < 0 || stop_ < 0 || !watch(listener_) || !watch(stop_)) return "epoll";
    return {};
  }

  void begin() {
    thread_ = std::thread([this] { run(); });
  }

  OracleFigures end() {
    const std::uint64_t one = 1;
    stopping_.store(true);
    [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
    if (thread_.joinable()) thread_.join();
    return std::move(figures_);
  }

  std::string url;
  std::uint16_t port = 0;

 private:
  void run() {
    ::prctl(PR_SET_NAME, "oracle");
    ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    if (!cores_.empty()) (void)monitor::pin_thread(0, cores_);  // start() has seen that they exist
    while (!stopping_.load(std::memory_order_relaxed)) turn();
  }

  void turn() {
    TimePoint now = clock_now();
    if (const auto thaw = attendant_.frozen(now)) {
      freeze_until(*thaw);
      answer_due();
      // What has waited for the end of the freeze is taken up at its end.
      if (!stopping_.load(std::memory_order_relaxed)) look(Duration::zero(), *thaw);
      return;
    }
    answer_due();
    now = clock_now();
    const TimePoint next = std::min(answers_.empty() ? TimePoint::max() : answers_.top().due,
                                    attendant_.next_freeze(now));
    if (next == TimePoint::max()) {
      look(std::nullopt, std::nullopt);
    } else {
      look(std::max(next - now - spun, Duration::zero()), std::nullopt);
    }
  }

  // Reads and answers nothing; only stop() is heard.
  void freeze_until(TimePoint thaw) {
    pollfd watched{stop_, POLLIN, 0};
    while (!stopping_.load(std::memory_order_relaxed)) {
      const Duration left = thaw - clock_now();
      if (left <= Duration::zero()) return;
      if (left <= spun) continue;
      const timespec wait = to_timespec(left - spun);
      ::ppoll(&watched, 1, &wait, nullptr);
    }
  }

  // Waits at most that long (nothing: for ever) and takes what has come, as of `since` if given.
  void look(std::optional<Duration> most, std::optional<TimePoint> since) {
    const timespec wait = to_timespec(most.value_or(Duration::zero()));
    const int count = ::epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()),
                                     most ? &wait : nullptr, nullptr);
    for (int i = 0; i < count; ++i) {
      const int fd = events_[static_cast<std::size_t>(i)].data.fd;
      const TimePoint now = clock_now();
      if (attendant_.frozen(now)) return;  // the rest is still there after it
      if (fd == listener_) {
        accept_all(since);
      } else if (fd != stop_) {
        read(fd, since.value_or(now));
      }
      answer_due();
    }
  }

  // A new connection mostly comes with its first request, which keeps its place in the order.
  void accept_all(std::optional<TimePoint> since) {
    for (TimePoint now = clock_now(); !attendant_.frozen(now); now = clock_now()) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd] = {++serials_, {}};
      if (!watch(fd)) {
        close(fd);
        continue;
      }
      read(fd, since.value_or(now));
      answer_due();
    }
  }

  void read(int fd, TimePoint now) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    std::string& input = found->second.input;
    const auto got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || input.size() > longest_request) return close(fd);
    input.append(buffer_.data(), static_cast<std::size_t>(got));
    std::size_t taken = 0;
    while (const auto request = read_request(std::string_view(input).substr(taken))) {
      taken += request->bytes;
      if (request->refusal.empty()) {
        answers_.push({attendant_.answer_at(now, request->asked), ++requests_, fd,
                       found->second.serial, request->keep_alive});
      } else {
        ++figures_.refused;
        send(fd, refusal_of(request->refusal));
      }
    }
    input.erase(0, taken);
  }

  void answer_due() {
    while (!answers_.empty()) {
      const Answer answer = answers_.top();
      const TimePoint now = clock_now();
      if (answer.due > now || attendant_.frozen(now)) return;
      answers_.pop();
      const auto found = connections_.find(answer.fd);
      if (found == connections_.end() || found->second.serial != answer.serial) continue;
      send(answer.fd, answer.keep_alive ? ok_keep_alive : ok_close);
      ++figures_.answers;
      figures_.lateness.record(now - answer.due);
      if (!answer.keep_alive) close(answer.fd);
    }
  }

  static void send(int fd, std::string_view text) {
    // A peer that does not read its few bytes has gone, which the next read tells.
    [[maybe_unused]] const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  }

  bool watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
  }

  void close(int fd) {
    connections_.erase(fd);
    ::close(fd);
  }

  int listener_ = -1;
  int epoll_ = -1;
  int stop_ = -1;  // eventfd
  std::vector<int> cores_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;

  Attendant attendant_;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t serials_ = 0;
  std::uint64_t requests_ = 0;
  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
  std::array<epoll_event, 256> events_{};
  std::array<char, 64 * 1024> buffer_{};
  OracleFigures figures_;
};

Result<std::unique_ptr<OracleServer>> OracleServer::start(const OracleOptions& options) {
  const auto allowed = monitor::allowed_cores();
  for (const int core : options.cores) {
    if (std::ranges::find(allowed, core) != allowed.end()) continue;
    return Error{
        fmt::format("the oracle server cannot be bound to core {}: the cores {} are allowed", core,
                    fmt::join(allowed, ","))};
  }
  auto loop = std::make_unique<Loop>();
  if (const auto failed = loop->listen(options); !failed.empty()) {
    return Error{fmt::format("the oracle server cannot listen on {}:{}: {}: {}", options.address,
                             options.port, failed, std::strerror(errno))};
  }
  loop->begin();
  return std::unique_ptr<OracleServer>(new OracleServer(std::move(loop)));
}

OracleServer::OracleServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
OracleServer::~OracleServer() { loop_->end(); }

std::uint16_t OracleServer::port() const { return loop_->port; }
std::string OracleServer::url() const { return loop_->url; }
OracleFigures OracleServer::stop() { return loop_->end(); }

}  // namespace dyno::selfcheck
