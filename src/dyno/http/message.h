// An HTTP request as its caller describes it. Views only: what they refer to must live until the
// request has been awaited.
#pragma once

#include <span>
#include <string_view>

namespace dyno::http {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Header {
  std::string_view name;
  std::string_view value;
};

class BodySource;

struct Request {
  std::string_view method = "GET";
  std::string_view path = "/";  // with its query, already percent-encoded; begins with '/'
  std::string_view body{};
  std::string_view content_type{};  // sent when not empty

  // In place of those of the run of the same name; `more_headers` besides `headers`, and in place
  // of those among them of the same name.
  std::span<const Header> headers{};
  std::span<const Header> more_headers{};

  // When set, where the body comes from instead of `body` (body_source.h).
  BodySource* source = nullptr;

  // The whole request as it is sent, rendered by the caller; when not empty, all of the above but
  // the method only describe it.
  std::string_view wire{};
};

// Whether two header names are the same: ASCII letters in any case.
bool same_name(std::string_view a, std::string_view b);

// The value of the first header of that name in a head as received; empty when absent.
std::string_view find_header(std::string_view head, std::string_view name);

}  // namespace dyno::http
