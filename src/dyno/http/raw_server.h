// For tests: a server on a loopback port whose every connection is handled by a function of the
// test, on a thread of its own, with nothing between it and the socket: so that it can misbehave.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "dyno/http/certificates_for_test.h"
#include "dyno/http/client.h"

namespace dyno::http {

// One accepted connection. Closed when the handler returns, under TLS with its notice.
class RawConnection {
 public:
  // `tls` may be null.
  RawConnection(int fd, int number, SSL* tls) : fd_(fd), number_(number), tls_(tls) {}

  // Which one it is, from 0.
  int number() const { return number_; }

  // The peer's address: "127.0.0.1".
  std::string peer() const;

  // Under TLS; null otherwise.
  SSL* tls() const { return tls_; }

  // Reads up to the end of a request (its body included, decoded when it is chunked); empty when
  // the client closed.
  std::string read_request();

  // Reads up to the end of a head, whatever follows it; empty when the client closed.
  std::string read_head();

  // After read_head(): reads the body that it declares without keeping it; its size, or what came
  // of it before the client closed.
  std::uint64_t discard_body(std::string_view head);

  // Whether all of it could be sent.
  bool write(std::string_view bytes);

  // Waits until the client's kernel has all that was written.
  void wait_until_taken();

  // Blocks until the client closes.
  void wait_for_close();

  // Likewise, and takes nothing of what the client sends.
  void wait_for_shutdown();

  // Closes so that the client sees a reset.
  void reset();

  // Under TLS: closes without saying so.
  void close_unannounced() { SSL_set_quiet_shutdown(tls_, 1); }

 private:
  bool receive();
  std::string take(std::size_t size);
  bool take_line(std::string& line);
  std::string read_body(std::string_view head);
  ssize_t receive(char* bytes, std::size_t size);  // as recv, under TLS or not
  ssize_t send(std::string_view bytes);

  int fd_;
  int number_;
  SSL* tls_;
  std::string buffered_;
};

struct RawServerOptions {
  std::string listen = "127.0.0.1";  // or "::1", or the path of a socket: "/tmp/…"
  std::uint16_t port = 0;            // 0: a free one

  // TLS, when there is a certificate.
  CertificateFiles tls{};
  std::string client_authority{};  // a file; asks for a client certificate that it has signed
  int newest_tls = 0;              // TLS1_2_VERSION; 0: what there is
};

class RawServer {
 public:
  using Handler = std::function<void(RawConnection&)>;

  // Throws std::runtime_error when it cannot listen.
  explicit RawServer(Handler handler, RawServerOptions options = {});
  ~RawServer();  // ends every connection and joins
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const;
  int connections();

 private:
  void listen();
  void accept_all();
  void serve(int fd, int number);

  Handler handler_;
  const RawServerOptions options_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_{nullptr, &SSL_CTX_free};
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  int accepted_ = 0;
  std::thread acceptor_;
};

}  // namespace dyno::http
