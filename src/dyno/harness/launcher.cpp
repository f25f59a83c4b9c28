#include "dyno/harness/launcher.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <csignal>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::harness {
namespace {

constexpr Duration poll_interval = std::chrono::milliseconds(5);

// What the log has grown by since `from`; a log is appended to when a service is started again.
std::string read_from(const std::filesystem::path& file, std::uintmax_t from) {
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(from));
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The last lines, indented, to stand under a message.
std::string last_lines(const std::string& log) {
  constexpr std::size_t shown = 10;
  std::vector<std::string_view> lines;
  for (std::string_view rest = log; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (lines.size() == 1) return fmt::format(": {}", lines.front());
  std::string result;
  for (std::size_t i = lines.size() - std::min(shown, lines.size()); i < lines.size(); ++i) {
    result += fmt::format("\n  | {}", lines[i]);
  }
  return result;
}

struct Endpoint {
  sockaddr_in address{};
  std::string authority;  // "127.0.0.1:8003"
  std::string target;     // "/health"
};

std::optional<Endpoint> parse_health_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return std::nullopt;
  const std::size_t slash = std::min(url.find('/', scheme.size()), url.size());
  Endpoint endpoint;
  endpoint.authority = url.substr(scheme.size(), slash - scheme.size());
  endpoint.target = slash < url.size() ? url.substr(slash) : "/";
  const std::string& authority = endpoint.authority;
  const std::size_t colon = std::min(authority.find(':'), authority.size());
  std::uint16_t port = 80;
  if (colon < authority.size()) {
    const char* end = authority.data() + authority.size();
    const auto parsed = std::from_chars(authority.data() + colon + 1, end, port);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  }
  endpoint.address.sin_family = AF_INET;
  endpoint.address.sin_port = htons(port);
  const std::string host = authority.substr(0, colon);
  if (inet_pton(AF_INET, host.c_str(), &endpoint.address.sin_addr) != 1) return std::nullopt;
  return endpoint;
}

// One blocking request on a connection of its own, a second at most for each step. Not the load's
// client: that one needs an event loop, and a look whether somebody is at home does not.
bool answers_ok(const Endpoint& endpoint) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", endpoint.target,
                  endpoint.authority);
  std::string answer(10, '\0');  // "HTTP/1.1 2"
  const bool ok = connect(descriptor, address, sizeof endpoint.address) == 0 &&
                  send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(request.size()) &&
                  recv(descriptor, answer.data(), answer.size(), MSG_WAITALL) == 10 &&
                  answer.starts_with("HTTP/1.") && answer.ends_with(" 2");
  close(descriptor);
  return ok;
}

Result<void> make_folder_of(const std::filesystem::path& file) {
  if (file.empty()) return Error{"cannot launch a service: no log file is named"};
  std::error_code failure;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), failure);
  if (!failure) return {};
  return Error{
      fmt::format("cannot create the folder of the log {}: {}", file.string(), failure.message())};
}

// The URL once the service is ready; what went wrong otherwise.
Result<std::string> await_ready(const ChildProcess& child, const LaunchOptions& options,
                                const std::optional<Endpoint>& health, std::uintmax_t log_begin,
                                Clock& clock) {
  const ChildCommand& command = options.command;
  const TimePoint deadline = clock.now() + options.timeout;
  while (true) {
    // Asked before the log is read: what it said last, it said before it ended.
    const auto ended = child.exit_status();
    const std::string log = read_from(command.log_file, log_begin);
    const auto fail = [&](const std::string& what) {
      return Error{fmt::format("{} {}; its log is {}{}", command.argv[0], what,
                               command.log_file.string(), last_lines(log))};
    };
    if (ended) return fail(fmt::format("{} before it took requests", to_string(*ended)));
    if (auto url = announced_url(log)) return std::move(*url);
    // Somebody else's server may answer at that port; the service then ends for want of it.
    if (health && answers_ok(*health) && !child.wait(4 * poll_interval)) {
      return fmt::format("http://{}", health->authority);
    }
    if (clock.now() >= deadline) {
      return fail(fmt::format("took no requests within {}", dyno::to_string(options.timeout)));
    }
    clock.sleep_until(std::min(deadline, clock.now() + poll_interval));
  }
}

}  // namespace

std::optional<std::string> announced_url(std::string_view log) {
  constexpr std::string_view words = "listening on http://";
  constexpr std::size_t scheme = std::string_view("http://").size();
  for (std::size_t end = log.find('\n'); end != std::string_view::npos; end = log.find('\n')) {
    std::string_view line = log.substr(0, end);
    log.remove_prefix(end + 1);
    const std::size_t found = line.find(words);
    if (found == std::string_view::npos) continue;
    line.remove_prefix(found + words.size() - scheme);
    line = line.substr(0, line.find_first_of(" \t\r,;\"')"));
    while (line.ends_with('/') || line.ends_with('.')) line.remove_suffix(1);
    if (line.size() > scheme) return std::string(line);
  }
  return std::nullopt;
}

Result<Service> Service::launch(const LaunchOptions& options, Clock& clock) {
  const std::filesystem::path& log_file = options.command.log_file;
  if (const auto made = make_folder_of(log_file); !made.ok()) return made.error();
  std::optional<Endpoint> health;
  if (!options.health_url.empty()) {
    health = parse_health_url(options.health_url);
    if (!health) {
      return Error{fmt::format("cannot wait for {}: write it as http://127.0.0.1:PORT/health",
                               options.health_url)};
    }
  }
  std::error_code absent;
  const std::uintmax_t size = std::filesystem::file_size(log_file, absent);
  const std::uintmax_t log_begin = absent ? 0 : size;
  auto child = ChildProcess::start(options.command);
  if (!child.ok()) return child.error();
  auto url = await_ready(*child.value(), options, health, log_begin, clock);
  if (!url.ok()) return url.error();
  return Service(std::move(child).value(), std::move(url).value(), log_file);
}

Service::Service(std::unique_ptr<ChildProcess> child, std::string url,
                 std::filesystem::path log_file)
    : child_(std::move(child)), url_(std::move(url)), log_file_(std::move(log_file)) {}

Service::~Service() {
  if (child_) stop();
}

void Service::kill() {
  child_->signal(SIGKILL);
  child_->wait(std::chrono::seconds(60));
}

ProcessEnd Service::stop(Duration timeout) {
  child_->signal(SIGTERM);
  child_->signal(SIGCONT);  // a frozen one would not hear it
  if (const auto status = child_->wait(timeout)) return *status;
  kill();
  return exit_status().value_or(ProcessEnd{.signal = SIGKILL});
}

void Service::freeze() { child_->signal(SIGSTOP); }

void Service::thaw() { child_->signal(SIGCONT); }

}  // namespace dyno::harness
