#include "dyno/cli/load_arguments.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "dyno/cli/load_plan.h"
#include "dyno/cli/option_values.h"
#include "dyno/cli/same_request.h"
#include "dyno/cli/tag_filter.h"
#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/http/message.h"
#include "dyno/http/redact.h"
#include "dyno/load/sending.h"
#include "dyno/scenario/reader.h"

namespace dyno::cli {

namespace {

struct Target {
  std::string origin;
  std::string path;
};

Result<Target> split_url(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos ||
      (!url.starts_with("http://") && !url.starts_with("https://"))) {
    return Error{fmt::format("--url '{}' is not a URL: write e.g. http://127.0.0.1:8000/health",
                             http::redacted_address(url))};
  }
  const std::string shown = http::redacted_url(url);
  if (shown.compare(scheme + 3, http::redacted.size(), http::redacted) == 0) {
    return Error{
        fmt::format("--url {}: user and password do not belong in it, give --user", shown)};
  }
  const auto end = url.find_first_of("/?", scheme + 3);
  if (end == std::string::npos) return Target{url, "/"};
  const auto path = url.substr(end, url.find('#') - end);
  return Target{url.substr(0, end), path.starts_with('/') ? path : "/" + path};
}

Result<std::vector<std::pair<std::string, std::string>>> headers_of(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& text : texts) {
    const auto colon = text.find(':');
    if (colon == std::string::npos || colon == 0 ||
        text.find_first_of("\r\n") != std::string::npos) {
      // What stands behind the name may be a secret.
      return Error{fmt::format("--header '{}…': write 'Name: value'",
                               text.substr(0, text.find_first_of(" :\r\n")))};
    }
    const auto value = text.find_first_not_of(' ', colon + 1);
    headers.emplace_back(text.substr(0, colon),
                         value == std::string::npos ? "" : text.substr(value));
  }
  return headers;
}

Result<std::string> body_of(const std::string& text) {
  if (!text.starts_with('@')) return text;
  return read_file(text.substr(1));
}

Result<load::Wait> wait_of(const std::string& text) {
  load::Wait wait;
  if (text.empty()) return wait;
  const auto dash = text.find('-');
  const auto low = parse_duration(text.substr(0, dash));
  const auto high = dash == std::string::npos ? low : parse_duration(text.substr(dash + 1));
  if (!low || !high || *high < *low) {
    return Error{
        fmt::format("--think '{}': write a time such as 1s, or a span such as 1s-3s", text)};
  }
  wait.low = *low;
  wait.high = *high;
  return wait;
}

Result<http::PhaseLimits> limits_of(const LoadArguments& arguments) {
  const auto send = optional_duration("--send-timeout", arguments.send_timeout);
  if (!send) return send.error();
  const auto first = optional_duration("--first-byte-timeout", arguments.first_byte_timeout);
  if (!first) return first.error();
  const auto idle = optional_duration("--idle-timeout", arguments.idle_timeout);
  if (!idle) return idle.error();
  return http::PhaseLimits{.send = *send, .first_byte = *first, .idle = *idle};
}

load::Task<void> read_stream(load::User& user, http::Request request, Duration event_timeout) {
  auto stream = co_await user.open(request, {.event_timeout = event_timeout});
  while (true) {
    const http::Event* const event = co_await stream.next();
    if (!event) break;
  }
}

load::Scenario scenario_of(const LoadArguments& arguments, const std::string& path,
                           const std::string& body, const load::Wait& wait,
                           Duration event_timeout) {
  const auto same = std::make_shared<SameRequest>(
      arguments.method.empty() ? "GET" : arguments.method, path, body);
  load::Scenario scenario;
  if (arguments.stream) {
    scenario = load::Scenario([same, event_timeout](load::User& user) -> load::Task<void> {
      co_await read_stream(user, same->described(), event_timeout);
    });
  } else {
    scenario = load::Scenario([same](load::User& user) -> load::Task<void> {
      co_await load::send(user, same->of(user));
    });
  }
  scenario.name = http::redacted_url(path);
  scenario.classes.front().wait = wait;
  return scenario;
}

