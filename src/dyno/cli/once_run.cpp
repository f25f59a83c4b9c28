#include "dyno/cli/once_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/core/text.h"
#include "dyno/http/redact.h"

namespace dyno::cli {

namespace {

constexpr std::size_t most_shown = 4000;  // bytes of a body

using load::Once;
using load::OnceOptions;
using load::OnceRequest;
using scenario::Task;

using load::StopRequest;

constexpr auto despite_stop = Once::WhenStopped::go_on;

OnceOptions options_of(const Load& load, const StopRequest& stop) {
  OnceOptions options;
  options.host = load.origin;
  options.http = load.options.http;
  options.timeout = load.options.timeout;
  options.seed = load.options.seed;
  options.stop = &stop;
  return options;
}

// Each line with `mark` before it; control characters as dots.
std::string marked(std::string_view text, std::string_view mark) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    if (line.ends_with('\r')) line.pop_back();
    for (char& c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7f) c = '.';
    }
    result += fmt::format("{}{}{}\n", mark, line.empty() ? "" : " ", line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::string shown_body(std::string_view body, std::string_view mark) {
  if (body.empty()) return {};
  const std::string text = http::redacted_body(body);
  auto lines = marked(std::string_view(text).substr(0, most_shown), mark);
  if (text.size() > most_shown) lines += fmt::format("{} … {} bytes in all\n", mark, body.size());
  return lines;
}

std::string shown_message(std::string_view message, std::string_view mark) {
  const std::size_t end = message.find("\r\n\r\n");
  const auto head = message.substr(0, end);
  auto lines = marked(http::redacted_head(head), mark);
  if (end == std::string_view::npos || end + 4 >= message.size()) return lines;
  return lines + fmt::format("{}\n", mark) + shown_body(message.substr(end + 4), mark);
}

void show(const OnceRequest& request, bool trace) {
  const auto& exchange = request.exchange;
  const Duration time = exchange.last_byte - exchange.sent;
  if (trace) {
    fmt::print("{}", shown_message(request.sent, ">"));
    if (!exchange.head.empty()) {
      fmt::print(
          "{}", marked(http::redacted_head(exchange.head.substr(0, exchange.head.find("\r\n\r\n"))),
                       "<"));
      if (!exchange.body.empty()) fmt::print("<\n{}", shown_body(exchange.body, "<"));
    }
  }
  fmt::print("{} {} {}{}{}\n{}", request.failure.empty() ? "ok    " : "FAILED", request.step.method,
             request.step.group,
             exchange.status > 0 && !request.sent.empty()
                 ? fmt::format("  {}  {}", exchange.status, to_string(time))
                 : "",
             request.failure.empty() ? "" : fmt::format("  {}", request.failure),
             trace ? "\n" : "");
}

std::uint32_t perform(Once& once, std::string_view what, const Task& task,
                      Once::WhenStopped when_stopped = Once::WhenStopped::end) {
  if (task.steps.empty()) return 0;
  fmt::print("{}\n", what);
  return once.perform(task, when_stopped);
}

// One user of the class, as far as it is let.
Result<std::uint32_t> perform_all(const Load& load, const scenario::UserClass& users,
                                  const OnceOptions& options) {
  auto once = Once::make(*load.data, options);
  if (!once) return once.error();
  std::uint32_t failed = perform(**once, users.name + ": start", users.on_start);
  for (const Task& task : users.tasks) {
    if (options.stop->level() > 0) break;
    failed += perform(**once, fmt::format("{}: {}", users.name, task.name), task);
  }
  return failed + perform(**once, users.name + ": stop", users.on_stop, despite_stop);
}

ExitStatus conclude_once(std::uint32_t failed, const StopRequest& stop) {
  if (stop.level() > 0) {
    fmt::print("{} before its end\n", stop.reason());
    return ExitStatus::invalid;
  }
  fmt::print("{}\n", failed == 0 ? "every request was answered as it should be"
                                 : fmt::format("{} failed", failed));
  return failed == 0 ? ExitStatus::pass : ExitStatus::fail;
}

}  // namespace

Result<std::map<std::string, std::string>> set_up(const Load& load, const StopRequest& stop) {
  auto once = Once::make(*load.data, options_of(load, stop));
  if (!once) return once.error();
  const auto failed = (*once)->perform(load.data->set_up);
  if (failed == 0 && stop.level() == 0) return (*once)->values();
  const std::string failure = (*once)->first_failure();
  (*once)->perform(load.data->tear_down, despite_stop);
  if (stop.level() > 0) return Error{fmt::format("{} during the set-up", stop.reason())};
  return Error{fmt::format("the set-up has failed: {}", failure)};
}

std::string tear_down(const Load& load, const StopRequest& stop) {
  if (load.data->tear_down.steps.empty()) return {};
  auto once = Once::make(*load.data, options_of(load, stop));
  if (!once) return once.error().message;
  (*once)->perform(load.data->tear_down, despite_stop);
  const bool at_once = (*once)->first_failure().empty() && stop.level() > 1;
  return at_once ? fmt::format("{} at once", stop.reason()) : (*once)->first_failure();
}

ExitStatus run_once(const LoadArguments& arguments, Load load, bool trace,
                    const StopRequest& stop) {
  auto options = options_of(load, stop);
  options.think = false;
  options.observer = [trace](const OnceRequest& request) { show(request, trace); };
  std::uint32_t failed = 0;
  if (!load.data->set_up.steps.empty()) {
    auto once = Once::make(*load.data, options);
    if (!once) return usage_error(once.error().message);
    failed = perform(**once, "set-up", load.data->set_up);
    if (failed > 0 || stop.level() > 0) {  // torn down with what it has extracted until then
      failed += perform(**once, "tear-down", load.data->tear_down, despite_stop);
      return conclude_once(failed, stop);
    }
    auto again = load_of(arguments, (*once)->values());
    if (!again) return usage_error(again.error().message);
    load = std::move(*again);
  }
  for (const auto& users : load.data->classes) {
    if (stop.level() > 0) break;
    const auto failures = perform_all(load, users, options);
    if (!failures) return usage_error(failures.error().message);
    failed += *failures;
  }
  if (!load.data->tear_down.steps.empty()) {
    auto once = Once::make(*load.data, options);
    if (!once) return usage_error(once.error().message);
    failed += perform(**once, "tear-down", load.data->tear_down, despite_stop);
  }
  return conclude_once(failed, stop);
}

}  // namespace dyno::cli
