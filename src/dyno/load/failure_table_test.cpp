// The table of failures (http/failure_table.h) once more through whole runs: what the record then
// says. With what only the engine can meet, every outcome there is.
#include "dyno/http/failure_table.h"

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/raw_server.h"
#include "dyno/load/engine.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using http::Failure;
using http::RawConnection;
using http::RawServer;
using metrics::Outcome;
using metrics::OutcomeKind;
using record::RunRecord;
using testing::HasSubstr;

record::Cell all_of(const RunRecord& record, Outcome outcome) {
  record::Cell sum;
  for (const auto& cell : record.cells) {
    if (cell.outcome == outcome) sum.merge(cell);
  }
  return sum;
}

std::uint64_t requests(const RunRecord& record) {
  std::uint64_t sum = 0;
  for (const auto& cell : record.cells) sum += cell.count;
  return sum;
}

RunRecord provoke(const Failure& failure, Duration timeout) {
  const auto peer = failure.start();
  RunOptions options;
  options.host = peer->url();
  options.http = peer->settings();
  options.timeout = timeout;
  const auto record = run(
      [&failure](User& user) -> Task<void> {
        const std::string upload(failure.upload, 'x');
        http::Request request{.method = "GET", .path = "/provoke"};
        if (!upload.empty()) request.body = upload;
        for (int i = 0; i < failure.requests; ++i) co_await user.request(request);
      },
      users(1).operations(1), options);
  EXPECT_TRUE(record.ok()) << failure.name;
  return record.ok() ? *record : RunRecord{};
}

// A row that waits for its timeout is given little, and more when the machine was too busy.
RunRecord provoke_in_time(const Failure& failure) {
  const bool waits = failure.outcome.kind == OutcomeKind::timeout;
  Duration timeout = waits ? 100ms : 20s;
  while (true) {
    const RunRecord record = provoke(failure, timeout);
    if (!waits || all_of(record, failure.outcome).count > 0 || timeout > 5s) return record;
    timeout *= 4;
  }
}

void expect_as_in_the_table(const Failure& failure) {
  const RunRecord record = provoke_in_time(failure);
  const auto expected = static_cast<std::uint64_t>(failure.requests);
  EXPECT_EQ(requests(record), expected) << failure.name;
  const record::Cell cell = all_of(record, failure.outcome);
  EXPECT_EQ(cell.count, failure.outcome.ok() ? expected : 1u) << failure.name;
  EXPECT_EQ(cell.service_time.count(), cell.count) << failure.name;
  if (!failure.outcome.ok()) {
    EXPECT_THAT(cell.example, HasSubstr("GET /provoke: ")) << failure.name;
    EXPECT_THAT(cell.example, HasSubstr(failure.reason)) << failure.name;
    EXPECT_GE(cell.last_seen, cell.first_seen) << failure.name;
  }
  std::string notes;
  for (const auto& note : record.notes) notes += note + "\n";
  std::uint64_t resent = 0;
  for (const auto& one : record.cells) resent += one.resent;
  EXPECT_EQ(resent, failure.retried ? 1u : 0u) << failure.name;
  EXPECT_EQ(notes.find("closed the kept-alive one: 1") != std::string::npos, failure.retried)
      << failure.name;
  EXPECT_TRUE(record.validity.valid) << failure.name;
}

TEST(FailuresOfARun, EveryRowOfTheTable) {
  const std::vector<Failure> table = http::failure_table();
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (std::size_t row = next++; row < table.size(); row = next++) {
        expect_as_in_the_table(table[row]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void count_outcomes(const RunRecord& record, std::set<std::string>& seen) {
  for (const auto& cell : record.cells) {
    if (cell.count > 0) seen.insert(to_string(cell.outcome));
  }
}

TEST(FailuresOfARun, EveryOutcomeIsProvokedSomewhere) {
  std::set<std::string> provoked;
  for (const Failure& failure : http::failure_table()) provoked.insert(to_string(failure.outcome));

  RawServer busy([](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    }
  });
  RunOptions options;
  options.host = busy.url();
  const auto refused = run(
      [](User& user) -> Task<void> {
        co_await user.get("/busy");
        const Response response = co_await user.get("/expected", {.accept = {503}});
        user.check(response, response.body_bytes > 0, "a body");
      },
      users(1).operations(1), options);
  ASSERT_TRUE(refused.ok());
  count_outcomes(*refused, provoked);

  // Sessions that do not end before the run does: one in flight, the others find no user.
  RawServer frozen([](RawConnection& connection) { connection.wait_for_close(); });
  options.host = frozen.url();
  options.stop_timeout = 10ms;
  const auto held = run([](User& user) -> Task<void> { co_await user.get("/frozen"); },
                        rate(per_second(100)).uniform().hold(100ms).max_in_flight(1), options);
  ASSERT_TRUE(held.ok());
  count_outcomes(*held, provoked);

  for (const Outcome outcome : http::every_outcome()) {
    const std::string name = to_string(outcome);
    EXPECT_TRUE(provoked.contains(name)) << name;
  }
}

}  // namespace
}  // namespace dyno::load
