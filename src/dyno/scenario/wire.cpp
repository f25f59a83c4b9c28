#include "dyno/scenario/wire.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "dyno/http/message.h"

namespace dyno::scenario {

namespace {

bool replaces(const Step& step, std::string_view name) {
  return std::any_of(step.headers.begin(), step.headers.end(),
                     [&](const auto& header) { return http::same_name(header.first, name); });
}

// The header lines of the destination but for those that the step has itself.
std::string common_lines(const Step& step, std::string_view common) {
  std::string result;
  while (!common.empty()) {
    const std::size_t end = std::min(common.find("\r\n"), common.size() - 2) + 2;
    const std::string_view line = common.substr(0, end);
    if (!replaces(step, line.substr(0, line.find(':')))) result.append(line);
    common.remove_prefix(end);
  }
  return result;
}

bool sends_length(const Step& step) {
  return !step.body.constant() || !step.body.constant_text().empty() ||
         (step.method != "GET" && step.method != "HEAD");
}

}  // namespace

WireRequest::WireRequest(const Step& step, const http::Destination& destination) {
  line_.append_literal(step.method + " " + destination.url.base_path);
  path_at_ = line_.constant_text().size();
  line_.append(step.path);
  head_.append_literal(" HTTP/1.1\r\n");
  head_.append_literal(common_lines(step, destination.common));
  for (const auto& [name, value] : step.headers) {
    head_.append_literal(name + ": ");
    head_.append(value);
    head_.append_literal("\r\n");
  }
  if (!step.content_type.empty() && !replaces(step, "Content-Type")) {
    head_.append_literal("Content-Type: " + step.content_type + "\r\n");
  }
  if (destination.settings.new_connection_per_request)
    head_.append_literal("Connection: close\r\n");
  body_varies_ = !step.body.constant();
  if (body_varies_) {
    head_.append_literal("Content-Length: ");
    body_ = step.body;
    return;
  }
  const std::string_view body = step.body.constant_text();
  if (sends_length(step)) {
    head_.append_literal(fmt::format("Content-Length: {}\r\n", body.size()));
  }
  head_.append_literal("\r\n");
  head_.append_literal(body);
}

void WireRequest::render(const RenderContext& context, std::string& out) const {
  line_.render(context, out);
  head_.render(context, out);
  if (!body_varies_) return;
  // The length is known once the body is there: room is left for three digits, which is mostly
  // right, and the body moved by the difference where it is not.
  constexpr std::size_t guess = 3;
  const std::size_t at = out.size();
  out.append("000\r\n\r\n");
  const std::size_t begin = out.size();
  body_.render(context, out);
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, out.size() - begin).ptr;
  out.replace(at, guess, digits, static_cast<std::size_t>(end - digits));
}

std::string_view WireRequest::path(std::string_view rendered) const {
  return rendered.substr(path_at_, rendered.find(' ', path_at_) - path_at_);
}

}  // namespace dyno::scenario
