#include "dyno/metrics/window.h"

namespace dyno::metrics {

std::string to_string(WindowKind kind) {
  switch (kind) {
    case WindowKind::warm_up:
      return "warm_up";
    case WindowKind::ramp:
      return "ramp";
    case WindowKind::steady:
      return "steady";
    case WindowKind::drain:
      return "drain";
  }
  return "unknown";
}

std::uint32_t window_at(const std::vector<Window>& windows, Duration offset) {
  std::uint32_t index = 0;
  while (index + 1 < windows.size() && offset >= windows[index].end) ++index;
  return index;
}

}  // namespace dyno::metrics
