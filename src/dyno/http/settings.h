// How a run speaks HTTP, whoever the user and whatever the request: set once, before the load.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dyno::http {

struct Settings {
  // Sent with every request; they may replace Host, User-Agent and Accept.
  std::vector<std::pair<std::string, std::string>> headers;
  bool new_connection_per_request = false;
};

}  // namespace dyno::http
