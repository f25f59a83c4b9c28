// What a redirection asks for: RFC 9110, section 15.4. Follows nothing itself (session.h).
#pragma once

#include <string>
#include <string_view>

namespace dyno::http {

// 301, 302, 303, 307 and 308: the answers that a client may follow by itself.
bool is_redirect(int status);

struct Redirect {
  enum class Kind {
    here,       // to the same origin: the rest says what to send
    elsewhere,  // to another scheme, host or port
    nowhere,    // no Location, or none that means anything
  };
  Kind kind = Kind::nowhere;
  std::string method;
  std::string target;  // of the request line
  bool keeps_body = false;
  std::string place;  // for people: without user, password and query
};

// `head` is that of the answer; `request` is what was sent, on the wire, over TLS or not.
// A POST becomes a GET on 301 and 302, as browsers do; any method but HEAD does on 303; 307 and 308
// change nothing. User and password in a Location have no effect.
Redirect read_redirect(int status, std::string_view head, std::string_view request, bool tls);

}  // namespace dyno::http
