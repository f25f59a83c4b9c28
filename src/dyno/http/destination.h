// Where requests go, and what all of them have in common. Made before the load, which only reads
// it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/http/address.h"
#include "dyno/http/settings.h"
#include "dyno/http/tls_context.h"
#include "dyno/http/url.h"

namespace dyno::http {

struct Destination {
  Url url;
  Settings settings;
  std::vector<Address> addresses;         // as found before the load; tried in turn
  Lookup lookup;                          // how to find them again; empty: they are fixed
  std::shared_ptr<const TlsContext> tls;  // null: plain TCP
  std::string common;  // header lines of every request: "Host: …\r\nUser-Agent: …\r\n"
};

// Finds the addresses (blocks), reads the files of TLS and renders the common headers.
Result<Destination> make_destination(const Url& url, Settings settings = {});

}  // namespace dyno::http
