// The stretches of a run: warm-up, ramp, steady, drain. What is judged is the steady state; the
// rest is kept apart, not thrown away.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dyno/core/clock.h"

namespace dyno::metrics {

enum class WindowKind : std::uint8_t { warm_up, ramp, steady, drain };

// As offsets from the start of the run. Windows follow each other without gaps.
struct Window {
  WindowKind kind = WindowKind::steady;
  Duration start{};
  Duration end{};
  std::string name;  // tells windows of one kind apart: "spike", "recovery"; may be empty
  // Open model: arrivals that the plan has in it, and those that began on their way. Fewer began
  // where some were dropped, or the engine fell behind.
  double arrivals_asked = 0;
  std::uint64_t arrivals_begun = 0;
};

std::string to_string(WindowKind kind);

// The window that holds `offset`: the first for anything before, the last for anything after.
// Undefined for no windows.
std::uint32_t window_at(const std::vector<Window>& windows, Duration offset);

}  // namespace dyno::metrics
