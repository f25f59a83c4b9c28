#include "dyno/core/clock.h"

#include <cerrno>
#include <ctime>

#include <fmt/format.h>

namespace dyno {

namespace {

struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::microseconds> time;
};

CivilTime to_civil(UtcTime utc) {
  const auto day = std::chrono::floor<std::chrono::days>(utc);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss{utc - day}};
}

}  // namespace

TimePoint SteadyClock::now() const {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return TimePoint{std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec}};
}

void SteadyClock::sleep_until(TimePoint when) {
  const auto since = when.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  timespec until{};
  until.tv_sec = seconds.count();
  until.tv_nsec = (since - seconds).count();
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

UtcTime utc_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string to_iso8601(UtcTime time) {
  const auto [date, of_day] = to_civil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), of_day.hours().count(),
                     of_day.minutes().count(), of_day.seconds().count(),
                     of_day.subseconds().count());
}

std::string to_file_stamp(UtcTime time) {
  const auto [date, of_day] = to_civil(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), of_day.hours().count(), of_day.minutes().count(),
                     of_day.seconds().count());
}

UtcTime from_iso8601(const std::string& text) {
  int year = 0, hour = 0, minute = 0;
  unsigned month = 0, day = 0;
  double second = 0;
  // NOLINTNEXTLINE(cert-err34-c): the count of fields read is the check.
  if (std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%lfZ", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    return {};
  }
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                            std::chrono::day{day}};
  if (!date.ok()) return {};
  return sys_days{date} + hours{hour} + minutes{minute} +
         microseconds{static_cast<std::int64_t>(second * 1e6 + 0.5)};
}

}  // namespace dyno
