#include "mcp_client.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mcp_perf {
namespace {

using dyno::Error;
using dyno::Result;

constexpr timeval patience{30, 0};

bool send_all(int fd, std::string_view text, bool is_socket) {
  while (!text.empty()) {
    const ssize_t sent = is_socket ? ::send(fd, text.data(), text.size(), MSG_NOSIGNAL)
                                   : ::write(fd, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool read_some(int fd, std::string& buffer) {
  char piece[65536];
  ssize_t got = 0;
  do got = ::read(fd, piece, sizeof piece);
  while (got < 0 && errno == EINTR);
  if (got > 0) buffer.append(piece, static_cast<std::size_t>(got));
  return got > 0;
}

// What a server says unasked names its method early on; a response has none.
bool is_response(std::string_view message) {
  return message.substr(0, 64).find("\"method\"") == message.npos;
}

std::string header(std::string_view head, std::string_view name) {
  for (std::size_t at = 0; at < head.size();) {
    const auto end = std::min(head.find("\r\n", at), head.size());
    const std::string_view line = head.substr(at, end - at);
    const auto colon = line.find(':');
    if (colon == name.size() &&
        std::equal(name.begin(), name.end(), line.begin(),
                   [](char a, char b) { return std::tolower(a) == std::tolower(b); })) {
      const auto value = line.find_first_not_of(' ', colon + 1);
      return value == line.npos ? "" : std::string(line.substr(value));
    }
    at = end + 2;
  }
  return {};
}

// The first response among the events of a stream.
std::string response_among(std::string_view events) {
  for (std::size_t at = 0; at < events.size();) {
    const auto end = std::min(events.find('\n', at), events.size());
    std::string_view line = events.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("data:")) {
      line.remove_prefix(line.starts_with("data: ") ? 6 : 5);
      if (!line.empty() && is_response(line)) return std::string(line);
    }
    at = end + 1;
  }
  return {};
}

}  // namespace

std::string rpc(std::int64_t id, std::string_view method, std::string_view params) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method,
                     params);
}

std::string tool_call(std::int64_t id, std::string_view tool, std::string_view arguments) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"tools/call",)"
                     R"("params":{{"name":"{}","arguments":{}}}}})",
                     id, tool, arguments);
}

std::string initialize_request() {
  return rpc(0, "initialize",
             R"({"protocolVersion":"2025-11-25","capabilities":{},)"
             R"("clientInfo":{"name":"dyno","version":"1"}})");
}

Result<nlohmann::json> Client::ask(std::string_view message) {
  const auto response = request(message);
  if (!response) return response.error();
  auto json = nlohmann::json::parse(*response, nullptr, false);
  if (!json.is_object())
    return Error{"the response is no JSON object: " + response->substr(0, 200)};
  if (json.contains("error")) return Error{"the server answers " + json["error"].dump()};
  return json.value("result", nlohmann::json());
}

Result<nlohmann::json> Client::begin() {
  auto result = ask(initialize_request());
  if (!result) return result;
  if (auto* http = dynamic_cast<HttpClient*>(this))
    http->protocol_ = result->value("protocolVersion", "");
  const auto told = notify(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  if (!told) return told.error();
  return result;
}

HttpClient::HttpClient(const std::string& url) {
  const auto begin = url.find("://") == std::string::npos ? 0 : url.find("://") + 3;
  const auto slash = std::min(url.find('/', begin), url.size());
  const std::string authority = url.substr(begin, slash - begin);
  const auto colon = authority.rfind(':');
  host_ = authority.substr(0, colon);
  port_ = colon == std::string::npos ? "80" : authority.substr(colon + 1);
  path_ = slash == url.size() ? "/" : url.substr(slash);
}

HttpClient::~HttpClient() { close(); }

void HttpClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  buffer_.clear();
}

bool HttpClient::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found) != 0) return false;
  for (const addrinfo* at = found; at != nullptr && fd_ < 0; at = at->ai_next) {
    fd_ = ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd_ >= 0 && ::connect(fd_, at->ai_addr, at->ai_addrlen) != 0) close();
  }
  ::freeaddrinfo(found);
  if (fd_ < 0) return false;
  const int yes = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return true;
}

bool HttpClient::fill() { return read_some(fd_, buffer_); }

