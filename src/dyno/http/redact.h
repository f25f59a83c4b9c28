// What must not be shown: values that a header, a query, a form or a JSON body has under a name
// that says it is a secret. A guess by names, for logs and records; it protects nothing that stands
// under another name.
#pragma once

#include <string>
#include <string_view>

namespace dyno::http {

inline constexpr std::string_view redacted = "***";

// "password", "api_key", "X-Auth-Token", "Set-Cookie", …: letters in any case.
bool is_secret_name(std::string_view name);

// "/items?token=***&page=2". Also of a whole URL, whose user and password go too.
std::string redacted_url(std::string_view url);

// The header lines of a head as sent or received; its first line as a URL.
std::string redacted_head(std::string_view head);

// JSON or a form by its members; anything else as it is.
std::string redacted_body(std::string_view body);

}  // namespace dyno::http
