// Dates of cookies: RFC 6265, section 5.1.1.
#include <algorithm>
#include <array>
#include <cctype>

#include "dyno/http/cookies.h"
#include "dyno/http/message.h"

namespace dyno::http {
namespace {

// %x09 / %x20-2F / %x3B-40 / %x5B-60 / %x7B-7E
bool is_delimiter(char c) {
  return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) ||
         (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
}

// `low` to `high` digits, followed by something else or nothing. Takes them off the text.
std::optional<int> take_number(std::string_view& text, std::size_t low, std::size_t high) {
  std::size_t count = 0;
  int number = 0;
  while (count < text.size() && is_digit(text[count])) {
    if (++count > high) return std::nullopt;
    number = number * 10 + (text[count - 1] - '0');
  }
  if (count < low) return std::nullopt;
  text.remove_prefix(count);
  return number;
}

struct Date {
  std::optional<std::array<int, 3>> time;
  std::optional<int> day;
  std::optional<int> month;
  std::optional<int> year;
};

std::optional<std::array<int, 3>> time_of(std::string_view token) {
  std::array<int, 3> time{};
  for (std::size_t i = 0; i < time.size(); ++i) {
    if (i > 0) {
      if (!token.starts_with(':')) return std::nullopt;
      token.remove_prefix(1);
    }
    const auto part = take_number(token, 1, 2);
    if (!part) return std::nullopt;
    time[i] = *part;
  }
  return time;
}

std::optional<int> month_of(std::string_view token) {
  constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (token.size() < 3) return std::nullopt;
  std::string name(token.substr(0, 3));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (std::size_t i = 0; i < 12; ++i) {
    if (names.substr(3 * i, 3) == name) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

// Each token is the first thing that it can be and that has not been found yet.
void take_token(std::string_view token, Date& date) {
  if (!date.time && (date.time = time_of(token))) return;
  if (std::string_view text = token; !date.day && (date.day = take_number(text, 1, 2))) return;
  if (!date.month && (date.month = month_of(token))) return;
  if (std::string_view text = token; !date.year) date.year = take_number(text, 2, 4);
}

}  // namespace

std::optional<CookieTime> parse_cookie_date(std::string_view text) {
  Date date;
  while (!text.empty()) {
    const auto* const begin = std::find_if_not(text.begin(), text.end(), is_delimiter);
    const auto* const end = std::find_if(begin, text.end(), is_delimiter);
    if (begin != end) take_token({begin, end}, date);
    text = {end, text.end()};
  }
  if (!date.time || !date.day || !date.month || !date.year) return std::nullopt;
  int year = *date.year;
  if (year >= 70 && year <= 99) year += 1900;
  if (year >= 0 && year <= 69) year += 2000;
  const auto [hours, minutes, seconds] = *date.time;
  if (year < 1601 || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year{year},
                                        std::chrono::month{static_cast<unsigned>(*date.month)},
                                        std::chrono::day{static_cast<unsigned>(*date.day)}};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{hours} + std::chrono::minutes{minutes} +
         std::chrono::seconds{seconds};
}

}  // namespace dyno::http
