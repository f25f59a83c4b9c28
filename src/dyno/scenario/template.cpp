#include "dyno/scenario/template.h"

#include <algorithm>
#include <charconv>

#include "dyno/scenario/json_text.h"

namespace dyno::scenario {

namespace {

constexpr char hex[] = "0123456789abcdef";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// RFC 3986, section 2.2, and the percent sign itself.
bool is_url(char c) {
  return is_unreserved(c) ||
         std::string_view(":/?[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

void append_percent(std::string_view text, bool (*stays)(char), std::string& out) {
  static constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (stays(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
}

void append_header(std::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(byte < 0x20 || byte == 0x7f ? ' ' : c);
  }
}

template <typename Number>
void append_number(Number number, std::string& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_padded(std::uint64_t number, unsigned width, std::string& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

void append_decimal(std::int64_t scaled, unsigned digits, std::string& out) {
  if (scaled < 0) out.push_back('-');
  const auto size = static_cast<std::uint64_t>(scaled < 0 ? -scaled : scaled);
  std::uint64_t one = 1;
  for (unsigned i = 0; i < digits; ++i) one *= 10;
  append_number(size / one, out);
  out.push_back('.');
  append_padded(size % one, digits, out);
}

// Version 4 (RFC 9562, section 5.4): 122 random bits.
void append_uuid(Random& random, std::string& out) {
  const std::uint64_t high = (random.next() & ~0xf000ULL) | 0x4000;
  const std::uint64_t low = (random.next() & ~(3ULL << 62)) | 2ULL << 62;
  char text[36];
  std::size_t at = 0;
  for (unsigned digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text[at++] = '-';
    const std::uint64_t half = digit < 16 ? high : low;
    text[at++] = hex[half >> (60 - 4 * (digit % 16)) & 15];
  }
  out.append(text, sizeof text);
}

// "2026-11-21T07:43:00.123Z"
void append_iso8601(UtcTime time, std::string& out) {
  namespace chrono = std::chrono;
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const auto since = chrono::floor<chrono::milliseconds>(time - day).count();
  const auto milliseconds = static_cast<std::uint64_t>(since);
  const auto part = [&](std::uint64_t number, unsigned width, char after) {
    append_padded(number, width, out);
    out.push_back(after);
  };
  part(static_cast<std::uint64_t>(int{date.year()}), 4, '-');
  part(unsigned{date.month()}, 2, '-');
  part(unsigned{date.day()}, 2, 'T');
  part(milliseconds / 3'600'000, 2, ':');
  part(milliseconds / 60'000 % 60, 2, ':');
  part(milliseconds / 1000 % 60, 2, '.');
  part(milliseconds % 1000, 3, 'Z');
}

}  // namespace

void append_escaped(std::string_view text, Escape escape, std::string& out) {
  switch (escape) {
    case Escape::none:
      out.append(text);
      break;
    case Escape::json:
      append_json_escaped(text, out);
      break;
    case Escape::percent:
      append_percent(text, is_unreserved, out);
      break;
    case Escape::url:
      append_percent(text, is_url, out);
      break;
    case Escape::header:
      append_header(text, out);
      break;
  }
}

std::optional<std::uint32_t> Names::variable(std::string_view name) const {
  const auto found = std::find(variables.begin(), variables.end(), name);
  if (found == variables.end()) return {};
  return static_cast<std::uint32_t>(found - variables.begin());
}

void Template::append_literal(std::string_view text) {
  if (text.empty()) return;
  bare_ = false;
  const auto at = static_cast<std::uint32_t>(literals_.size());
  literals_.append(text);
  if (!segments_.empty() && literal(segments_.size() - 1)) {
    segments_.back().size += static_cast<std::uint32_t>(text.size());
    return;
  }
  Segment segment;
  segment.at = at;
  segment.size = static_cast<std::uint32_t>(text.size());
  segments_.push_back(segment);
}

void Template::append(const Template& other) {
  for (const Segment& segment : other.segments_) {
    if (segment.kind == Kind::literal) {
      append_literal(std::string_view(other.literals_).substr(segment.at, segment.size));
      continue;
    }
    Segment copy = segment;
    if (segment.kind == Kind::choice) {
      copy.at = static_cast<std::uint32_t>(choices_.size());
      const auto first = other.choices_.begin() + segment.at;
      choices_.insert(choices_.end(), first, first + segment.size);
    }
    if (segment.kind == Kind::variable) use(segment.at);
    segments_.push_back(copy);
  }
  bare_ = segments_.size() == 1 && other.bare_;
}

void Template::use(std::uint32_t variable) {
  if (std::find(variables_.begin(), variables_.end(), variable) == variables_.end()) {
    variables_.push_back(variable);
  }
}

void Template::render(const RenderContext& context, std::string& out) const {
  using namespace std::chrono;
  for (const Segment& segment : segments_) {
    switch (segment.kind) {
      case Kind::literal:
        out.append(literals_, segment.at, segment.size);
        break;
      case Kind::integer:
        append_number(segment.low + static_cast<std::int64_t>(context.random.below(segment.count)),
                      out);
        break;
      case Kind::decimal:
        append_decimal(segment.low + static_cast<std::int64_t>(context.random.below(segment.count)),
                       segment.digits, out);
        break;
      case Kind::choice:
        out.append(choices_[segment.at + context.random.below(segment.size)]);
        break;
      case Kind::uuid:
        append_uuid(context.random, out);
        break;
      case Kind::user:
        append_number(context.user, out);
        break;
      case Kind::iteration:
        append_number(context.iteration, out);
        break;
      case Kind::now:
        append_iso8601(context.wall_clock(), out);
        break;
      case Kind::now_seconds:
        append_number(floor<seconds>(context.wall_clock()).time_since_epoch().count(), out);
        break;
      case Kind::now_milliseconds:
        append_number(floor<milliseconds>(context.wall_clock()).time_since_epoch().count(), out);
        break;
      case Kind::variable:
        append_escaped(context.variables[segment.at], segment.escape, out);
        break;
    }
  }
}

}  // namespace dyno::scenario
