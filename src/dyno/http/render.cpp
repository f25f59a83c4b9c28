#include "dyno/http/render.h"

#include <cstdint>

namespace dyno::http {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  char* first = digits + sizeof digits;
  do {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  out.append(first, static_cast<std::size_t>(digits + sizeof digits - first));
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void render(const Request& request, const Destination& destination, std::string& out) {
  if (!request.wire.empty()) {
    out.append(request.wire);
    return;
  }
  out.append(request.method).append(1, ' ');
  out.append(destination.url.base_path).append(request.path).append(" HTTP/1.1\r\n");
  out.append(destination.common);
  for (const Header& header : request.headers) append_header(out, header.name, header.value);
  if (!request.content_type.empty()) append_header(out, "Content-Type", request.content_type);
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    out.append("Content-Length: ");
    append_number(out, request.body.size());
    out.append("\r\n");
  }
  if (destination.settings.new_connection_per_request) out.append("Connection: close\r\n");
  out.append("\r\n").append(request.body);
}

}  // namespace dyno::http
