#include "dyno/http/redirect.h"

#include "dyno/http/message.h"
#include "dyno/http/uri.h"
#include "dyno/http/url.h"
#include "dyno/http/wire.h"

namespace dyno::http {
namespace {

std::string_view method_after(int status, std::string_view method) {
  const bool was_post = method == "POST" && (status == 301 || status == 302);
  const bool see_other = status == 303 && method != "HEAD";
  return was_post || see_other ? "GET" : method;
}

// The origin of a URI; the port is the scheme's own where it names none.
Result<Url> origin_of(const Uri& uri) {
  const std::string_view authority = *uri.authority;
  const std::size_t at = authority.rfind('@');
  return parse_url(*uri.scheme + "://" +
                   std::string(authority.substr(at == std::string_view::npos ? 0 : at + 1)));
}

bool same_origin(const Url& a, const Url& b) {
  return a.tls == b.tls && a.port == b.port && same_name(a.host, b.host);
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Redirect read_redirect(int status, std::string_view head, std::string_view request, bool tls) {
  Redirect redirect;
  const std::string_view location = find_header(head, "Location");
  if (location.empty()) return redirect;
  Uri base = split_uri(wire_target(request));
  base.scheme = tls ? "https" : "http";
  base.authority = find_header(wire_head(request), "Host");
  const Uri to = resolve_reference(base, split_uri(location));
  if (!to.authority || (!same_name(*to.scheme, "http") && !same_name(*to.scheme, "https"))) {
    return redirect;
  }
  Uri lower = to;
  lower.scheme = same_name(*to.scheme, "https") ? "https" : "http";
  const auto here = origin_of(base);
  const auto there = origin_of(lower);
  if (!there) return redirect;
  redirect.place = there->text() + (to.path.empty() ? "/" : to.path);
  redirect.kind =
      here && same_origin(*here, *there) ? Redirect::Kind::here : Redirect::Kind::elsewhere;
  redirect.method = method_after(status, wire_method(request));
  redirect.target = request_target(to);
  redirect.keeps_body = redirect.method == wire_method(request);
  return redirect;
}

}  // namespace dyno::http
