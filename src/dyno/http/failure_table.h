// For tests: the table of what can go wrong between the client and a service, each row with a real
// peer that does it and the outcome that it must be counted as. The tests of the client and those
// of the engine go through the same rows. docs/outcomes.md shows it to readers.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/http/settings.h"
#include "dyno/metrics/outcome.h"

namespace dyno::http {

// Somebody, or nobody, at an address, for as long as it lives.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string url() const = 0;

  // What a client needs to be told to get there.
  virtual Settings settings() const { return {}; }
};

struct Failure {
  std::string name;
  std::function<std::unique_ptr<Peer>()> start;
  metrics::Outcome outcome;  // of the last request; those before it succeed
  std::string reason;        // a part of what is said about it; empty where it is ok
  int requests = 1;          // one after the other on one connection
  bool retried = false;      // whether the last is
  std::size_t upload = 0;    // bytes of a body to send with each
};

std::vector<Failure> failure_table();

// Every outcome that there is, but http_error with one status only.
std::vector<metrics::Outcome> every_outcome();

}  // namespace dyno::http
