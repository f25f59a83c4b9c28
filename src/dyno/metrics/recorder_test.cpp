#include "dyno/metrics/recorder.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "dyno/core/allocations.h"

namespace dyno::metrics {
namespace {

using namespace std::chrono_literals;

const TimePoint start{1000s};

std::vector<Window> windows() {
  return {{WindowKind::warm_up, 0s, 1s, ""},
          {WindowKind::steady, 1s, 10s, ""},
          {WindowKind::drain, 10s, 11s, ""}};
}

Sample sample(Duration intended, Duration took, Outcome outcome = {}) {
  Sample s;
  s.outcome = outcome;
  s.intended = start + intended;
  s.sent = s.intended + 1ms;
  s.last_byte = s.intended + took;
  s.first_byte = s.last_byte - 2ms;
  s.bytes_sent = 10;
  s.bytes_received = 100;
  return s;
}

TEST(Outcome, TextRoundTrips) {
  for (int kind = 0; kind <= static_cast<int>(OutcomeKind::cancelled); ++kind) {
    Outcome outcome{static_cast<OutcomeKind>(kind), 0};
    if (outcome.kind == OutcomeKind::http_error) outcome.detail = 503;
    if (outcome.kind == OutcomeKind::timeout) outcome.detail = 4;
    EXPECT_EQ(parse_outcome(to_string(outcome)), outcome) << to_string(outcome);
  }
  EXPECT_EQ(to_string(Outcome{OutcomeKind::timeout, 4}), "timeout(first_byte)");
  for (const auto* bad : {"", "okay", "http_error", "ok(200)", "timeout(lunch)", "http_error(x)",
                          "http_error(503", "http_error()"}) {
    EXPECT_FALSE(parse_outcome(bad)) << bad;
  }
}

TEST(Window, HoldsWhatIsBeforeAndAfterInTheFirstAndLast) {
  EXPECT_EQ(window_at(windows(), -1s), 0U);
  EXPECT_EQ(window_at(windows(), 999ms), 0U);
  EXPECT_EQ(window_at(windows(), 1s), 1U);
  EXPECT_EQ(window_at(windows(), 10s), 2U);
  EXPECT_EQ(window_at(windows(), 99s), 2U);
}

TEST(CellTable, ASampleBelongsToTheWindowOfItsIntendedTimeAndIsCompletedWhereItEnds) {
  CellTable table(windows(), start);
  table.add(sample(900ms, 300ms));
  const auto cells = table.copy();
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].window, 0U);
  EXPECT_EQ(cells[0].count, 1U);
  EXPECT_EQ(cells[0].completed_in_window, 0U);
  EXPECT_EQ(cells[0].response_time.max(), 300ms);
  EXPECT_EQ(cells[0].service_time.max(), 299ms);
  EXPECT_EQ(cells[0].lateness.max(), 1ms);
  EXPECT_EQ(cells[0].first_byte.max(), 297ms);
  EXPECT_EQ(cells[0].bytes_received, 100U);
  EXPECT_EQ(cells[0].last_seen, 1200ms);
  EXPECT_EQ(cells[1].window, 1U);
  EXPECT_EQ(cells[1].count, 0U);
  EXPECT_EQ(cells[1].completed_in_window, 1U);
  EXPECT_TRUE(cells[1].response_time.empty());
}

TEST(CellTable, KeepsTheFirstExampleAndTheFirstAndLastTimeOfAFailure) {
  CellTable table(windows(), start);
  const Outcome failure{OutcomeKind::http_error, 500};
  table.add(sample(5s, 10ms, failure), "the first");
  table.add(sample(3s, 10ms, failure), "the second");
  const auto cells = table.copy();
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells[0].example, "the first");
  EXPECT_EQ(cells[0].first_seen, 3010ms);
  EXPECT_EQ(cells[0].last_seen, 5010ms);
}

TEST(CellTable, WhatHadNoAnswerHasNoFirstByteAndWhatWasDroppedNoLatency) {
  CellTable table(windows(), start);
  table.add(sample(2s, 10ms, {OutcomeKind::reset, 0}));
  table.add(sample(2s, 10ms, {OutcomeKind::dropped, 0}));
  for (const auto& cell : table.copy()) {
    EXPECT_EQ(cell.count, 1U);
    EXPECT_TRUE(cell.first_byte.empty());
    EXPECT_EQ(cell.response_time.empty(), cell.outcome.kind == OutcomeKind::dropped);
  }
}

TEST(CellTable, ConnectionPhasesAreRecordedOnlyWhereTheyHappened) {
  CellTable table(windows(), start);
  auto connecting = sample(2s, 10ms);
  connecting.rare().connect = 3ms;
  table.add(connecting);
  table.add(sample(2s, 10ms));
  const auto cells = table.copy();
  EXPECT_EQ(cells[0].connect.count(), 1U);
  EXPECT_TRUE(cells[0].dns.empty());
}

// An event counts when it comes, in the window of that moment, whatever becomes of its stream.
TEST(CellTable, EventsOfAStreamAreCountedAsTheyCome) {
  CellTable table(windows(), start), other(windows(), start);
  EventSample event;
  event.tokens = 1;
  event.at = start + 500ms;
  table.add(event);
  event.at = start + 1500ms;
  event.gap = 1s;
  table.add(event);
  event.at = start + 1600ms;
  event.gap = 100ms;
  event.tokens = 3;
  other.add(event);
  auto stream = sample(500ms, 1500ms);
  stream.rare().first_event = 200ms;
  stream.rare().token_time = 275ms;
  other.add(stream);
  table.merge(other);
  const auto cells = table.copy();
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].events, 1U);
  EXPECT_TRUE(cells[0].gap.empty());
  EXPECT_EQ(cells[0].count, 1U);
  EXPECT_EQ(cells[0].first_event.count(), 1U);
  EXPECT_EQ(cells[0].token_time.sum(), 275ms);
  EXPECT_EQ(cells[1].events, 2U);
  EXPECT_EQ(cells[1].tokens, 4U);
  EXPECT_EQ(cells[1].gap.sum(), 1100ms);
  table.reset();
  EXPECT_TRUE(table.cells().empty());
}

