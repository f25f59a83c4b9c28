// The truth by small cases worked out by hand, and beside the attendant, which finds the same on
// its own way.
#include "dyno/selfcheck/truth.h"

#include <gtest/gtest.h>

#include "dyno/core/random.h"
#include "dyno/selfcheck/attendant.h"

namespace dyno::selfcheck {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<Duration>;

TEST(Truth, AFixedDelayIsTheResponseTimeWhateverTheArrivals) {
  EXPECT_EQ(response_times({0ms, 0ms, 1ms, 50ms}, {0ms, {5ms, 0ms, 0}, {}}),
            (Times{5ms, 5ms, 5ms, 5ms}));
}

TEST(Truth, EveryThirdIsHeldBackForLonger) {
  EXPECT_EQ(response_times({0ms, 1ms, 2ms, 3ms, 4ms, 5ms}, {0ms, {2ms, 20ms, 3}, {}}),
            (Times{2ms, 2ms, 20ms, 2ms, 2ms, 20ms}));
}

TEST(Truth, OneAttendantTakesThemInTurn) {
  // Work of 3 ms: done at 3, 6, 9 and, having been idle from 9 to 20, at 23.
  EXPECT_EQ(response_times({0ms, 1ms, 2ms, 20ms}, {3ms, {}, {}}), (Times{3ms, 5ms, 7ms, 3ms}));
  // What is held back does not keep the attendant.
  EXPECT_EQ(response_times({0ms, 1ms}, {3ms, {10ms, 0ms, 0}, {}}), (Times{13ms, 15ms}));
}

TEST(Truth, AFreezeHoldsUpWhatComesInIt) {
  // Frozen from 10 to 30 and from 110 to 130, counted from the first arrival, at 100.
  const Freezes freezes{20ms, 100ms, 10ms};
  EXPECT_EQ(response_times({100ms, 110ms, 120ms, 129ms, 130ms, 209ms, 211ms}, {0ms, {}, freezes}),
            (Times{0ms, 20ms, 10ms, 1ms, 0ms, 0ms, 19ms}));
  // One after the other once it is over: done at 134, 138, 142.
  EXPECT_EQ(response_times({100ms, 110ms, 120ms, 129ms}, {4ms, {}, freezes}),
            (Times{4ms, 24ms, 18ms, 13ms}));
}

TEST(Truth, WorkStopsInAFreezeAndGoesOnAfterIt) {
  // 8 to 10, frozen to 30, and 2 ms more; the next takes 4 ms from there.
  EXPECT_EQ(response_times({0ms, 8ms, 9ms}, {4ms, {}, {20ms, 100ms, 10ms}}),
            (Times{4ms, 24ms, 27ms}));
  // Work of 14 ms, of which 10 ms fit between two freezes: 0 to 10, 20 to 24; 24 to 30, 40 to 48.
  EXPECT_EQ(response_times({0ms, 12ms}, {14ms, {}, {10ms, 20ms, 10ms}}), (Times{24ms, 36ms}));
  // What is done just as a freeze begins goes out when it ends.
  EXPECT_EQ(response_times({0ms}, {10ms, {}, {10ms, 20ms, 10ms}}), (Times{20ms}));
}

TEST(Truth, AnAnswerThatIsDueInAFreezeGoesOutAtItsEnd) {
  const Freezes freezes{20ms, 100ms, 10ms};
  EXPECT_EQ(response_times({0ms, 4ms, 5ms, 24ms, 25ms}, {0ms, {6ms, 0ms, 0}, freezes}),
            (Times{6ms, 26ms, 25ms, 12ms, 11ms}));
}

TEST(Truth, PercentilesAreValuesAtARank) {
  Times values;
  for (int i = 10'000; i > 0; --i) values.push_back(Duration{i});
  EXPECT_EQ(percentile(values, 50), 5000ns);
  EXPECT_EQ(percentile(values, 99.9), 9990ns);
  EXPECT_EQ(percentile(values, 99.901), 9991ns);
  EXPECT_EQ(percentile(values, 0), 1ns);
  EXPECT_EQ(percentile(values, 100), 10'000ns);
  EXPECT_EQ(percentile({3ns, 1ns, 2ns}, 50), 2ns);
  EXPECT_EQ(percentile({}, 50), 0ns);
}

TEST(Truth, UniformArrivalsMeetAFreezeAsGeometrySays) {
  // A tenth of them, evenly spread over the second of the freeze, so that of the response times
  // 90 % are nothing and the rest uniform up to a second.
  const auto arrivals = arrivals_of(load::rate(load::per_second(500)).uniform().hold(40s), 1);
  ASSERT_EQ(arrivals.size(), 20'000u);
  const auto times = response_times(arrivals, {0ms, {}, {1s, 10s, 4s}});
  EXPECT_EQ(percentile(times, 50), 0ms);
  EXPECT_NEAR(percentile(times, 95) / 1ms, 500, 2);
  EXPECT_NEAR(percentile(times, 99) / 1ms, 900, 2);
  EXPECT_NEAR(percentile(times, 99.9) / 1ms, 990, 2);
}

TEST(Truth, TheAttendantComesToTheSame) {
  Random random(7);
  const auto some = [&](double most) {
    return Duration{static_cast<std::int64_t>(random.uniform(0, most))};
  };
  for (int round = 0; round < 200; ++round) {
    Discipline discipline;
    if (round % 2 != 0) discipline.work = some(3e6);
    if (round % 3 != 0) discipline.delay = {some(5e6), some(3e7), round % 5 == 0 ? 0U : 4U};
    if (round % 7 != 0) discipline.freezes = {some(2e7) + 1ns, 20ms + some(1e8), some(1e8)};
    Times arrivals;
    for (Duration at = some(1e6); arrivals.size() < 300; at += some(4e6)) arrivals.push_back(at);
    const auto truth = response_times(arrivals, discipline);
    Attendant attendant;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      const TimePoint came = TimePoint{1h} + arrivals[i];
      ASSERT_EQ(attendant.answer_at(came, discipline) - came, truth[i])
          << "round " << round << ", arrival " << i;
    }
  }
}

}  // namespace
}  // namespace dyno::selfcheck
