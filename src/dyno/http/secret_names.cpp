#include "dyno/http/secret_names.h"

#include <algorithm>
#include <cctype>

namespace dyno::http {

namespace {

// Anywhere in a name that is written as one word: "accesstoken", "PHPSESSID", "X-Api-Key".
constexpr std::string_view telling[] = {
    "authorization", "authorisation", "cookie",     "token",           "secret",
    "password",      "passwd",        "passphrase", "passcode",        "apikey",
    "accesskey",     "privatekey",    "session",    "sessid",          "signature",
    "credential",    "accountkey",    "devicecode", "clientassertion", "jwtassertion",
    "codeverifier",  "samlresponse",  "oidcdata",   "connectionstring"};
// The last word.
constexpr std::string_view last_words[] = {
    "auth", "authentication", "bearer", "jwt",  "pwd", "sig", "sas", "sid",
    "otp",  "csrf",           "xsrf",   "hmac", "pw"};
// Before a last word "key": "X-Auth-Key", but not "cache_key", "primaryKey" or "Idempotency-Key".
constexpr std::string_view of_key[] = {
    "x",         "access",   "account",   "admin",        "api",      "app",        "auth",
    "client",    "consumer", "crypto",    "decryption",   "deploy",   "encryption", "function",
    "functions", "ingest",   "ingestion", "integration",  "licence",  "license",    "master",
    "private",   "rapidapi", "root",      "secret",       "security", "server",     "service",
    "shared",    "signing",  "ssh",       "subscription", "webhook"};
// Before a last word "pass".
constexpr std::string_view of_pass[] = {"admin", "db",    "database", "ftp",  "http",
                                        "mail",  "proxy", "root",     "smtp", "user"};
// A last word that makes it how many, how long, of what kind: "token_count", "session_timeout".
constexpr std::string_view measures[] = {
    "age",    "budget",    "bytes",   "count",    "counts",  "duration", "enabled",
    "errors", "expiry",    "expires", "failures", "hits",    "length",   "limit",
    "limits", "misses",    "ms",      "policy",   "rate",    "required", "seconds",
    "size",   "timeout",   "total",   "totals",   "ttl",     "type",     "usage",
    "used",   "remaining", "found",   "second",   "endpoint"};
// The whole of it, where names stand alone (a query, a form, a head): elsewhere it is any key's.
constexpr std::string_view of_pairs[] = {"key", "code", "assertion"};

template <std::size_t n>
bool is_one_of(const std::string_view (&all)[n], std::string_view sought) {
  return std::find(std::begin(all), std::end(all), sought) != std::end(all);
}

template <std::size_t n>
bool has_one_of(const std::string_view (&all)[n], std::string_view text) {
  return std::any_of(std::begin(all), std::end(all), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

// A word that only looks like one that tells. "max_tokens", "prompt_tokens_details" count;
// "refresh_tokens" are some; "time_to_first_token", "input_token_details" measure.
bool is_harmless(const Words& words, std::size_t at) {
  static constexpr std::string_view whose[] = {"access", "refresh", "auth",    "api",
                                               "bearer", "id",      "session", "secret"};
  static constexpr std::string_view measured[] = {"input",      "output", "prompt",
                                                  "completion", "first",  "per"};
  const std::string_view word = words[at];
  if (word == "sessions" || word.starts_with("tokeniz") || word.starts_with("tokenis") ||
      word.starts_with("secretar")) {
    return true;
  }
  if (word == "token" && at > 0 && is_one_of(measured, words[at - 1])) return true;
  constexpr std::string_view tokens = "tokens";
  if (!word.ends_with(tokens)) return false;
  const std::string_view own = word.substr(0, word.size() - tokens.size());
  return !is_one_of(whose, own.empty() && at > 0 ? std::string_view(words[at - 1]) : own);
}

}  // namespace

Words words_of(std::string_view name) {
  Words words;
  bool within = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (std::isalnum(c) == 0) {
      within = false;
      continue;
    }
    const auto is = [&](std::size_t at, int (*kind)(int)) {
      return at < name.size() && kind(static_cast<unsigned char>(name[at])) != 0;
    };
    const bool hump =
        std::isupper(c) != 0 && i > 0 &&
        (is(i - 1, std::islower) || (is(i - 1, std::isupper) && is(i + 1, std::islower)));
    if (!within || hump) words.emplace_back();
    within = true;
    words.back() += static_cast<char>(std::tolower(c));
  }
  return words;
}

std::string decoded(std::string_view name) {
  const auto digit = [](char c) {
    const auto at = std::string_view("0123456789abcdef")
                        .find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
  };
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool code =
        name[i] == '%' && i + 2 < name.size() && digit(name[i + 1]) >= 0 && digit(name[i + 2]) >= 0;
    result += code ? static_cast<char>(digit(name[i + 1]) * 16 + digit(name[i + 2])) : name[i];
    if (code) i += 2;
  }
  return result;
}

std::string without_blanks(const std::string& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

bool is_secret_name(std::string_view name) {
  if (name.find(' ') != std::string_view::npos) return false;  // a title, such as a task has
  const Words words = words_of(name);
  if (words.empty()) return false;
  const std::string& last = words.back();
  if (words.size() > 1 && is_one_of(measures, last)) return false;
  std::string joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_harmless(words, i)) joined += words[i];
  }
  if (joined.ends_with("expiresin") || joined.ends_with("expiresat")) return false;
  const std::string before = words.size() > 1 ? words[words.size() - 2] : std::string();
  if (last == "key" && is_one_of(of_key, before)) return true;
  if (last.ends_with("key") && is_one_of(of_key, last.substr(0, last.size() - 3))) return true;
  if (last == "pass" && (before.empty() || is_one_of(of_pass, before))) return true;
  return is_one_of(last_words, last) || has_one_of(telling, joined);
}

bool is_secret_of_pairs(std::string_view name) {
  const std::string plain = without_blanks(decoded(name));
  if (is_secret_name(plain)) return true;
  const Words words = words_of(plain);
  return words.size() == 1 && is_one_of(of_pairs, words.front());
}

}  // namespace dyno::http
