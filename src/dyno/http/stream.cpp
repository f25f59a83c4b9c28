#include "dyno/http/stream.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace dyno::http {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
// The sanitizers see what the C library's functions read, write and order.
ssize_t receive(int fd, char* buffer, std::size_t size) {
  return ::recv(fd, buffer, size, MSG_DONTWAIT);
}

ssize_t transmit(int fd, const char* bytes, std::size_t size) {
  return ::send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}
#else
// The two calls that every request makes, past the C library's functions: in a process of several
// threads those are prepared for the thread's cancellation, at the price of two locked instructions
// each (pthread_cancel, which nobody here calls).
ssize_t receive(int fd, char* buffer, std::size_t size) {
  return ::syscall(SYS_recvfrom, fd, buffer, size, MSG_DONTWAIT, nullptr, nullptr);
}

ssize_t transmit(int fd, const char* bytes, std::size_t size) {
  return ::syscall(SYS_sendto, fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
}
#endif

}  // namespace

std::string_view explain(int error) {
  if (error == Stream::unannounced_end) return "closed without TLS's notice of the end";
  if (error == Stream::failure_of_tls) return "TLS has failed";
  return std::strerror(error);
}

Stream::Transfer TcpStream::read(std::span<char> buffer) {
  ssize_t count = 0;
  do {
    count = receive(descriptor_.fd(), buffer.data(), buffer.size());
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    if (bytes < buffer.size()) descriptor_.drained();
    return {.io = Io::done, .bytes = bytes};
  }
  if (count == 0) return {.io = Io::ended};
  if (errno != EAGAIN) return {.io = Io::failed, .error = errno};
  descriptor_.drained();
  return {.io = Io::wants_read};
}

Stream::Transfer TcpStream::write(std::string_view bytes) {
  ssize_t count = 0;
  do {
    count = transmit(descriptor_.fd(), bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return {.io = Io::done, .bytes = static_cast<std::size_t>(count)};
  if (errno != EAGAIN) return {.io = Io::failed, .error = errno};
  descriptor_.filled();
  return {.io = Io::wants_write};
}

bool TcpStream::quiet() {
  if (!descriptor_.has_input()) return true;
  // It may only look so: an answer that filled the buffer exactly was not seen to be the last.
  char byte = 0;
  if (::recv(descriptor_.fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0 || errno != EAGAIN) {
    return false;
  }
  descriptor_.drained();
  return !descriptor_.has_input();
}

}  // namespace dyno::http
