#include "dyno/selfcheck/oracle_request.h"

#include <algorithm>
#include <charconv>

namespace dyno::selfcheck {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <typename T>
void take(Result<T> read, T& into, std::string& refusal) {
  if (read) {
    into = *read;
  } else if (refusal.empty()) {
    refusal = read.error().message;
  }
}

void take_header(std::string_view name, std::string_view value, OracleRequest& request,
                 std::size_t& length) {
  if (same(name, delay_header)) {
    take(parse_delay(value), request.asked.delay, request.refusal);
  } else if (same(name, work_header)) {
    take(parse_work(value), request.asked.work, request.refusal);
  } else if (same(name, freeze_header)) {
    take(parse_freezes(value), request.asked.freezes, request.refusal);
  } else if (same(name, "Content-Length")) {
    std::from_chars(value.data(), value.data() + value.size(), length);
  } else if (same(name, "Connection") && same(value, "close")) {
    request.keep_alive = false;
  }
}

}  // namespace

std::optional<OracleRequest> read_request(std::string_view input) {
  const auto end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  OracleRequest request;
  std::size_t length = 0;
  std::string_view head = input.substr(0, end);
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;  // the request line
    take_header(line.substr(0, colon), trimmed(line.substr(colon + 1)), request, length);
  }
  request.bytes = end + 4 + length;
  if (length > input.size() || request.bytes > input.size()) return std::nullopt;
  return request;
}

}  // namespace dyno::selfcheck
