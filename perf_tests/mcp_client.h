// A blocking MCP client over HTTP or over the pipes of a program, for the cases that compare and
// for those that run against any MCP server. One thread each. Knows as much of the protocol as a
// client must: sessions, answers as JSON or as a stream of events, messages of the server in
// between.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "dyno/core/result.h"

namespace mcp_perf {

// JSON-RPC requests as they are sent; `params` and `arguments` are JSON.
std::string rpc(std::int64_t id, std::string_view method, std::string_view params = "{}");
std::string tool_call(std::int64_t id, std::string_view tool, std::string_view arguments);
std::string initialize_request();

class Client {
 public:
  virtual ~Client() = default;

  // Sends a request and waits for its response, the JSON-RPC message as it came. Errors are those
  // of the transport: a server that is gone, an HTTP status without a message.
  virtual dyno::Result<std::string> request(std::string_view message) = 0;
  virtual dyno::Result<void> notify(std::string_view message) = 0;

  // `initialize` and `notifications/initialized`; the result of the former.
  dyno::Result<nlohmann::json> begin();
  // The `result` of a request; an error response is an error.
  dyno::Result<nlohmann::json> ask(std::string_view message);
};

struct HttpAnswer {
  int status = 0;
  std::string session;  // Mcp-Session-Id
  std::string content_type;
  std::string body;  // unchunked
};

class HttpClient final : public Client {
 public:
  // "http://127.0.0.1:8000/mcp". Connects when first needed, and again after the server closed.
  explicit HttpClient(const std::string& url);
  ~HttpClient() override;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  dyno::Result<std::string> request(std::string_view message) override;
  dyno::Result<void> notify(std::string_view message) override;

  // One HTTP request as it is; `session` in place of the client's own.
  dyno::Result<HttpAnswer> send(std::string_view method, std::string_view body,
                                std::string_view session);
  const std::string& session() const { return session_; }

 private:
  bool connect();
  void close();
  bool fill();
  dyno::Result<HttpAnswer> receive();
  dyno::Result<std::string> chunks();

  std::string host_, port_, path_;
  std::string session_;
  std::string protocol_;
  int fd_ = -1;
  std::string buffer_;
  friend class Client;
};

class StdioClient final : public Client {
 public:
  // Starts the program, whose stderr is this one's.
  explicit StdioClient(const std::vector<std::string>& command);
  ~StdioClient() override;  // closes its stdin and waits for its end
  StdioClient(const StdioClient&) = delete;
  StdioClient& operator=(const StdioClient&) = delete;

  dyno::Result<std::string> request(std::string_view message) override;
  dyno::Result<void> notify(std::string_view message) override;
  // Closes its stdin and waits; the exit status, 128 + the signal's number after a signal.
  int finish();

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string buffer_;
};

}  // namespace mcp_perf
