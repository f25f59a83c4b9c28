// What a journey sees of one request that it made, and how it asks for it.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <nlohmann/json_fwd.hpp>

#include "dyno/core/clock.h"
#include "dyno/http/exchange.h"
#include "dyno/http/message.h"
#include "dyno/http/sse.h"
#include "dyno/metrics/outcome.h"

namespace dyno::load {

// Up to eight statuses, written {200, 503}.
class StatusSet {
 public:
  constexpr StatusSet() = default;
  constexpr StatusSet(std::initializer_list<int> statuses) {  // NOLINT(google-explicit-constructor)
    for (const int status : statuses) {
      if (size_ == statuses_.size()) throw "a StatusSet holds at most 8 statuses";
      statuses_[size_++] = static_cast<std::uint16_t>(status);
    }
  }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool contains(int status) const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (statuses_[i] == status) return true;
    }
    return false;
  }

 private:
  std::array<std::uint16_t, 8> statuses_{};
  std::size_t size_ = 0;
};

// How one request is made and judged; usually written in place: {.timeout = 2s}. The texts it
// refers to must live until the request has been awaited.
struct RequestOptions {
  // The endpoint it is counted as; by default the path without its query. Paths that contain
  // identifiers need one: "/users/*".
  std::string_view name{};

  // From sending (or connecting) to the last byte, of a stream as well; zero: the run's
  // (RunOptions::timeout).
  Duration timeout{};

  // The statuses that are a success; none named: 200 to 399.
  StatusSet accept{};

  // Besides those of the run. Of request(): instead of those of the request, when there are any.
  std::span<const http::Header> headers{};

  // Bodies and headers are discarded as they arrive unless asked for.
  bool want_body = false;
  bool want_headers = false;

  // Limits of single phases, instead of the run's (http::Settings::limits) where they are not zero.
  http::PhaseLimits limits{};

  // Asks for gzip, and decodes a body that is wanted. Bytes are counted as they were received.
  bool compressed = false;

  // Sends the body only once the service says so, or has said nothing for a second.
  bool expect_continue = false;

  // Of a stream (User::open): the longest wait for the next event; zero: as long as the whole may.
  Duration event_timeout{};

  // Of a stream: how many tokens an event holds, counted as it arrives; null: one. Usually a lambda
  // without captures. Must not throw.
  std::uint64_t (*tokens)(const http::Event& event) = nullptr;
};
// gcc 12 may destroy a temporary of a co_await expression twice (GCC bug 98401 and its kin); what
// has nothing to destroy is safe to write in place.
static_assert(std::is_trivially_destructible_v<RequestOptions>);

struct Response {
  metrics::Outcome outcome;
  int status = 0;                // 0: no answer
  std::uint64_t body_bytes = 0;  // received, whether kept or not
  Duration service_time{};
  std::string body;          // with want_body
  std::string head;          // status line and headers, with want_headers
  std::uint64_t serial = 0;  // which request of its user this answers

  bool ok() const { return outcome.ok(); }

  // The first header of that name, in any case; empty when absent or not asked for.
  std::string_view header(std::string_view name) const;

  // The body as JSON, with want_body; a discarded value (is_discarded()) when it is not JSON.
  nlohmann::json json() const;
};

}  // namespace dyno::load