Result<HttpAnswer> HttpClient::send(std::string_view method, std::string_view body,
                                    std::string_view session) {
  std::string text = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/json\r\n"
      "Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n",
      method, path_, host_, port_, body.size());
  if (!session.empty()) text += fmt::format("Mcp-Session-Id: {}\r\n", session);
  if (!protocol_.empty()) text += fmt::format("MCP-Protocol-Version: {}\r\n", protocol_);
  text.append("\r\n").append(body);
  // A connection that the server closed while it was idle shows on use.
  const bool reused = fd_ >= 0;
  if ((!reused && !connect()) || !send_all(fd_, text, true) || (buffer_.empty() && !fill())) {
    close();
    if (!reused || !connect() || !send_all(fd_, text, true))
      return Error{fmt::format("cannot reach {}:{}; is the server running there?", host_, port_)};
  }
  return receive();
}

Result<HttpAnswer> HttpClient::receive() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) {
      close();
      return Error{"the connection ended before the answer"};
    }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  HttpAnswer answer;
  answer.status = std::atoi(head.c_str() + std::min<std::size_t>(head.find(' '), head.size()));
  answer.session = header(head, "Mcp-Session-Id");
  answer.content_type = header(head, "Content-Type");
  const std::string length = header(head, "Content-Length");
  if (header(head, "Transfer-Encoding") == "chunked") {
    auto body = chunks();
    if (!body) return body.error();
    answer.body = std::move(*body);
  } else if (!length.empty()) {
    const auto wanted = static_cast<std::size_t>(std::strtoull(length.c_str(), nullptr, 10));
    while (buffer_.size() < wanted)
      if (!fill()) return Error{"the connection ended within the answer"};
    answer.body = buffer_.substr(0, wanted);
    buffer_.erase(0, wanted);
  } else if (answer.status != 202 && answer.status != 204) {
    while (fill()) {
    }
    answer.body = std::exchange(buffer_, {});
    close();
  }
  if (header(head, "Connection") == "close") close();
  return answer;
}

Result<std::string> HttpClient::chunks() {
  std::string body;
  for (;;) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos)
      if (!fill()) return Error{"the connection ended within the answer"};
    const auto size = static_cast<std::size_t>(std::strtoull(buffer_.c_str(), nullptr, 16));
    while (buffer_.size() < end + 2 + size + 2)
      if (!fill()) return Error{"the connection ended within the answer"};
    body.append(buffer_, end + 2, size);
    buffer_.erase(0, end + 2 + size + 2);
    if (size == 0) return body;
  }
}

Result<std::string> HttpClient::request(std::string_view message) {
  auto answer = send("POST", message, session_);
  if (!answer) return answer.error();
  if (!answer->session.empty()) session_ = answer->session;
  if (answer->status != 200)
    return Error{fmt::format("status {}: {}", answer->status, answer->body.substr(0, 200))};
  if (!answer->content_type.starts_with("text/event-stream")) return std::move(answer->body);
  std::string response = response_among(answer->body);
  if (response.empty()) return Error{"the stream of the answer ended without a response"};
  return response;
}

Result<void> HttpClient::notify(std::string_view message) {
  const auto answer = send("POST", message, session_);
  if (!answer) return answer.error();
  if (answer->status != 202)
    return Error{fmt::format("a notification is answered with status {}", answer->status)};
  return {};
}

StdioClient::StdioClient(const std::vector<std::string>& command) {
  int to[2] = {-1, -1}, from[2] = {-1, -1};
  std::vector<std::string> words = command;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) return;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(to[0], STDIN_FILENO);
    ::dup2(from[1], STDOUT_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(to[0]);
  ::close(from[1]);
  in_ = to[1];
  out_ = from[0];
}

StdioClient::~StdioClient() {
  finish();
  if (out_ >= 0) ::close(out_);
}

int StdioClient::finish() {
  if (in_ >= 0) ::close(std::exchange(in_, -1));
  if (pid_ <= 0) return 127;
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<void> StdioClient::notify(std::string_view message) {
  std::string line(message);
  line += '\n';
  if (in_ < 0 || !send_all(in_, line, false)) return Error{"the program does not read any more"};
  return {};
}

Result<std::string> StdioClient::request(std::string_view message) {
  if (const auto sent = notify(message); !sent) return sent.error();
  for (std::size_t looked_at = 0;;) {
    const auto end = buffer_.find('\n', looked_at);
    if (end == std::string::npos) {
      looked_at = buffer_.size();
      if (!read_some(out_, buffer_)) return Error{"the program has ended"};
      continue;
    }
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    looked_at = 0;
    if (!line.empty() && is_response(line)) return line;
  }
}

}  // namespace mcp_perf
