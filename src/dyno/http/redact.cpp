#include "dyno/http/redact.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace dyno::http {

namespace {

constexpr auto npos = std::string_view::npos;

using Words = std::vector<std::string>;

// Anywhere in a name that is written as one word: "accesstoken", "PHPSESSID", "X-Api-Key".
constexpr std::string_view telling[] = {
    "authorization", "authorisation", "cookie",     "token",           "secret",
    "password",      "passwd",        "passphrase", "passcode",        "apikey",
    "accesskey",     "privatekey",    "session",    "sessid",          "signature",
    "credential",    "accountkey",    "devicecode", "clientassertion", "jwtassertion",
    "codeverifier",  "samlresponse",  "oidcdata",   "connectionstring"};
// The last word.
constexpr std::string_view last_words[] = {
    "auth", "authentication", "bearer", "jwt", "pwd", "sig", "sas", "sid",
    "otp",  "csrf",           "xsrf",   "hmac"};
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
    "age",    "budget",  "bytes",    "count",    "counts",  "duration",  "enabled", "errors",
    "expiry", "expires", "failures", "hits",     "length",  "limit",     "limits",  "misses",
    "ms",     "policy",  "rate",     "required", "seconds", "size",      "timeout", "total",
    "totals", "ttl",     "type",     "usage",    "used",    "remaining", "found"};
// The whole of it, where names stand alone (a query, a form, a head): elsewhere it is any key's.
constexpr std::string_view of_pairs[] = {"key", "code"};

template <std::size_t n>
bool is_one_of(const std::string_view (&all)[n], std::string_view sought) {
  return std::find(std::begin(all), std::end(all), sought) != std::end(all);
}

template <std::size_t n>
bool has_one_of(const std::string_view (&all)[n], std::string_view text) {
  return std::any_of(std::begin(all), std::end(all),
                     [&](std::string_view part) { return text.find(part) != npos; });
}

// In lower case: "X-Auth_key", "xAuthKey" are x, auth, key; "AWSAccessKeyId" aws, access, key, id.
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

// A word that only looks like one that tells. "max_tokens", "prompt_tokens_details" count;
// "refresh_tokens" are some.
bool is_harmless(const Words& words, std::size_t at) {
  static constexpr std::string_view whose[] = {"access", "refresh", "auth",    "api",
                                               "bearer", "id",      "session", "secret"};
  const std::string_view word = words[at];
  if (word == "sessions" || word.starts_with("tokeniz") || word.starts_with("tokenis") ||
      word.starts_with("secretar")) {
    return true;
  }
  constexpr std::string_view tokens = "tokens";
  if (!word.ends_with(tokens)) return false;
  const std::string_view own = word.substr(0, word.size() - tokens.size());
  return !is_one_of(whose, own.empty() && at > 0 ? std::string_view(words[at - 1]) : own);
}

// %5F as it is meant.
std::string decoded(std::string_view name) {
  const auto digit = [](char c) {
    const auto at = std::string_view("0123456789abcdef")
                        .find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    return at == npos ? -1 : static_cast<int>(at);
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

bool is_secret_of_pairs(std::string_view name) {
  const std::string plain = decoded(name);
  if (is_secret_name(plain)) return true;
  const Words words = words_of(plain);
  return words.size() == 1 && is_one_of(of_pairs, words.front());
}

// name=value&name=value, all of the text.
std::string redacted_pairs(std::string_view pairs) {
  std::string result;
  while (!pairs.empty()) {
    const std::size_t end = std::min(pairs.find('&'), pairs.size());
    const std::string_view pair = pairs.substr(0, end);
    const std::size_t equals = pair.find('=');
    const bool hide =
        equals != npos && equals + 1 < pair.size() && is_secret_of_pairs(pair.substr(0, equals));
    result.append(hide ? pair.substr(0, equals + 1) : pair);
    if (hide) result.append(redacted);
    if (end < pairs.size()) result += '&';
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
  }
  return result;
}

// Where user and password end, which is at an '@'; npos where there are none. A password may hold
// any of "/?#@" unescaped, and then a port that is no number tells that it is one.
std::size_t end_of_user(std::string_view url, std::size_t begin) {
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at != npos && at >= begin) return at;
  const std::size_t last = url.rfind('@');
  if (last == npos || last < end) return npos;
  const std::string_view authority = url.substr(begin, end - begin);
  const std::size_t colon = authority.rfind(':');
  if (colon == npos || authority.ends_with(']')) return npos;
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const std::string_view port = authority.substr(colon + 1);
  return colon == 0 || !std::all_of(port.begin(), port.end(), is_digit) ? last : npos;
}

// Every URL in a text that is not one itself.
std::string redacted_urls(std::string_view text) {
  std::string result;
  for (std::size_t scheme = text.find("://"); scheme != npos; scheme = text.find("://")) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\"'<>\\", scheme), text.size());
    result.append(text.substr(0, scheme)).append(redacted_url(text.substr(scheme, end - scheme)));
    text.remove_prefix(end);
  }
  return result.append(text);
}

