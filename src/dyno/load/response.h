// What a journey sees of one request that it made, and how it asks for it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <nlohmann/json_fwd.hpp>

#include "dyno/core/clock.h"
#include "dyno/http/exchange.h"
#include "dyno/http/message.h"
#include "dyno/http/sse.h"
#include "dyno/http/status_set.h"
#include "dyno/metrics/outcome.h"

namespace dyno::load {

using http::StatusSet;

// How one request is made and judged; usually written in place: {.timeout = 2s}. The texts it
// refers to must live until the request has been awaited.
struct RequestOptions {
  // The endpoint it is counted as; by default the path without its query. Paths that contain
  // identifiers need one: "/users/*".
  std::string_view name{};

  // From sending (or connecting) to the last byte, of a stream as well; zero: the run's
  // (RunOptions::timeout).
  Duration timeout{};

  // The statuses that are a success; none named: 200 to 399. One that is named is the answer: it is
  // neither followed nor retried.
  StatusSet accept{};

  // Besides those of the request and of the run, and in place of those of the same name.
  std::span<const http::Header> headers{};

  // Redirects that are followed in a row; 0: none, -1: as many as the run's settings say.
  std::int32_t follow_redirects = -1;

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
  std::string body;             // with want_body
  std::string head;             // status line and headers, with want_headers
  std::uint64_t serial = 0;     // which request of its user this answers
  std::uint32_t redirects = 0;  // followed on the way to this answer
  std::uint32_t retries = 0;    // further attempts that it took

  bool ok() const { return outcome.ok(); }

  // The first header of that name, in any case; empty when absent or not asked for.
  std::string_view header(std::string_view name) const;

  // The body as JSON, with want_body; a discarded value (is_discarded()) when it is not JSON.
  nlohmann::json json() const;
};

}  // namespace dyno::load
