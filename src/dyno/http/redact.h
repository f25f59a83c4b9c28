// What must not be shown: values that a header, a query, a form or a JSON body has under a name
// that says it is a secret. A guess by names, for logs and records; it protects nothing that stands
// under another name.
#pragma once

#include <string>
#include <string_view>

namespace dyno::http {

inline constexpr std::string_view redacted = "***";

// "/items?token=***&page=2". Also of a whole URL, whose user and password go too.
std::string redacted_url(std::string_view url);

// Of what should have been a URL and is not one: all before an '@' goes, but for the scheme.
std::string redacted_address(std::string_view address);

// The header lines of a head as sent or received; its first line as a URL.
std::string redacted_head(std::string_view head);

// JSON, and a form, by its members; line by line likewise server-sent events, records of which each
// is a line, and parts of a form (multipart). Else addresses only, which hold user and password.
std::string redacted_body(std::string_view body);

}  // namespace dyno::http