// Behind the JSON text that begins at `at` with a quote; npos when it does not end.
std::size_t end_of_text(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return npos;
}

// Behind the value that begins at `at`: a text, a list or object with all in it, or a word.
std::size_t end_of_value(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = end_of_text(json, at);
      if (end == npos) return json.size();
      if (depth == 0) return end;
      at = end - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (c == ',' || c == '\n')) {
      return at;
    }
  }
  return at;
}

// Not a secret, whatever its name: "password_required": true.
bool says_yes_or_no(std::string_view value) {
  return value.starts_with("true") || value.starts_with("false") || value.starts_with("null");
}

std::string redacted_json(std::string_view json);

// A text within JSON, with its quotes; it may be an address, or JSON itself, as tools answer.
std::string redacted_text(std::string_view text) {
  if (text.starts_with("\"/")) {
    return std::string("\"").append(redacted_url(text.substr(1, text.size() - 2))).append("\"");
  }
  const std::string shown = redacted_urls(text);
  if (shown.find("\\\"") == npos) return shown;
  constexpr char other_escape = '\1';  // which JSON has in escaped form only
  std::string inner;
  for (std::size_t i = 1; i + 1 < shown.size(); ++i) {
    if (shown[i] != '\\') {
      inner += shown[i];
    } else if (shown[i + 1] == '"' || shown[i + 1] == '\\') {
      inner += shown[++i];
    } else {
      inner += other_escape;
    }
  }
  std::string result = "\"";
  for (const char c : redacted_json(inner)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == other_escape ? '\\' : c;
  }
  return result + '"';
}

std::string redacted_json(std::string_view json) {
  std::string result;
  std::size_t at = 0;
  while (at < json.size()) {
    if (json[at] != '"') {
      result += json[at++];
      continue;
    }
    const std::size_t end = end_of_text(json, at);
    if (end == npos) return result.append(redacted_urls(json.substr(at)));
    const std::string_view text = json.substr(at, end - at);
    at = end;
    const std::size_t colon = json.find_first_not_of(" \t\r\n", at);
    if (colon == npos || json[colon] != ':' || !is_secret_name(text.substr(1, text.size() - 2))) {
      result.append(redacted_text(text));
      continue;
    }
    result.append(text);
    const std::size_t value = json.find_first_not_of(" \t\r\n", colon + 1);
    if (value == npos || says_yes_or_no(json.substr(value))) continue;
    result.append(json.substr(at, value - at)).append("\"***\"");
    at = end_of_value(json, value);
  }
  return result;
}

// The next line of `text`, with its end, which is taken off `text`.
std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
  text.remove_prefix(line.size());
  return line;
}

// One line of a body that is not JSON as a whole: an event's data, a record of a log, a form.
std::string redacted_body_line(std::string_view line) {
  constexpr std::string_view data = "data:";
  const std::size_t begin = line.starts_with(data) ? data.size() : 0;
  const std::size_t end = line.find_last_not_of("\r\n") + 1;
  if (end <= begin) return std::string(line);
  const std::size_t text = std::min(line.find_first_not_of(" \t", begin), end);
  const std::string_view content = line.substr(text, end - text);
  const bool form = content.find('=') < content.find_first_of(" \"<{:/");
  const std::string shown = form                        ? redacted_urls(redacted_pairs(content))
                            : content.find('"') == npos ? redacted_urls(content)
                                                        : redacted_json(content);
  return std::string(line.substr(0, text)).append(shown).append(line.substr(end));
}