TEST(CellTable, WaitingForAConnectionIsNoLateness) {
  CellTable table(windows(), start);
  Sample waited = sample(2s, 30ms);
  waited.rare().queued = 20ms;
  waited.sent = waited.intended + 21ms;
  waited.rare().redirects = 2;
  waited.rare().retries = 3;
  waited.rare().resent = true;
  table.add(waited);
  table.add(sample(2s, 30ms));
  CellTable sum(windows(), start);
  sum.merge(table);
  sum.merge(table);
  const Cell& cell = *sum.cells().front();
  EXPECT_EQ(cell.lateness.max(), 1ms);
  EXPECT_EQ(cell.response_time.max(), 30ms);
  EXPECT_EQ(cell.service_time.min(), 9ms);
  EXPECT_EQ(cell.queued.count(), 2u);
  EXPECT_EQ(cell.queued.max(), 20ms);
  EXPECT_EQ(cell.redirects, 4u);
  EXPECT_EQ(cell.retries, 6u);
  EXPECT_EQ(cell.resent, 2u);
  table.reset();
  table.add(sample(2s, 30ms));
  EXPECT_EQ(table.cells().front()->retries, 0u);
  EXPECT_EQ(table.cells().front()->redirects, 0u);
  EXPECT_TRUE(table.cells().front()->queued.empty());
}

TEST(CellTable, MergingThreadsIsTheSameAsOneThread) {
  CellTable one(windows(), start), a(windows(), start), b(windows(), start);
  for (int i = 0; i < 1000; ++i) {
    auto s = sample(i * 10ms, 1ms * (i % 37 + 3),
                    {i % 5 == 0 ? OutcomeKind::reset : OutcomeKind::ok, 0});
    s.endpoint = static_cast<EndpointId>(i % 3);
    one.add(s);
    (i % 2 == 0 ? a : b).add(s);
  }
  a.merge(b);
  const auto expected = one.copy();
  const auto merged = a.copy();
  ASSERT_EQ(merged.size(), expected.size());
  for (std::size_t i = 0; i < merged.size(); ++i) {
    EXPECT_EQ(merged[i].endpoint, expected[i].endpoint);
    EXPECT_EQ(merged[i].outcome, expected[i].outcome);
    EXPECT_EQ(merged[i].count, expected[i].count);
    EXPECT_EQ(merged[i].completed_in_window, expected[i].completed_in_window);
    EXPECT_EQ(merged[i].response_time, expected[i].response_time);
    EXPECT_EQ(merged[i].first_seen, expected[i].first_seen);
    EXPECT_EQ(merged[i].last_seen, expected[i].last_seen);
  }
}

TEST(Recorder, TakeGivesOnlyWhatHasComeSinceTheLastOne) {
  Recorder recorder(windows(), start);
  recorder.record(sample(2s, 10ms));
  recorder.record(sample(2s, 20ms));
  EXPECT_EQ(summarise(recorder.take()).ok, 2U);
  EXPECT_EQ(summarise(recorder.take()).ok, 0U);
  recorder.record(sample(2s, 30ms, {OutcomeKind::dropped, 0}));
  recorder.record(sample(2s, 30ms, {OutcomeKind::reset, 0}));
  recorder.record(sample(2s, 30ms, {OutcomeKind::cancelled, 0}));
  const auto summary = summarise(recorder.take());
  EXPECT_EQ(summary.ok, 0U);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_EQ(summary.dropped, 1U);
  EXPECT_TRUE(summary.response_time.empty());
}

TEST(Recorder, AllocatesNothingOnceWarm) {
  Recorder recorder(windows(), start);
  const auto record_all = [&] {
    for (int i = 0; i < 1000; ++i) {
      recorder.record(sample(2s, 1ms * (i % 50 + 3)));
      recorder.record(sample(2s, 1ms * (i % 50 + 3), {OutcomeKind::reset, 0}),
                      "what the service said, longer than any small string");
    }
  };
  for (int round = 0; round < 2; ++round) {  // once for each of the two tables
    record_all();
    recorder.take();
  }
  start_counting_allocations();
  record_all();
  recorder.take();
  record_all();
  EXPECT_EQ(stop_counting_allocations().count, 0);
}

TEST(Recorder, LosesAndDoublesNothingWhileItIsReadAndWritten) {
  constexpr int samples = 60'000;
  Recorder recorder(windows(), start);
  CellTable total(windows(), start);
  std::atomic<bool> done{false};
  std::atomic<int> taken{0};
  std::thread writer([&] {
    for (int i = 0; i < samples; ++i) {
      // The second half waits until the reader has looked, however the threads are scheduled.
      while (i == samples / 2 && taken == 0) std::this_thread::yield();
      auto s = sample(2s, Duration{1'000'000 + i});
      s.endpoint = static_cast<EndpointId>(i % 2);
      recorder.record(s);
    }
    done = true;
  });
  while (!done) {
    total.merge(recorder.take());
    ++taken;
  }
  writer.join();
  total.merge(recorder.take());
  const auto cells = total.copy();
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].count + cells[1].count, static_cast<std::uint64_t>(samples));
  EXPECT_EQ(cells[0].response_time.count(), static_cast<std::uint64_t>(samples / 2));
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace dyno::metrics
