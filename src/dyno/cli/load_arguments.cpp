#include "dyno/cli/load_arguments.h"

#include <utility>

#include <fmt/format.h>

#include "dyno/core/files.h"
#include "dyno/core/rate.h"
#include "dyno/core/text.h"

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
    return Error{
        fmt::format("--url '{}' is not a URL: write e.g. http://127.0.0.1:8000/health", url)};
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
      return Error{fmt::format("--header '{}': write 'Name: value'", text)};
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

Error of_option(const char* option, const Error& error) {
  return Error{fmt::format("{}: {}", option, error.message)};
}

Result<load::LoadPlan> plan_of(const LoadArguments& arguments) {
  const auto hold = parse_duration(arguments.run_time);
  if (!hold) return of_option("--run-time", hold.error());
  if (*hold <= Duration::zero()) return Error{"--run-time must be above 0"};
  auto plan = load::users(arguments.users);
  if (!arguments.rate.empty()) {
    const auto rate = parse_rate(arguments.rate);
    if (!rate) return of_option("--rate", rate.error());
    plan = load::rate(*rate);
    if (arguments.arrivals == "uniform") plan = plan.uniform();
  } else if (arguments.users == 0) {
    return Error{"--users must be at least 1"};
  }
  if (!arguments.spawn_rate.empty()) {
    const auto rate = parse_rate(arguments.spawn_rate);
    if (!rate) return of_option("--spawn-rate", rate.error());
    if (!arguments.rate.empty()) {
      return Error{"--spawn-rate is for users; it has no meaning with --rate"};
    }
    plan = plan.spawn_rate(*rate);
  }
  if (!arguments.warm_up.empty()) {
    const auto warm_up = parse_duration(arguments.warm_up);
    if (!warm_up) return of_option("--warm-up", warm_up.error());
    plan = plan.warm_up(*warm_up);
  }
  if (arguments.iterations > 0) return plan.operations(arguments.iterations);
  return plan.hold(*hold);
}

load::Scenario scenario_of(const LoadArguments& arguments, const std::string& path,
                           const std::string& body, const load::Wait& wait) {
  load::Scenario scenario(
      [method = arguments.method, path, body](load::User& user) -> load::Task<void> {
        http::Request request;
        request.method = method;
        request.path = path;
        request.body = body;
        if (!body.empty()) request.content_type = "application/json";
        co_await user.request(request);
      });
  scenario.name = path;
  scenario.classes.front().wait = wait;
  return scenario;
}

}  // namespace

Result<Load> load_of(const LoadArguments& arguments) {
  const auto target = split_url(arguments.url);
  if (!target) return target.error();
  auto headers = headers_of(arguments.headers);
  if (!headers) return headers.error();
  const auto body = body_of(arguments.body);
  if (!body) return of_option("--body", body.error());
  const auto wait = wait_of(arguments.think);
  if (!wait) return wait.error();
  const auto timeout = parse_duration(arguments.timeout);
  if (!timeout) return of_option("--timeout", timeout.error());
  auto plan = plan_of(arguments);
  if (!plan) return plan.error();
  if (const auto checked = load::check(*plan); !checked) return checked.error();
  Load load;
  load.scenario = scenario_of(arguments, target->path, *body, *wait);
  load.plan = std::move(*plan);
  load.origin = target->origin;
  load.options.host = target->origin;
  load.options.http.headers = std::move(*headers);
  load.options.timeout = *timeout;
  load.options.seed = arguments.seed;
  load.options.threads = arguments.threads;
  return load;
}

std::string reproduce_line(const LoadArguments& arguments) {
  const auto question = arguments.url.find('?');
  auto line = fmt::format("dyno run --url {}", arguments.url.substr(0, question));
  if (const auto at = line.find('@'); at != std::string::npos) {
    line.erase(line.find("://") + 3, at - line.find("://") - 2);
  }
  if (arguments.method != "GET") line += " --method " + arguments.method;
  line += arguments.rate.empty() ? fmt::format(" -u {}", arguments.users)
                                 : fmt::format(" --rate {}", arguments.rate);
  if (!arguments.spawn_rate.empty()) line += " -r " + arguments.spawn_rate;
  if (!arguments.warm_up.empty()) line += " --warm-up " + arguments.warm_up;
  if (!arguments.think.empty()) line += " --think " + arguments.think;
  line += arguments.iterations > 0 ? fmt::format(" --iterations {}", arguments.iterations)
                                   : " -t " + arguments.run_time;
  return line + fmt::format(" --seed {} --threads {}", arguments.seed, arguments.threads);
}

}  // namespace dyno::cli