// Of a part of a multipart body: name="password".
bool begins_secret_part(std::string_view line) {
  constexpr std::string_view name = "name=\"";
  if (words_of(line.substr(0, line.find(':'))) != Words{"content", "disposition"}) return false;
  const std::size_t at = line.find(name);
  if (at == npos) return false;
  const std::string_view rest = line.substr(at + name.size());
  return is_secret_of_pairs(rest.substr(0, rest.find('"')));
}

// "Bearer abc" in whatever field; not the challenge 'Basic realm="x"'.
bool is_credential(std::string_view value) {
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  const std::size_t space = value.find(' ');
  if (space == npos || value.find_first_of(" \"", space + 1) != npos) return false;
  const Words words = words_of(value.substr(0, space));
  return words.size() == 1 && (words.front() == "bearer" || words.front() == "basic");
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (name.find(' ') != npos) return false;  // a title, such as a task has
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
  if (last == "pass" && (before.empty() || is_one_of(of_pass, before))) return true;
  return is_one_of(last_words, last) || has_one_of(telling, joined);
}

std::string redacted_url(std::string_view url) {
  std::string result;
  if (const std::size_t scheme = url.find("://"); scheme != npos) {
    if (const std::size_t at = end_of_user(url, scheme + 3); at != npos) {
      result.append(url.substr(0, scheme + 3)).append(redacted);
      url.remove_prefix(at);
    }
  }
  const std::size_t query = std::min(url.find_first_of("?#"), url.size());
  result.append(url.substr(0, query));
  url.remove_prefix(query);
  while (!url.empty()) {  // a query, a fragment
    const std::size_t end = std::min(url.find_first_of("?#", 1), url.size());
    result += url.front();
    result.append(redacted_pairs(url.substr(1, end - 1)));
    url.remove_prefix(end);
  }
  return result;
}

namespace {

// Behind the "://" of a scheme; 0 where what stands before it may be something else.
std::size_t end_of_scheme(std::string_view address) {
  constexpr std::size_t longest = 20;
  const std::size_t end = address.find("://");
  if (end == npos || end == 0 || end > longest) return 0;
  const bool plain =
      std::all_of(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(end),
                  [](unsigned char c) { return std::isalnum(c) || c == '+'; });
  return plain ? end + 3 : 0;
}

}  // namespace

std::string redacted_address(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == npos) return redacted_url(address);
  const std::size_t begin = end_of_scheme(address);
  return std::string(address.substr(0, begin))
      .append(redacted)
      .append(redacted_url(address.substr(at)));
}

std::string redacted_head(std::string_view head) {
  std::string result;
  bool first = true;
  bool hidden = false;  // the field before, whose value may go on
  while (!head.empty()) {
    const std::string_view line = next_line(head);
    const std::size_t colon = line.find(':');
    const std::size_t end = line.find_last_not_of("\r\n") + 1;
    const bool goes_on = !first && (line.front() == ' ' || line.front() == '\t');
    if (goes_on && hidden) continue;
    hidden = !first && !goes_on && colon != npos &&
             (is_secret_of_pairs(line.substr(0, colon)) || is_credential(line.substr(colon + 1)));
    if (first && line.find(" HTTP/") != npos) {
      const std::size_t version = line.rfind(" HTTP/");
      result.append(redacted_url(line.substr(0, version))).append(line.substr(version));
    } else if (hidden) {
      result.append(line.substr(0, colon + 1)).append(" ").append(redacted);
      result.append(line.ends_with("\r\n") ? "\r\n" : "\n");
    } else if (!first && line.find_first_of("?#@") != npos) {
      result.append(redacted_url(line.substr(0, end))).append(line.substr(end));
    } else {
      result.append(line);
    }
    first = false;
  }
  return result;
}

std::string redacted_body(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == npos) return std::string(body);
  if (body[begin] == '{' || body[begin] == '[') return redacted_json(body);
  std::string result;
  enum class Part { shown, head_of_secret, secret } part = Part::shown;
  while (!body.empty()) {
    const std::string_view line = next_line(body);
    const bool blank = line.find_first_not_of("\r\n") == npos;
    if (line.starts_with("--")) part = Part::shown;  // the boundary
    if (begins_secret_part(line)) part = Part::head_of_secret;
    if (part != Part::secret) result.append(redacted_body_line(line));
    if (part != Part::head_of_secret || !blank) continue;
    part = Part::secret;
    result.append(redacted).append(line);
  }
  return result;
}

}  // namespace dyno::http
