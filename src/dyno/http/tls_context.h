// The TLS of a destination: whom to trust, and who we are. Made before the load, shared by all
// engine threads, which only read it. What follows one connection is a TlsStream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "dyno/core/result.h"
#include "dyno/http/settings.h"

namespace dyno::http {

class TlsContext {
 public:
  // Of the service `host`, a name or an address. Reads the files of `settings`; the error names the
  // one that is wrong, and how.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsSettings& settings,
                                                        const std::string& host);

  ~TlsContext() { SSL_CTX_free(context_); }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // TLS for one connection, ready for its handshake; null when there is no memory.
  SSL* connection() const;

  const std::string& host() const { return host_; }

 private:
  TlsContext(SSL_CTX* context, const TlsSettings& settings, const std::string& host);
  Result<void> read_files(const TlsSettings& settings);

  SSL_CTX* const context_;
  const bool verify_;
  const std::string host_;
  bool host_is_address_ = false;
};

// What the TLS connections of one engine thread share.
struct TlsMemory {
  struct Free {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  std::unique_ptr<SSL_SESSION, Free> session;  // the last that the service gave
  std::uint64_t handshakes = 0;                // completed
  std::uint64_t resumed = 0;                   // of these, those that resumed a session
};

}  // namespace dyno::http
