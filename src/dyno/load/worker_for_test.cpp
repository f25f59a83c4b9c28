#include "dyno/load/worker_for_test.h"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "dyno/http/client.h"
#include "dyno/load/collector.h"
#include "dyno/load/schedule.h"

namespace dyno::load {

using namespace std::chrono_literals;
using metrics::OutcomeKind;

Counts simulate(const Scenario& scenario, const LoadPlan& plan, const Beside& beside,
                const http::Destination* destination) {
  ManualClock clock;
  async::EventLoop loop(clock, async::Idle::jump);
  RunState run{.scenario = scenario,
               .plan = plan,
               .seed = 5,
               .stop_timeout = 10s,
               .start = clock.now() + 1s,
               .workers = 1,
               .classes = classes_of(scenario, most_users(plan))};
  metrics::Recorder recorder(recorder_windows(plan), run.start);
  Endpoints endpoints;
  UserContext context{.loop = loop, .recorder = recorder, .endpoints = EndpointMemory(endpoints)};
  std::optional<http::ClientContext> http;
  if (destination) {
    http.emplace(http::ClientContext{.loop = loop, .destination = *destination});
    context.http = &*http;
    context.timeout = 10s;
  }
  Worker worker(run, context, 0);
  loop.run([](Worker& of, async::EventLoop& on, const Beside& other) -> Task<void> {
    async::Scope scope;
    if (other) scope.spawn(other(on, of));
    co_await of.run();
    co_await scope.join();
  }(worker, loop, beside));
  EXPECT_EQ(worker.users(), 0u);
  // A client's deadline stays in the queue, cleared, for its next request.
  EXPECT_TRUE(destination || loop.timers().size() == 0u);

  const RunOptions options;
  Collector collector(planned_record(plan, options, "event_loop"), plan, options, endpoints,
                      run.start);
  collector.add(recorder);
  Counts counts;
  counts.length = clock.now() - run.start;
  counts.record = collector.finish(clock.now());
  for (const record::Cell& cell : counts.record.cells) {
    switch (cell.outcome.kind) {
      case OutcomeKind::ok:
        counts.ok += cell.count;
        break;
      case OutcomeKind::dropped:
        counts.dropped += cell.count;
        break;
      case OutcomeKind::cancelled:
        counts.cancelled += cell.count;
        break;
      default:
        counts.failed += cell.count;
    }
    counts.lateness_max = std::max(counts.lateness_max, cell.lateness.max());
    counts.response_max = std::max(counts.response_max, cell.response_time.max());
  }
  return counts;
}

namespace {

Task<Outcome> taking(User& user, Duration time) {
  co_await user.think(time);
  co_return Outcome{};
}

}  // namespace

Task<void> step(User& user, std::string_view name, Duration time) {
  const std::function<Task<Outcome>()> body = [&user, time] { return taking(user, time); };
  co_await user.async_operation(name, body);
}

}  // namespace dyno::load
