#include "dyno/selfcheck/discipline.h"

#include <charconv>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::selfcheck {
namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

Error refused(std::string_view header, std::string_view text, std::string_view example) {
  return Error{fmt::format("{}: '{}' is not understood; write e.g. {}", header, text, example)};
}

}  // namespace

Result<Delay> parse_delay(std::string_view text) {
  const Error wrong = refused(delay_header, text, "5ms, or 2ms/20ms/10");
  const auto parts = parts_of(text);
  const auto usual = parse_duration(parts[0]);
  if (!usual || (parts.size() != 1 && parts.size() != 3)) return wrong;
  Delay delay{*usual, {}, 0};
  if (parts.size() == 1) return delay;
  const auto rare = parse_duration(parts[1]);
  const auto* const end = parts[2].data() + parts[2].size();
  const auto read = std::from_chars(parts[2].data(), end, delay.every);
  if (!rare || read.ec != std::errc{} || read.ptr != end || delay.every == 0) return wrong;
  delay.rare = *rare;
  return delay;
}

Result<Duration> parse_work(std::string_view text) {
  const auto work = parse_duration(text);
  if (!work) return refused(work_header, text, "1ms");
  return *work;
}

Result<Freezes> parse_freezes(std::string_view text) {
  const Error wrong = refused(freeze_header, text, "1s/10s/4s, a freeze shorter than its period");
  const auto parts = parts_of(text);
  if (parts.size() != 3) return wrong;
  const auto length = parse_duration(parts[0]);
  const auto every = parse_duration(parts[1]);
  const auto first = parse_duration(parts[2]);
  if (!length || !every || !first || *length >= *every) return wrong;
  return Freezes{*length, *every, *first};
}

std::vector<std::pair<std::string, std::string>> headers_for(const Discipline& discipline) {
  std::vector<std::pair<std::string, std::string>> headers;
  const auto& [work, delay, freezes] = discipline;
  const auto add = [&](std::string_view name, std::string value) {
    headers.emplace_back(std::string(name), std::move(value));
  };
  if (delay.every > 0) {
    add(delay_header,
        fmt::format("{}ns/{}ns/{}", delay.usual.count(), delay.rare.count(), delay.every));
  } else if (delay.usual > Duration::zero()) {
    add(delay_header, fmt::format("{}ns", delay.usual.count()));
  }
  if (work > Duration::zero()) add(work_header, fmt::format("{}ns", work.count()));
  if (freezes.length > Duration::zero()) {
    add(freeze_header, fmt::format("{}ns/{}ns/{}ns", freezes.length.count(), freezes.every.count(),
                                   freezes.first.count()));
  }
  return headers;
}

}  // namespace dyno::selfcheck
