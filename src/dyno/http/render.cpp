#include "dyno/http/render.h"

#include <cstdint>

#include "dyno/http/body_source.h"

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

void append_body_length(std::string& out, const Request& request) {
  std::uint64_t length = request.body.size();
  if (request.source) {
    const auto size = request.source->size();
    if (!size) {
      append_header(out, "Transfer-Encoding", "chunked");
      return;
    }
    length = *size;
  } else if (length == 0 && (request.method == "GET" || request.method == "HEAD")) {
    return;
  }
  out.append("Content-Length: ");
  append_number(out, length);
  out.append("\r\n");
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void render_head(const Request& request, const Destination& destination, std::string_view extra,
                 std::string& out) {
  out.append(request.method).append(1, ' ');
  out.append(destination.url.base_path).append(request.path).append(" HTTP/1.1\r\n");
  out.append(destination.common);
  for (const Header& header : request.headers) append_header(out, header.name, header.value);
  if (!request.content_type.empty()) append_header(out, "Content-Type", request.content_type);
  append_body_length(out, request);
  if (destination.settings.new_connection_per_request) out.append("Connection: close\r\n");
  out.append(extra).append("\r\n");
}

void render(const Request& request, const Destination& destination, std::string& out) {
  if (!request.wire.empty()) {
    out.append(request.wire);
    return;
  }
  render_head(request, destination, {}, out);
  out.append(request.body);
}

}  // namespace dyno::http
