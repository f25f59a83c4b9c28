#include "dyno/http/tls_stream.h"

#include <cerrno>
#include <sys/socket.h>

#include <openssl/err.h>

#include "dyno/http/tls_failure.h"

namespace dyno::http {

TlsStream::TlsStream(async::EventLoop& loop, int fd, const TlsContext& context, TlsMemory& memory)
    : descriptor_(loop, fd), context_(context), memory_(memory) {}

TlsStream::~TlsStream() {
  if (!ssl_) return;
  // A session whose connection ends without a shutdown cannot be resumed, for OpenSSL.
  if (!established_ || broken_) SSL_set_quiet_shutdown(ssl_.get(), 1);
  if (established_ && SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
}

// OpenSSL's own socket BIO raises SIGPIPE, and hides whether a recv has emptied the socket.
const BIO_METHOD* TlsStream::socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dyno");
    BIO_meth_set_read(made, &TlsStream::receive);
    BIO_meth_set_write(made, &TlsStream::send);
    BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long {
      return command == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return made;
  }();
  return method;
}

int TlsStream::receive(BIO* bio, char* data, int size) {
  auto& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t count = 0;
  do {
    count = ::recv(self.descriptor_.fd(), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    self.taken_all_ = count < size;
  } else if (count == 0) {
    self.end_of_input_ = true;
  } else if (errno == EAGAIN) {
    self.taken_all_ = true;
    BIO_set_retry_read(bio);
  } else {
    self.socket_error_ = errno;
  }
  return static_cast<int>(count);
}

int TlsStream::send(BIO* bio, const char* data, int size) {
  auto& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t count = 0;
  do {
    count = ::send(self.descriptor_.fd(), data, static_cast<std::size_t>(size),
                   MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) {
    self.descriptor_.filled();
    BIO_set_retry_write(bio);
  } else if (count < 0) {
    self.socket_error_ = errno;
  }
  return static_cast<int>(count);
}

// What a call that gave no bytes comes to. Leaves no error behind in OpenSSL's queue, so that the
// next call need not look for one.
Stream::Transfer TlsStream::outcome(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) {
    descriptor_.drained();
    return {.io = Io::wants_read};
  }
  if (error == SSL_ERROR_WANT_WRITE) return {.io = Io::wants_write};
  if (error == SSL_ERROR_ZERO_RETURN) return {.io = Io::ended};
  broken_ = true;
  if (error == SSL_ERROR_SSL && error_ == 0) error_ = ERR_peek_error();
  ERR_clear_error();
  if (error_ != 0) return {.io = Io::failed, .error = failure_of_tls};
  if (socket_error_ != 0) return {.io = Io::failed, .error = socket_error_};
  if (end_of_input_) return {.io = Io::failed, .error = unannounced_end};
  return {.io = Io::failed, .error = ECONNRESET};
}

Stream::Transfer TlsStream::handshake() {
  if (!ssl_) {
    ssl_.reset(context_.connection());
    BIO* const bio = ssl_ ? BIO_new(socket_method()) : nullptr;
    if (!bio) return {.io = Io::failed, .error = ENOMEM};
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    if (memory_.session) SSL_set_session(ssl_.get(), memory_.session.get());
    ERR_clear_error();
  }
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return outcome(result);
  ERR_clear_error();
  established_ = true;
  ++memory_.handshakes;
  if (SSL_session_reused(ssl_.get())) ++memory_.resumed;
  return {.io = Io::done};
}

Stream::Transfer TlsStream::read(std::span<char> buffer) {
  std::size_t total = 0;
  taken_all_ = false;
  while (total < buffer.size()) {
    std::size_t bytes = 0;
    const int result =
        SSL_read_ex(ssl_.get(), buffer.data() + total, buffer.size() - total, &bytes);
    if (result != 1) {
      const Transfer ended = outcome(result);
      // What came before an end is read first; the end is met again by the next read.
      return total > 0 ? Transfer{.io = Io::done, .bytes = total} : ended;
    }
    total += bytes;
    // Another record may be in OpenSSL's buffer, of which the kernel says nothing.
    if (taken_all_ && !SSL_has_pending(ssl_.get())) {
      descriptor_.drained();
      break;
    }
  }
  return {.io = Io::done, .bytes = total};
}

Stream::Transfer TlsStream::write(std::string_view bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    std::size_t taken = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data() + total, bytes.size() - total, &taken);
    if (result != 1) {
      const Transfer stopped = outcome(result);
      return total > 0 ? Transfer{.io = Io::done, .bytes = total} : stopped;
    }
    total += taken;
  }
  return {.io = Io::done, .bytes = total};
}

bool TlsStream::quiet() {
  if (!descriptor_.has_input() && !SSL_has_pending(ssl_.get())) return true;
  // TLS 1.3 sends sessions to resume after the handshake: input, but nothing for us.
  char byte = 0;
  std::size_t bytes = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &bytes);
  if (result == 1) return false;
  return outcome(result).io == Io::wants_read && !descriptor_.has_input();
}

void TlsStream::keep(SSL_SESSION* session) { memory_.session.reset(session); }

void TlsStream::note(X509_STORE_CTX* store) {
  if (certificate_.empty()) certificate_ = explain_certificate(store, context_.host());
}

std::string TlsStream::tls_failure() const {
  if (!certificate_.empty()) return certificate_;
  return error_ == 0 ? std::string() : explain_tls(error_);
}

}  // namespace dyno::http
