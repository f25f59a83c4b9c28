// One user of the thread-per-user executor, on its thread; blocking.h is the way in.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

#include "dyno/core/clock.h"
#include "dyno/core/random.h"
#include "dyno/load/blocking.h"
#include "dyno/load/blocking_state.h"
#include "dyno/load/endpoints.h"

namespace dyno::load {

class ThreadUser final : public BlockingUser {
 public:
  ThreadUser(BlockingState& shared, std::uint32_t index) : shared_(shared), index_(index) {}

  // A life begins: what comes first is due at `due`, and at `leaves` the user goes.
  void begin(std::uint64_t seed, TimePoint due, TimePoint leaves);

  // Until this user's time is over, the run is stopped, or the iterations are used up.
  void live();

  void iterate();

  // Whether it came to `when` before anything ended this user; the end of a bound by count ends
  // only one that has not joined yet.
  bool wait_until(TimePoint when, bool joining = false);

  metrics::Outcome operation(std::string_view name,
                             const std::function<metrics::Outcome()>& function) override;
  bool think(Duration low, Duration high) override;
  bool pace(Duration every) override;
  std::stop_token broken_off() const override { return shared_.broken_off.get_token(); }
  Random& random() override { return random_; }
  std::uint32_t index() const override { return index_; }
  std::uint64_t iteration() const override { return iteration_; }

 private:
  // Nothing was waited for: what comes next is due at once.
  static constexpr TimePoint due_at_once = TimePoint::max();

  bool over() const { return shared_.stop > going_on || shared_.clock.now() >= leaves_; }
  bool wait_and_be_due(TimePoint when);

  BlockingState& shared_;
  const std::uint32_t index_;
  EndpointMemory endpoints_{shared_.endpoints};
  Random random_{0};
  std::uint64_t iteration_ = 0;
  TimePoint due_ = due_at_once;
  TimePoint paced_;
  TimePoint leaves_ = TimePoint::max();
};

}  // namespace dyno::load
