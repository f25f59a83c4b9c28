#include "dyno/http/redact.h"

#include <algorithm>
#include <cctype>

#include "dyno/http/secret_names.h"

namespace dyno::http {

namespace {

constexpr auto npos = std::string_view::npos;

// Where the value of the first secret begins in what is between two '&': names stand at its begin
// and behind a '?', but for "host=h password=p" and "Server=h;Password=p" behind others as well.
std::size_t begin_of_secret(std::string_view pair, bool in_text) {
  std::size_t begin = 0;
  for (std::size_t equals = pair.find('='); equals != npos; equals = pair.find('=', begin)) {
    const std::size_t before = pair.substr(begin, equals - begin).find_last_of("?;, ");
    const bool any_key = before == npos ? !in_text : pair[begin + before] == '?';
    if (before != npos) begin += before + 1;
    const std::string_view name = pair.substr(begin, equals - begin);
    begin = equals + 1;
    if (begin < pair.size() && (any_key ? is_secret_of_pairs(name) : is_secret_name(name))) {
      return begin;
    }
  }
  return npos;
}

// name=value&name=value, all of the text. Within a text "code=5" is no secret.
std::string redacted_pairs(std::string_view pairs, bool in_text = false) {
  std::string result;
  while (!pairs.empty()) {
    const std::size_t end = std::min(pairs.find('&'), pairs.size());
    const std::string_view pair = pairs.substr(0, end);
    const std::size_t secret = begin_of_secret(pair, in_text);
    result.append(pair.substr(0, secret));
    if (secret != npos) result.append(redacted);
    if (end < pairs.size()) result += '&';
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
  }
  return result;
}

// Where user and password end, which is at an '@'; npos where there are none. A password may hold
// any of "/?#@" unescaped, and then a port that is no number tells that it is one. The last '@' of
// all is at `last`.
std::size_t end_of_user(std::string_view url, std::size_t begin, std::size_t last) {
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::string_view authority = url.substr(begin, end - begin);
  if (const std::size_t at = authority.rfind('@'); at != npos) return begin + at;
  if (last < end) return npos;
  const std::size_t colon = authority.rfind(':');
  if (colon == npos || authority.ends_with(']')) return npos;
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const std::string_view port = authority.substr(colon + 1);
  return colon == 0 || !std::all_of(port.begin(), port.end(), is_digit) ? last : npos;
}

// Every "://user:password@" in it: of a list, and of an address in the query of another.
std::string without_users(std::string_view url) {
  std::string result;
  std::size_t shown = 0;
  const std::size_t last = url.rfind('@');
  std::size_t scheme = last == npos ? npos : url.find("://");
  while (scheme != npos && scheme < last) {
    const std::size_t begin = scheme + 3;
    const std::size_t at = end_of_user(url, begin, last);
    result.append(url.substr(shown, begin - shown));
    if (at != npos) result.append(redacted);
    shown = at == npos ? begin : at;
    scheme = url.find("://", shown);
  }
  return result.append(url.substr(shown));
}

// Every URL in a text that is not one itself.
std::string redacted_urls(std::string_view text) {
  std::string result;
  for (std::size_t scheme = text.find("://"); scheme != npos; scheme = text.find("://")) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\"'<>\\\1", scheme), text.size());
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

constexpr char other_escape = '\1';  // which JSON has in escaped form only

// "u0026": '&'. 0 of what is no such escape, or no character to be seen.
char ascii_of(std::string_view escape) {
  if (!escape.starts_with("u00")) return '\0';
  const std::string code = decoded(std::string("%").append(escape.substr(3, 2)));
  return code.size() == 1 && code[0] >= ' ' && code[0] <= '~' ? code[0] : '\0';
}

// What a JSON text means, with its quotes left out: \", \/ and \u0026 are characters as others.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
    } else if (const char next = text[i + 1]; next == '"' || next == '\\' || next == '/') {
      result += text[++i];
    } else if (const char code = ascii_of(text.substr(i + 1)); code != '\0') {
      result += code;
      i += 5;
    } else {
      result += other_escape;
    }
  }
  return result;
}

// A line, or a text within JSON: a form, JSON, or anything that addresses may be in.
std::string redacted_content(std::string_view content, bool in_text = false) {
  const bool form = content.find('=') < content.find_first_of(" \"<{/");
  return form                        ? redacted_urls(redacted_pairs(content, in_text))
         : content.find('"') == npos ? redacted_urls(content)
                                     : redacted_json(content);
}