// The one request of a URL as data, for who does not load but look.
std::shared_ptr<const scenario::Scenario> data_of(const LoadArguments& arguments,
                                                  const std::string& path,
                                                  const std::string& body) {
  auto data = std::make_shared<scenario::Scenario>();
  scenario::Step step;
  if (!arguments.method.empty()) step.method = arguments.method;
  step.path.append_literal(path);
  step.body.append_literal(body);
  if (!body.empty()) step.content_type = "application/json";
  step.group = path.substr(0, path.find('?'));
  data->name = step.group;
  scenario::Task task;
  task.name = "request";
  task.steps.push_back(std::move(step));
  data->classes.emplace_back().tasks.push_back(std::move(task));
  data->steps = 1;
  return data;
}

Result<scenario::File> file_of(const LoadArguments& arguments,
                               const std::map<std::string, std::string>& given) {
  const std::string stream = arguments.stream ? "asked for" : "";
  const std::pair<const char*, const std::string&> others[] = {
      {"--url", arguments.url},   {"--method", arguments.method},
      {"--body", arguments.body}, {"--think", arguments.think},
      {"--stream", stream},       {"--event-timeout", arguments.event_timeout}};
  for (const auto& [option, value] : others) {
    if (value.empty()) continue;
    return Error{
        fmt::format("{} has no meaning with a scenario file, which says what to request", option)};
  }
  if (arguments.file.ends_with(".py")) {
    return Error{
        fmt::format("{} is a program for Locust; dyno reads scenario files, which say the "
                    "same as JSON (docs/scenario.md)",
                    arguments.file)};
  }
  auto file = scenario::read_scenario(arguments.file, given);
  if (file && !arguments.host.empty()) file->host = arguments.host;
  if (file && file->host.empty()) {
    return Error{
        fmt::format("{} names no host: add e.g. --host http://127.0.0.1:8000", arguments.file)};
  }
  return file;
}

// Those of the command line replace those of the file.
void add_file_headers(const scenario::File& file, http::Settings& settings) {
  const auto given = settings.headers.size();
  for (const auto& header : file.headers) {
    const auto end = settings.headers.begin() + static_cast<std::ptrdiff_t>(given);
    const bool replaced = std::any_of(settings.headers.begin(), end, [&](const auto& own) {
      return http::same_name(own.first, header.first);
    });
    if (!replaced) settings.headers.push_back(header);
  }
}

Result<Load> load_of_url(const LoadArguments& arguments) {
  if (arguments.url.empty()) {
    return Error{
        "what is to be requested? Name a scenario FILE, or one request with --url; see dyno run "
        "--help"};
  }
  if (!arguments.host.empty()) {
    return Error{"--host is for a scenario file; --url says the host already"};
  }
  const auto target = split_url(arguments.url);
  if (!target) return target.error();
  const auto body = body_of(arguments.body);
  if (!body) return of_option("--body", body.error());
  const auto wait = wait_of(arguments.think);
  if (!wait) return wait.error();
  const auto event_timeout = optional_duration("--event-timeout", arguments.event_timeout);
  if (!event_timeout) return event_timeout.error();
  if (!arguments.event_timeout.empty() && !arguments.stream) {
    return Error{"--event-timeout is of streams: add --stream"};
  }
  if (!arguments.tags.empty() || !arguments.exclude_tags.empty()) {
    return Error{"-T and -E choose tasks of a scenario file; --url has one request"};
  }
  Load load;
  load.data = data_of(arguments, target->path, *body);
  load.scenario = scenario_of(arguments, target->path, *body, *wait, *event_timeout);
  load.origin = target->origin;
  return load;
}

}  // namespace

