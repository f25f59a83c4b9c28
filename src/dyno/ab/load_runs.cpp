#include "dyno/ab/load_runs.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/core/environment.h"
#include "dyno/record/figures.h"

namespace dyno::ab {

namespace fs = std::filesystem;
using compare::Measured;
using compare::Process;
using record::RunRecord;

namespace {

constexpr const char* subject = "all requests";

// A port that nobody listens on now. Another program may take it before the service does; the
// service then says so and the campaign ends.
Result<int> free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool ok = descriptor >= 0 && ::bind(descriptor, any, length) == 0 &&
                  ::getsockname(descriptor, any, &length) == 0;
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!ok) return Error{fmt::format("no port is free on 127.0.0.1: {}", std::strerror(error))};
  return static_cast<int>(ntohs(address.sin_port));
}

std::string with_port(std::string text, int port) {
  constexpr std::string_view place = "{port}";
  for (auto at = text.find(place); at != std::string::npos; at = text.find(place)) {
    text.replace(at, place.size(), std::to_string(port));
  }
  return text;
}

double figure_of(const RunRecord& run, const std::string& name) {
  record::FigureQuery query;
  query.figure = name;
  const auto found = record::figure(run, query);
  return found.known() ? found.value : 0;
}

std::uint64_t successes(const RunRecord& run) {
  return record::latency_histogram(run, "response_time", {}).count();
}

std::string why_unfit(const RunRecord& run, double most_errors) {
  const auto errors = figure_of(run, "error_share");
  if (errors > most_errors) {
    return fmt::format(
        "{:.1f} % of the requests failed, {:g} % are allowed: errors are not compared",
        errors * 100, most_errors * 100);
  }
  if (run.completion != record::Completion::complete) return "the run ended early";
  if (!run.validity.valid) {
    return fmt::format("the run is invalid: {}", fmt::join(run.validity.reasons, "; "));
  }
  return successes(run) == 0 ? "no request was answered in the steady window" : "";
}

class LoadRunner {
 public:
  explicit LoadRunner(LoadSides sides) : sides_(std::move(sides)) {}

  Result<Process> run(Which which) {
    const auto number = ++runs_[which];
    std::optional<RunRecord> last;
    for (int attempt = 0; attempt < sides_.attempts; ++attempt) {
      if (sides_.stopped && sides_.stopped()) return Error{"stopped before a run"};
      auto run = one_run(which, number);
      if (!run) return run.error();
      last = std::move(*run);
      if (last->validity.valid) break;
    }
    if (percentiles_.empty()) {
      percentiles_ = percentiles_for(successes(*last));
    }
    return figures_of_load(*last, percentiles_, sides_.most_errors);
  }

 private:
  Result<RunRecord> one_run(Which which, std::uint64_t number) {
    const auto port = free_port();
    if (!port) return port.error();
    const auto* side = which == Which::base ? "base" : "head";
    const auto folder = sides_.folder / fmt::format("{:03}-{}", number, side);
    harness::ServiceSpec spec;
    spec.system = side;
    spec.program = "/bin/sh";
    spec.arguments = {"-c", with_port(which == Which::base ? sides_.base : sides_.head, *port)};
    spec.health_url = with_port(sides_.health, *port);
    if (spec.health_url.starts_with('/')) {
      spec.health_url = fmt::format("http://127.0.0.1:{}{}", *port, spec.health_url);
    }
    const auto service = harness::ServiceUnderTest::start(spec, harness::TargetMode::spawned, "",
                                                          folder / "service.log");
    if (!service) return Error{fmt::format("the {}: {}", side, service.error().message)};
    return sides_.run({service->get(), number, folder});
  }

  LoadSides sides_;
  std::map<Which, std::uint64_t> runs_;
  std::vector<double> percentiles_;
};

}  // namespace

std::vector<double> percentiles_for(std::uint64_t samples) {
  std::vector<double> enough;
  for (const auto& [percentile, needed] :
       {std::pair{50.0, 20U}, std::pair{95.0, 200U}, std::pair{99.0, 1000U}}) {
    if (samples >= needed) enough.push_back(percentile);
  }
  return enough;
}

Process figures_of_load(const RunRecord& run, const std::vector<double>& percentiles,
                        double most_errors) {
  Process process;
  process.source = run.name;
  process.machine = fingerprint(run.environment);
  const auto unfit = why_unfit(run, most_errors);
  const std::vector<double> all{50, 95, 99};
  const auto add = [&](const std::string& figure, const std::string& unit) {
    Measured measured;
    measured.unit = unit;
    measured.error = unfit;
    if (unfit.empty()) measured.value = figure_of(run, figure);
    process.figures[{subject, figure}] = measured;
  };
  for (const auto percentile : unfit.empty() ? percentiles : all) {
    add(fmt::format("response_time.p{:g}", percentile), "ns");
  }
  add("rate", "1/s");
  return process;
}

Measure measure_load(LoadSides sides) {
  auto runner = std::make_shared<LoadRunner>(std::move(sides));
  // A run gives all figures whichever are asked for.
  return [runner](Which which, const std::vector<std::string>&) { return runner->run(which); };
}

}  // namespace dyno::ab
