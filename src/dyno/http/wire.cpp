#include "dyno/http/wire.h"

#include <algorithm>

#include "dyno/http/message.h"
#include "dyno/http/render.h"

namespace dyno::http {
namespace {

// RFC 9110, section 15.4: what describes the body of the request that is not sent again.
constexpr std::string_view of_the_body[] = {
    "Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-Type",
    "Digest",           "Expect",           "Last-Modified",  "Transfer-Encoding"};

std::size_t end_of_line(std::string_view text, std::size_t from) {
  const std::size_t end = text.find('\n', from);
  return end == std::string_view::npos ? text.size() : end + 1;
}

void remove_header(std::string& wire, std::string_view name) {
  std::size_t end = wire_head(wire).size();
  std::size_t line = end_of_line(wire, 0);
  while (line < end) {
    const std::size_t next = end_of_line(wire, line);
    const std::string_view text = std::string_view(wire).substr(line, next - line);
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && same_name(text.substr(0, colon), name)) {
      wire.erase(line, next - line);
      end -= next - line;
    } else {
      line = next;
    }
  }
}

}  // namespace

std::string_view wire_head(std::string_view wire) {
  const std::size_t end = wire.find("\r\n\r\n");
  return wire.substr(0, end == std::string_view::npos ? wire.size() : end + 4);
}

std::string_view wire_method(std::string_view wire) { return wire.substr(0, wire.find(' ')); }

std::string_view wire_target(std::string_view wire) {
  wire.remove_prefix(std::min(wire.find(' '), wire.size() - 1) + 1);
  return wire.substr(0, wire.find(' '));
}

void put_header(std::string& wire, std::string_view name, std::string_view value) {
  remove_header(wire, name);
  if (value.empty()) return;
  std::string line;
  append_header(line, name, value);
  wire.insert(wire_head(wire).size() - 2, line);
}

void readdress(std::string& wire, std::string_view method, std::string_view target,
               bool keep_body) {
  if (!keep_body) {
    wire.resize(wire_head(wire).size());
    for (const std::string_view name : of_the_body) remove_header(wire, name);
  }
  std::string line(method);
  line.append(1, ' ').append(target).append(" HTTP/1.1\r\n");
  wire.replace(0, end_of_line(wire, 0), line);
}

}  // namespace dyno::http