Result<Load> load_of(const LoadArguments& arguments,
                     const std::map<std::string, std::string>& given) {
  scenario::File file;
  Load load;
  if (arguments.file.empty()) {
    auto of_url = load_of_url(arguments);
    if (!of_url) return of_url;
    load = std::move(*of_url);
  } else {
    auto read = file_of(arguments, given);
    if (!read) return read.error();
    file = std::move(*read);
    auto chosen = with_tags(*file.scenario, arguments.tags, arguments.exclude_tags);
    if (!chosen) return chosen.error();
    load.data = *chosen ? *chosen : file.scenario;
    load.scenario = load::Scenario(load.data);
    for (auto& threshold : file.thresholds) {
      if (scenario::check_threshold(threshold, *load.data)) {
        load.thresholds.push_back(std::move(threshold));
      } else {
        load.notes.push_back(
            fmt::format("not judged, as its tasks are left out: {}", threshold.text));
      }
    }
    load.origin = file.host;
  }
  auto headers = headers_of(arguments.headers);
  if (!headers) return headers.error();
  const auto timeout = optional_duration("--timeout", arguments.timeout, load.options.timeout);
  if (!timeout) return timeout.error();
  const auto limits = limits_of(arguments);
  if (!limits) return limits.error();
  auto plan = plan_of(arguments, file.load);
  if (!plan) return plan.error();
  load.plan = std::move(*plan);
  load.options.host = load.origin;
  load.options.http.headers = std::move(*headers);
  add_file_headers(file, load.options.http);
  if (const auto applied = apply(arguments.session, load.options.http); !applied) {
    return applied.error();
  }
  if (const auto applied = apply(arguments.connection, load.options.http); !applied) {
    return applied.error();
  }
  load.options.timeout = arguments.timeout.empty() ? file.timeout.value_or(*timeout) : *timeout;
  if (!arguments.stop_timeout.empty()) {
    const auto time = parse_duration(arguments.stop_timeout);
    if (!time) return of_option("--stop-timeout", time.error());
    load.options.stop_timeout = *time;
  }
  load.options.http.compressed = arguments.compressed;
  load.options.http.limits = *limits;
  load.options.seed = arguments.seed;
  load.options.threads = arguments.threads;
  return load;
}

std::string reproduce_line(const LoadArguments& arguments) {
  std::string line = "dyno run ";
  if (arguments.file.empty()) {
    const std::string url = http::redacted_url(arguments.url.substr(0, arguments.url.find('?')));
    line += "--url " + for_shell(url);
  } else {
    line += for_shell(arguments.file);
    if (!arguments.host.empty()) line += " --host " + for_shell(http::redacted_url(arguments.host));
  }
  if (!arguments.method.empty()) line += " --method " + arguments.method;
  if (arguments.users) line += fmt::format(" -u {}", *arguments.users);
  const std::pair<const char*, const std::string&> texts[] = {
      {"--rate", arguments.rate},
      {"--arrivals", arguments.arrivals},
      {"-r", arguments.spawn_rate},
      {"--warm-up", arguments.warm_up},
      {"--think", arguments.think},
      {"-t", arguments.run_time},
      {"--timeout", arguments.timeout},
      {"--send-timeout", arguments.send_timeout},
      {"--first-byte-timeout", arguments.first_byte_timeout},
      {"--idle-timeout", arguments.idle_timeout},
      {"--event-timeout", arguments.event_timeout},
      {"-s", arguments.stop_timeout},
  };
  for (const auto& [option, value] : texts) {
    if (!value.empty()) line += fmt::format(" {} {}", option, value);
  }
  const std::pair<const char*, const std::vector<std::string>&> lists[] = {
      {"--stage", arguments.stages},
      {"--threshold", arguments.thresholds},
      {"-T", arguments.tags},
      {"-E", arguments.exclude_tags}};
  for (const auto& [option, values] : lists) {
    for (const auto& value : values) line += fmt::format(" {} {}", option, for_shell(value));
  }
  if (arguments.iterations > 0) line += fmt::format(" --iterations {}", arguments.iterations);
  line += reproduce_part(arguments.session);
  if (arguments.compressed) line += " --compressed";
  if (arguments.stream) line += " --stream";
  line += command_line_of(arguments.connection);
  return line + fmt::format(" --seed {} --threads {}", arguments.seed, arguments.threads);
}

}  // namespace dyno::cli
