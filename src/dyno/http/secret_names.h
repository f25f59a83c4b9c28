// Whether a name says that what stands under it is a secret. redact.h hides by them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dyno::http {

using Words = std::vector<std::string>;

// In lower case: "X-Auth_key", "xAuthKey" are x, auth, key; "AWSAccessKeyId" aws, access, key, id.
Words words_of(std::string_view name);

// "api%5Fkey" as it is meant.
std::string decoded(std::string_view name);

// Those at its begin and end left out.
std::string without_blanks(const std::string& text);

// "password", "api_key", "X-Auth-Token", "clientSecret", …: letters in any case. Not "key" and
// "code", which are secrets in a query, a form or a head only, nor what counts: "max_tokens",
// "token_count", "session_timeout".
bool is_secret_name(std::string_view name);

// Likewise where names stand alone: in a query, a form or a head.
bool is_secret_of_pairs(std::string_view name);

}  // namespace dyno::http
