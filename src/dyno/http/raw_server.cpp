#include "dyno/http/raw_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dyno::http {

bool RawConnection::receive() {
  char bytes[16 * 1024];
  const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  buffered_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::string RawConnection::take(std::size_t size) {
  while (buffered_.size() < size) {
    if (!receive()) break;
  }
  std::string taken = buffered_.substr(0, size);
  buffered_.erase(0, size);
  return taken;
}

bool RawConnection::take_line(std::string& line) {
  std::size_t end = 0;
  while ((end = buffered_.find("\r\n")) == std::string::npos) {
    if (!receive()) return false;
  }
  line = take(end + 2);
  return true;
}

std::string RawConnection::read_head() {
  std::size_t end = 0;
  while ((end = buffered_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return {};
  }
  return take(end + 4);
}

std::string RawConnection::read_body(std::string_view head) {
  const std::string_view length = find_header(head, "Content-Length");
  if (!length.empty()) return take(std::stoul(std::string(length)));
  if (find_header(head, "Transfer-Encoding") != "chunked") return {};
  std::string body;
  std::string line;
  while (take_line(line)) {
    const std::size_t size = std::stoul(line, nullptr, 16);
    body += take(size);
    take(2);
    if (size == 0) break;
  }
  return body;
}

std::string RawConnection::read_request() {
  std::string request = read_head();
  if (request.empty()) return {};
  return request + read_body(request);
}

std::uint64_t RawConnection::discard_body(std::string_view head) {
  const std::string_view length = find_header(head, "Content-Length");
  if (length.empty()) return read_body(head).size();
  const std::uint64_t size = std::stoull(std::string(length));
  std::uint64_t seen = 0;
  while (seen < size && (!buffered_.empty() || receive())) {
    seen += take(std::min<std::uint64_t>(buffered_.size(), size - seen)).size();
  }
  return seen;
}

bool RawConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void RawConnection::wait_until_taken() {
  int unsent = 0;
  while (::ioctl(fd_, SIOCOUTQ, &unsent) == 0 && unsent > 0) {
    char byte = 0;
    const ssize_t count = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return;  // nobody takes it any more
    std::this_thread::yield();
  }
}

void RawConnection::wait_for_close() {
  char bytes[4096];
  while (::recv(fd_, bytes, sizeof bytes, 0) > 0) {
  }
}

void RawConnection::wait_for_shutdown() {
  pollfd gone{fd_, POLLRDHUP, 0};
  ::poll(&gone, 1, -1);
}

void RawConnection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

RawServer::RawServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no loopback port for a test server");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

void RawServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number = accepted_++] {
      RawConnection connection(fd, number);
      handler_(connection);
      const std::lock_guard closing(mutex_);
      open_.erase(std::find(open_.begin(), open_.end(), fd));
      ::close(fd);
    });
  }
}

int RawServer::connections() {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

RawServer::~RawServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace dyno::http
