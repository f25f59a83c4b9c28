#include "dyno/selfcheck/bare_timer.h"

#include <sys/prctl.h>
#include <thread>

#include "dyno/monitor/affinity.h"

namespace dyno::selfcheck {

namespace {

// As the engine allows itself between starting its threads and its first arrival.
constexpr Duration lead = std::chrono::milliseconds{10};

}  // namespace

metrics::Histogram bare_timer_lateness(const std::vector<Duration>& arrivals,
                                       const std::vector<int>& cores) {
  metrics::Histogram lateness;
  std::thread([&] {
    ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    // Unbound it is still a control, of a machine with one core for instance.
    if (!cores.empty()) (void)monitor::pin_thread(0, cores);
    SteadyClock clock;
    const TimePoint start = clock.now() + lead;
    for (const Duration arrival : arrivals) {
      const TimePoint due = start + arrival;
      TimePoint now = clock.now();
      if (now < due) {
        clock.sleep_until(due);
        now = clock.now();
      }
      lateness.record(now - due);
    }
  }).join();
  return lateness;
}

}  // namespace dyno::selfcheck
