#include "dyno/http/stream.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace dyno::http {

std::string_view explain(int error) {
  if (error == Stream::unannounced_end) return "closed without TLS's notice of the end";
  if (error == Stream::failure_of_tls) return "TLS has failed";
  return std::strerror(error);
}

Stream::Transfer TcpStream::read(std::span<char> buffer) {
  ssize_t count = 0;
  do {
    count = ::recv(descriptor_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
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
    count = ::send(descriptor_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
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
