// How a run speaks HTTP, whoever the user and whatever the request: set once, before the load.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dyno/http/exchange.h"

namespace dyno::http {

struct Settings {
  // Sent with every request; they may replace Host, User-Agent and Accept.
  std::vector<std::pair<std::string, std::string>> headers;
  bool new_connection_per_request = false;

  bool compressed = false;  // every request asks for gzip (ExchangeOptions::compressed)
  PhaseLimits limits{};     // of every request that names none
};

}  // namespace dyno::http
