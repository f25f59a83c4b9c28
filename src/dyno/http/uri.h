// Where a reference that a service sends leads: RFC 3986, section 5. For redirects; the address of
// the service itself is url.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dyno::http {

// The five components of RFC 3986, section 3, as they stand in the text. The path is always there,
// if only empty.
struct Uri {
  std::optional<std::string> scheme;
  std::optional<std::string> authority;
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;

  std::string text() const;
};

// Takes any text apart (appendix B): it judges nothing.
Uri split_uri(std::string_view text);

// The target of `reference` as seen from `base`, which must have a scheme (section 5.2.2, strict).
Uri resolve_reference(const Uri& base, const Uri& reference);

// "/a/./b/../c" → "/a/c" (section 5.2.4).
std::string remove_dot_segments(std::string_view path);

// Path and query as a request line has them: what may not stand there (space, controls, what is not
// ASCII) percent-encoded.
std::string request_target(const Uri& uri);

}  // namespace dyno::http
