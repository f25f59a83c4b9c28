#include "dyno/load/once.h"

#include <exception>
#include <optional>

#include <fmt/format.h>

#include "dyno/async/event_loop.h"
#include "dyno/async/interruptible.h"
#include "dyno/http/client.h"
#include "dyno/http/session.h"
#include "dyno/http/url.h"
#include "dyno/load/endpoints.h"
#include "dyno/load/step_cache.h"

namespace dyno::load {

using async::Task;
using scenario::Step;

namespace {

// A signal only sets a flag; this often it is looked at while a request is under way.
constexpr Duration between_looks = std::chrono::milliseconds{20};

class OneUser final : public Once, async::Timer {
 public:
  OneUser(const scenario::Scenario& scenario, http::Destination destination, OnceOptions options)
      : Timer([](Timer& timer) { static_cast<OneUser&>(timer).look_for_stop(); }),
        scenario_(scenario),
        options_(std::move(options)),
        destination_(std::move(destination)),
        feeders_(scenario.feeders.size()),
        random_(options_.seed) {
    steps_.prepare(scenario, &feeders_);
    variables_.reset(scenario.variables.size());
    if (destination_.settings.max_connections > 0) {
      context_.pool = std::make_unique<http::ConnectionPool>(loop_, 1);
    }
    if (http::need_session(destination_.settings)) {
      session_.emplace(client_, context_, derived_seed(options_.seed, 1));
    }
  }

  using Once::perform;
  std::uint32_t perform(const scenario::Task& task, WhenStopped when_stopped) override {
    failed_ = 0;
    ends_at_ = when_stopped == WhenStopped::end ? 1 : 2;
    leave_.reset();
    steps_.feed(task, random_, variables_);
    loop_.run(watched(task));
    return failed_;
  }

  const std::string& first_failure() const override { return first_failure_; }

  std::map<std::string, std::string> values() const override {
    std::map<std::string, std::string> values;
    for (std::uint32_t i = 0; i < scenario_.variables.size(); ++i) {
      // The row that a feeder gave here is not that of the tasks to come.
      if (!variables_.known[i] || steps_.is_fed(i)) continue;
      values[scenario_.variables[i]] = variables_.values[i];
    }
    return values;
  }

 private:
  int stop_level() const { return options_.stop ? options_.stop->level() : 0; }

  Task<void> watched(const scenario::Task& task) {
    if (options_.stop) loop_.timers().set(*this, loop_.now());
    under_way_.set(run(task));
    const std::exception_ptr thrown = co_await under_way_.ended();
    loop_.timers().cancel(*this);
    if (thrown) std::rethrow_exception(thrown);
  }

  // Not from within the task: the loop calls it.
  void look_for_stop() {
    if (stop_level() < 2) {
      loop_.timers().set(*this, loop_.now() + between_looks);
      if (stop_level() >= ends_at_) leave_.request();  // a wait has no use then
      return;
    }
    if (!under_way_.running()) return;
    ++failed_;
    if (first_failure_.empty()) {
      first_failure_ = fmt::format("broken off, {}", options_.stop->reason());
    }
    under_way_.cancel();
    client_.close();
  }

  Task<void> run(const scenario::Task& task) {
    for (const Step& step : task.steps) {
      if (stop_level() >= ends_at_) co_return;
      co_await request(step);
      if (!failure_.empty() && step.ends_task_on_failure) co_return;
      if (!options_.think || step.think.none()) continue;
      const Duration time = step.think.mean > Duration::zero()
                                ? step.think.mean
                                : (step.think.low + step.think.high) / 2;
      co_await loop_.sleep(time, &leave_);
    }
  }

  Task<void> request(const Step& step) {
    failure_.clear();
    wire_.clear();
    exchange_.reset(true);
    for (const std::uint32_t variable : step.variables) {
      if (variables_.known[variable]) continue;
      failure_ = fmt::format("not sent: {} has no value", scenario_.variables[variable]);
    }
    if (failure_.empty()) {
      const auto& entry = steps_.entry(step, destination_, endpoints_);
      entry.wire.render({random_, 0, 0, variables_.values}, wire_);
      const http::Request request{
          .method = step.method, .path = entry.wire.path(wire_), .wire = wire_};
      http::ExchangeOptions how;
      how.timeout = step.timeout > Duration::zero() ? step.timeout : options_.timeout;
      how.want_body = how.want_head = true;
      how.limits = destination_.settings.limits;
      how.compressed = destination_.settings.compressed;
      if (session_) {
        const http::SessionOptions as_the_run{};
        co_await session_->exchange(request, how, as_the_run, leave_, exchange_);
      } else {
        co_await client_.perform(request, how, exchange_);
      }
      judge(step);
    }
    if (!failure_.empty()) {
      ++failed_;
      if (first_failure_.empty()) {
        first_failure_ = fmt::format("{} {}: {}", step.method, step.group, failure_);
      }
    }
    if (options_.observer) options_.observer({step, wire_, exchange_, failure_});
  }

  void judge(const Step& step) {
    if (!exchange_.outcome.ok()) {
      failure_ = fmt::format("{}: {}", to_string(exchange_.outcome), exchange_.reason);
      return;
    }
    if (!scenario::accepts(step, exchange_.status)) {
      failure_ = fmt::format("status {}", exchange_.status);
      return;
    }
    const scenario::Answer answer{.status = exchange_.status,
                                  .head = exchange_.head,
                                  .body = exchange_.body,
                                  .body_bytes = exchange_.body_bytes,
                                  .service_time = exchange_.last_byte - exchange_.sent};
    if (const auto* const check = scenario::first_failed(step, answer)) {
      failure_ = fmt::format("expected {}", check->what);
    } else if (const auto* const absent = scenario::extract(step, answer, variables_)) {
      failure_ = fmt::format("cannot extract {}", absent->what);
    }
  }

  const scenario::Scenario& scenario_;
  const OnceOptions options_;
  const http::Destination destination_;
  SteadyClock clock_;
  async::EventLoop loop_{clock_};
  http::ClientContext context_{.loop = loop_, .destination = destination_};
  http::Client client_{context_};
  std::optional<http::Session> session_;
  FeederPlaces feeders_;
  StepCache steps_;
  Endpoints all_endpoints_;
  EndpointMemory endpoints_{all_endpoints_};
  Random random_;
  scenario::Variables variables_;
  async::StopSource leave_;
  async::Interruptible under_way_;
  int ends_at_ = 1;  // level of the request to stop from which no further step is begun
  http::Exchange exchange_;
  std::string wire_;
  std::string failure_;
  std::string first_failure_;
  std::uint32_t failed_ = 0;
};

}  // namespace

Result<std::unique_ptr<Once>> Once::make(const scenario::Scenario& scenario, OnceOptions options) {
  const auto url = http::parse_url(options.host);
  if (!url) return url.error();
  auto destination = http::make_destination(*url, options.http);
  if (!destination) return destination.error();
  return std::unique_ptr<Once>(
      std::make_unique<OneUser>(scenario, std::move(*destination), std::move(options)));
}

}  // namespace dyno::load
