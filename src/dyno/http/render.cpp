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

bool names(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers) {
    if (same_name(header.name, name)) return true;
  }
  return false;
}

// The run's header lines that the request does not have in its own way.
void append_common(std::string& out, std::string_view common, const Request& request) {
  while (!common.empty()) {
    const std::string_view line = common.substr(0, common.find('\n') + 1);
    common.remove_prefix(line.size());
    const std::string_view name = line.substr(0, line.find(':'));
    if (!names(request.headers, name) && !names(request.more_headers, name)) out.append(line);
  }
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void render_head(const Request& request, const Destination& destination, std::string_view extra,
                 std::string& out) {
  out.append(request.method).append(1, ' ');
  out.append(destination.url.base_path).append(request.path).append(" HTTP/1.1\r\n");
  const bool own_headers = !request.headers.empty() || !request.more_headers.empty();
  if (own_headers) {
    append_common(out, destination.common, request);
  } else {
    out.append(destination.common);
  }
  for (const Header& header : request.headers) {
    if (!names(request.more_headers, header.name)) append_header(out, header.name, header.value);
  }
  for (const Header& header : request.more_headers) append_header(out, header.name, header.value);
  const bool typed = own_headers && (names(request.headers, "Content-Type") ||
                                     names(request.more_headers, "Content-Type"));
  if (!request.content_type.empty() && !typed) {
    append_header(out, "Content-Type", request.content_type);
  }
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