// A text within JSON, with its quotes; it may be an address, a form, or JSON itself, as tools
// answer.
std::string redacted_text(std::string_view text) {
  const std::string inner = unescaped(text);
  const bool is_address = inner.starts_with('/') || inner.starts_with('?');
  const std::string shown =
      is_address ? redacted_url(inner) : redacted_content(inner, inner.find('&') == npos);
  if (shown == inner) return std::string(text);
  std::string result = "\"";
  for (const char c : shown) {
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
    if (end == npos) {  // cut off
      result.append(redacted_text(std::string(json.substr(at)) + '"'));
      result.pop_back();
      return result;
    }
    const std::string_view text = json.substr(at, end - at);
    at = end;
    const std::size_t colon = json.find_first_not_of(" \t\r\n", at);
    if (colon == npos || json[colon] != ':' || !is_secret_name(unescaped(text))) {
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

// "Bearer abc" in whatever field; not the challenge 'Basic realm="x"'.
bool is_credential(std::string_view value) {
  const std::string whole =
      without_blanks(std::string(value.substr(0, value.find_first_of("\r\n"))));
  const std::size_t space = whole.find(' ');
  if (space == npos) return false;
  const std::size_t secret = whole.find_first_not_of(' ', space);
  if (whole.find_first_of(" \"", secret) != npos) return false;
  const Words words = words_of(whole.substr(0, space));
  return words.size() == 1 && (words.front() == "bearer" || words.front() == "basic");
}

// "Authorization: Bearer abc", as TRACE answers.
bool is_secret_field(std::string_view line, std::size_t colon) {
  return colon != npos && colon < line.find_first_of(" \t\"'<{[=") && colon + 1 < line.size() &&
         (is_secret_name(line.substr(0, colon)) || is_credential(line.substr(colon + 1)));
}

// One line of a body that is not JSON as a whole: an event's data, a record of a log, a form.
std::string redacted_body_line(std::string_view line) {
  constexpr std::string_view data = "data:";
  const std::size_t begin = line.starts_with(data) ? data.size() : 0;
  const std::size_t end = line.find_last_not_of("\r\n") + 1;
  if (end <= begin) return std::string(line);
  const std::size_t text = std::min(line.find_first_not_of(" \t", begin), end);
  const std::string_view content = line.substr(text, end - text);
  if (const std::size_t colon = content.find(':'); is_secret_field(content, colon)) {
    return std::string(line.substr(0, text + colon + 1))
        .append(" ")
        .append(redacted)
        .append(line.substr(end));
  }
  return std::string(line.substr(0, text))
      .append(redacted_content(content))
      .append(line.substr(end));
}

// Of a part of a multipart body: name="password".
bool begins_secret_part(std::string_view line) {
  constexpr std::string_view name = "name=";
  if (words_of(line.substr(0, line.find(':'))) != Words{"content", "disposition"}) return false;
  std::size_t at = line.find(name);
  while (at != npos && at > 0 && line[at - 1] != ' ' && line[at - 1] != ';') {  // "filename="
    at = line.find(name, at + 1);
  }
  if (at == npos) return false;
  std::string_view rest = line.substr(at + name.size());
  const bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  return is_secret_of_pairs(rest.substr(0, rest.find_first_of(quoted ? "\"" : "; \r\n")));
}

}  // namespace

std::string redacted_url(std::string_view whole) {
  const std::string without = without_users(whole);
  std::string_view url = without;
  std::string result;
  const std::size_t query = std::min(url.find_first_of("?#"), url.size());
  result.append(url.substr(0, query));
  url.remove_prefix(query);
  while (!url.empty()) {  // a query, a fragment
    const std::size_t end = std::min(url.find('#', 1), url.size());
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
  if (at == npos) return redacted_pairs(redacted_url(address));
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
  std::string_view boundary;  // a secret may have lines that begin as it does: "-----BEGIN …"
  enum class Part { shown, head_of_secret, secret } part = Part::shown;
  while (!body.empty()) {
    const std::string_view line = next_line(body);
    const bool blank = line.find_first_not_of("\r\n") == npos;
    if (boundary.empty() && line.starts_with("--")) {
      boundary = line.substr(0, line.find_last_not_of("\r\n") + 1);
    }
    if (!boundary.empty() && line.starts_with(boundary)) part = Part::shown;
    if (begins_secret_part(line)) part = Part::head_of_secret;
    if (part != Part::secret) result.append(redacted_body_line(line));
    if (part != Part::head_of_secret || !blank) continue;
    part = Part::secret;
    result.append(redacted).append(line);
  }
  return result;
}

}  // namespace dyno::http
