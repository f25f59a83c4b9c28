#include "dyno/http/redact.h"

#include <algorithm>

namespace dyno::http {

namespace {

constexpr auto npos = std::string_view::npos;

// Within a name without its '-' and '_': "apikey" is in X-Api-Key.
constexpr std::string_view telling[] = {"authorization", "cookie",  "token",    "secret",
                                        "password",      "passwd",  "apikey",   "accesskey",
                                        "privatekey",    "session", "signature"};
// The whole of it.
constexpr std::string_view whole[] = {"key", "auth", "pwd", "pass", "sid", "jwt", "sig", "code"};

std::string plain(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

// name=value&name=value, from `at` to the end of what may be one.
std::string redacted_pairs(std::string_view pairs) {
  std::string result;
  while (!pairs.empty()) {
    const std::size_t end = std::min(pairs.find('&'), pairs.size());
    const std::string_view pair = pairs.substr(0, end);
    const std::size_t equals = pair.find('=');
    const bool hide = equals != npos && is_secret_name(pair.substr(0, equals));
    result.append(hide ? pair.substr(0, equals + 1) : pair);
    if (hide) result.append(redacted);
    if (end < pairs.size()) result += '&';
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
  }
  return result;
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

std::string redacted_json(std::string_view json) {
  std::string result;
  std::size_t at = 0;
  while (at < json.size()) {
    if (json[at] != '"') {
      result += json[at++];
      continue;
    }
    const std::size_t end = end_of_text(json, at);
    if (end == npos) return result.append(json.substr(at));
    const std::string_view text = json.substr(at, end - at);
    result.append(text);
    at = end;
    const std::size_t colon = json.find_first_not_of(" \t\r\n", at);
    if (colon == npos || json[colon] != ':' || !is_secret_name(text.substr(1, text.size() - 2))) {
      continue;
    }
    const std::size_t value = json.find_first_not_of(" \t\r\n", colon + 1);
    if (value == npos || says_yes_or_no(json.substr(value))) continue;
    result.append(json.substr(at, value - at)).append("\"***\"");
    at = end_of_value(json, value);
  }
  return result;
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (name.find(' ') != npos) return false;  // a title, such as a task has
  const std::string sought = plain(name);
  if (sought.ends_with("tokens")) return false;  // max_tokens, input_tokens: how many
  if (sought.ends_with("credential") || sought.ends_with("credentials")) return true;
  return std::find(std::begin(whole), std::end(whole), sought) != std::end(whole) ||
         std::any_of(std::begin(telling), std::end(telling),
                     [&](std::string_view part) { return sought.find(part) != std::string::npos; });
}

std::string redacted_url(std::string_view url) {
  const std::size_t query = url.find('?');
  std::string result(url.substr(0, query));
  if (const std::size_t scheme = result.find("://"); scheme != std::string::npos) {
    const std::size_t end = std::min(result.find('/', scheme + 3), result.size());
    const std::size_t at = result.rfind('@', end);
    if (at != std::string::npos && at > scheme)
      result.replace(scheme + 3, at - scheme - 3, redacted);
  }
  if (query == npos) return result;
  return result + "?" + redacted_pairs(url.substr(query + 1));
}

std::string redacted_head(std::string_view head) {
  std::string result;
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size() - 1) + 1;
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (first && line.find(" HTTP/") != npos) {
      const std::size_t version = line.rfind(" HTTP/");
      result.append(redacted_url(line.substr(0, version))).append(line.substr(version));
    } else if (!first && colon != npos && is_secret_name(line.substr(0, colon))) {
      result.append(line.substr(0, colon + 1)).append(" ").append(redacted);
      result.append(line.ends_with("\r\n") ? "\r\n" : "\n");
    } else if (!first && colon != npos && line.find('?') != npos) {
      result.append(redacted_url(line.substr(0, line.find_last_not_of("\r\n") + 1)));
      result.append(line.substr(line.find_last_not_of("\r\n") + 1));
    } else {
      result.append(line);
    }
    first = false;
    head.remove_prefix(end);
  }
  return result;
}

std::string redacted_body(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == npos) return std::string(body);
  if (body[begin] == '{' || body[begin] == '[') return redacted_json(body);
  const bool form = body.find('=') != npos && body.find_first_of(" \n<{") == npos;
  return form ? redacted_pairs(body) : std::string(body);
}

}  // namespace dyno::http
