#include "dyno/core/descriptors.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <climits>

namespace dyno {

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT64_MAX;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

void make_room_for_descriptors(std::uint64_t count) {
  const std::uint64_t most = std::min<std::uint64_t>(raise_descriptor_limit(), INT_MAX);
  const std::uint64_t last = std::min(count, most);
  if (last == 0) return;
  const int any = ::eventfd(0, EFD_CLOEXEC);
  if (any < 0) return;
  const int far = ::fcntl(any, F_DUPFD_CLOEXEC, static_cast<int>(last - 1));
  if (far >= 0) ::close(far);
  ::close(any);
}

}  // namespace dyno
