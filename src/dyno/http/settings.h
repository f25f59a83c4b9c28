// How a run speaks HTTP, whoever the user and whatever the request: set once, before the load.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/http/address.h"
#include "dyno/http/authentication.h"
#include "dyno/http/exchange.h"
#include "dyno/http/status_set.h"

namespace dyno::http {

// After what a request is sent again, and when; see retry.h.
struct RetrySettings {
  std::uint32_t most = 0;  // further attempts of one request; 0: none
  bool refused = true;
  bool reset = true;
  bool timeout = false;
  StatusSet statuses{429, 503};
  Duration first_pause = std::chrono::milliseconds{100};
  Duration longest_pause = std::chrono::seconds{5};
  Duration longest_retry_after = std::chrono::seconds{30};  // beyond it, the answer stands
};

// Files are PEM. Without `ca_file` the system's authorities are trusted.
struct TlsSettings {
  bool verify = true;
  bool resume = true;         // sessions, from one connection to the next
  std::string ca_file{};      // trusted instead of the system's
  std::string certificate{};  // of the client, with its chain
  std::string key{};          // of the client; empty: in the file of the certificate
};

// A name that is not looked up: its addresses are these.
struct FixedName {
  std::string host;
  std::uint16_t port = 0;
  std::vector<Address> addresses;
};

struct Settings {
  // Sent with every request; they may replace Host, User-Agent and Accept. A request's own header
  // of the same name takes the place of one of these.
  std::vector<std::pair<std::string, std::string>> headers;
  bool new_connection_per_request = false;

  bool compressed = false;  // every request asks for gzip (ExchangeOptions::compressed)
  PhaseLimits limits{};     // of every request that names none

  TlsSettings tls;          // of https
  std::string unix_socket;  // connect there, whatever host the URL names

  // Local ends of connections, in turn from one user to the next; empty: as the system chooses.
  // An address pair has some 28 000 ports.
  std::vector<Address> source_addresses;

  // Cancel an attempt that takes longer; zero: only the timeout of the request ends it. The first
  // is of each address that is tried.
  Duration connect_timeout{};
  Duration tls_timeout{};

  IpVersion ip_version = IpVersion::any;
  std::vector<FixedName> fixed_names;
  Duration resolve_every{};  // look the name up again; zero: only after connections have failed
  Lookup lookup;             // of names; empty: resolve()

  Credentials credentials;             // sent with every request
  std::uint32_t follow_redirects = 0;  // in a row, within the service; 0: none is followed
  bool cookies = false;                // kept by each user, and sent back
  RetrySettings retries;
  std::uint32_t max_connections = 0;              // of the whole run; 0: each user has its own
  std::uint32_t max_requests_per_connection = 0;  // then it is replaced; 0: no limit
};

}  // namespace dyno::http
