#include "dyno/http/raw_server.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <linux/sockios.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dyno/http/address.h"

namespace dyno::http {

bool RawConnection::receive() {
  char bytes[16 * 1024];
  const ssize_t count = receive(bytes, sizeof bytes);
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
    const ssize_t count = send(bytes);
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
  while (receive(bytes, sizeof bytes) > 0) {
  }
}

void RawConnection::wait_for_shutdown() {
  pollfd gone{fd_, POLLRDHUP, 0};
  ::poll(&gone, 1, -1);
}

void RawConnection::reset() {
  if (tls_) close_unannounced();
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::string RawConnection::peer() const {
  Address address;
  address.size = sizeof address.storage;
  ::getpeername(fd_, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  const std::string text = address.text();
  return text.substr(0, text.rfind(':'));
}

ssize_t RawConnection::receive(char* bytes, std::size_t size) {
  return tls_ ? SSL_read(tls_, bytes, static_cast<int>(size)) : ::recv(fd_, bytes, size, 0);
}

ssize_t RawConnection::send(std::string_view bytes) {
  if (tls_) return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

RawServer::RawServer(Handler handler, RawServerOptions options)
    : handler_(std::move(handler)), options_(std::move(options)) {
  if (!options_.tls.certificate.empty()) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    tls_.reset(SSL_CTX_new(TLS_server_method()));
    if (SSL_CTX_use_certificate_chain_file(tls_.get(), options_.tls.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls_.get(), options_.tls.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      throw std::runtime_error("no certificate for a test server");
    }
    SSL_CTX_set_max_proto_version(tls_.get(), options_.newest_tls);
    const unsigned char name[] = "dyno";
    SSL_CTX_set_session_id_context(tls_.get(), name, sizeof name);
    if (!options_.client_authority.empty()) {
      SSL_CTX_load_verify_file(tls_.get(), options_.client_authority.c_str());
      SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
  }
  listen();
  acceptor_ = std::thread([this] { accept_all(); });
}

void RawServer::listen() {
  const bool local = options_.listen.starts_with('/');
  Address address = local ? unix_address(options_.listen).value()
                          : parse_address(options_.listen, options_.port).value();
  listener_ = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (!local) ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener_, address.get(), address.size) != 0 || ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) {
    throw std::runtime_error("a test server cannot listen on " + options_.listen);
  }
  const std::string text = address.text();
  if (!local) port_ = static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
}

std::string RawServer::url() const {
  const std::string scheme = tls_ ? "https://" : "http://";
  if (options_.listen.starts_with('/')) return scheme + "localhost";
  const bool v6 = options_.listen.find(':') != std::string::npos;
  return scheme + (v6 ? '[' + options_.listen + ']' : options_.listen) + ':' +
         std::to_string(port_);
}

void RawServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number = accepted_++] {
      serve(fd, number);
      const std::lock_guard closing(mutex_);
      open_.erase(std::find(open_.begin(), open_.end(), fd));
      ::close(fd);
    });
  }
}

void RawServer::serve(int fd, int number) {
  std::unique_ptr<SSL, decltype(&SSL_free)> tls{tls_ ? SSL_new(tls_.get()) : nullptr, &SSL_free};
  if (tls) {
    SSL_set_fd(tls.get(), fd);
    if (SSL_accept(tls.get()) != 1) {
      // Closing with something unread would reset, and the alert that says why be lost.
      ::shutdown(fd, SHUT_WR);
      RawConnection(fd, number, nullptr).wait_for_close();
      return;
    }
  }
  RawConnection connection(fd, number, tls.get());
  handler_(connection);
  if (tls) SSL_shutdown(tls.get());
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
