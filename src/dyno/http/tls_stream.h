// A Stream under TLS (OpenSSL). A record costs one recv, a request one send; an idle connection
// holds no buffers. It does not wait: handshake() is called until it is done, with waits between.
#pragma once

#include <memory>
#include <string>

#include "dyno/http/stream.h"
#include "dyno/http/tls_context.h"

namespace dyno::http {

class TlsStream final : public Stream {
 public:
  // Takes over a socket that is connected, or connecting. Both must outlive it.
  TlsStream(async::EventLoop& loop, int fd, const TlsContext& context, TlsMemory& memory);
  ~TlsStream() override;  // tells the peer, if it still listens

  // A step of the handshake: done, wants_read, wants_write; ended or failed as read() has them.
  Transfer handshake();

  Transfer read(std::span<char> buffer) override;
  Transfer write(std::string_view bytes) override;
  bool quiet() override;
  async::Descriptor& descriptor() override { return descriptor_; }
  std::string tls_failure() const override;

  // For the callbacks of OpenSSL: a session to resume; the certificate that is not accepted.
  void keep(SSL_SESSION* session);
  void note(X509_STORE_CTX* store);

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  static const BIO_METHOD* socket_method();
  static int receive(BIO* bio, char* data, int size);
  static int send(BIO* bio, const char* data, int size);

  Transfer outcome(int result);

  async::Descriptor descriptor_;
  const TlsContext& context_;
  TlsMemory& memory_;
  std::unique_ptr<SSL, Free> ssl_;
  bool established_ = false;
  bool broken_ = false;        // no use in telling the peer
  bool taken_all_ = false;     // the socket had no more at its last recv
  bool end_of_input_ = false;  // of the socket
  int socket_error_ = 0;
  unsigned long error_ = 0;  // OpenSSL's
  std::string certificate_;  // what is wrong with the service's
};

}  // namespace dyno::http
