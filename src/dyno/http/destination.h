// Where requests go, and what all of them have in common. Made before the load, which only reads
// it.
#pragma once

#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/http/address.h"
#include "dyno/http/settings.h"
#include "dyno/http/url.h"

namespace dyno::http {

struct Destination {
  Url url;
  Settings settings;
  std::vector<Address> addresses;  // tried in turn
  std::string common;  // header lines of every request: "Host: …\r\nUser-Agent: …\r\n"
};

// Finds the addresses (blocks) and renders the common headers.
Result<Destination> make_destination(const Url& url, Settings settings = {});

}  // namespace dyno::http
