// For tests: a service that answers each request by a function of the test and remembers what it
// was asked, in order.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dyno/http/raw_server.h"
#include "dyno/http/wire.h"

namespace dyno::http {

class ScriptedService {
 public:
  // Gives the whole answer to a whole request; an empty one resets the connection.
  using Script = std::function<std::string(const std::string& request)>;

  explicit ScriptedService(Script script) : script_(std::move(script)) {}

  std::string url() const { return server_.url(); }
  std::uint16_t port() const { return server_.port(); }
  int connections() { return server_.connections(); }

  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  // "POST /a [body] Cookie: x=1" of each since the last call: what makes up a session.
  std::vector<std::string> take_lines() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const std::string& request : std::exchange(requests_, {})) {
      const std::string_view head = wire_head(request);
      std::string line(wire_method(request));
      line.append(1, ' ').append(wire_target(request));
      if (head.size() < request.size()) line.append(" [" + request.substr(head.size()) + ']');
      for (const char* const name : {"Content-Type", "Authorization", "Cookie"}) {
        const std::string_view value = find_header(head, name);
        if (!value.empty()) line.append(1, ' ').append(name).append(": ").append(value);
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

 private:
  void serve(RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const std::string answer = script_(request);
      if (answer.empty()) return connection.reset();
      connection.write(answer);
    }
  }

  Script script_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  RawServer server_{[this](RawConnection& connection) { serve(connection); }};
};

// An answer with no body; `headers` are whole lines.
inline std::string answer(int status, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n" + headers + "\r\n";
}
inline std::string redirect_to(const std::string& location, int status = 302,
                               const std::string& headers = {}) {
  return answer(status, "Location: " + location + "\r\n" + headers);
}

}  // namespace dyno::http
