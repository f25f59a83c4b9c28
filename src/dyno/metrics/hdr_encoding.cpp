#include "dyno/metrics/hdr_encoding.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

namespace dyno::metrics {

namespace {

// The low byte says that counts are ZigZag LEB128; a reader ignores that nibble of the cookie.
constexpr std::uint32_t cookie_v2 = 0x1c849303;
constexpr std::uint32_t cookie_v2_compressed = 0x1c849304;
constexpr std::uint32_t cookie_word_size = 0x10;
constexpr std::size_t header_size = 40;
constexpr std::size_t largest_encoding = 1U
                                         << 20;  // bounds what a hostile file can make us inflate

template <typename Integer>
void put(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
}

template <typename Integer>
Integer get(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return static_cast<Integer>(value);
}

void put_zigzag(std::string& out, std::int64_t number) {
  auto rest = static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
  for (int i = 0; i < 8; ++i) {
    if (rest < 0x80) {
      out += static_cast<char>(rest);
      return;
    }
    out += static_cast<char>((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  out += static_cast<char>(rest);  // the ninth byte holds eight bits
}

// Takes one number off the front; nothing when the bytes end within it.
std::optional<std::int64_t> take_zigzag(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < 9; ++i) {
    if (bytes.empty()) return {};
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const bool last = i == 8 || byte < 0x80;
    number |= static_cast<std::uint64_t>(i == 8 ? byte : byte & 0x7f) << (7 * i);
    if (last) break;
  }
  return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

// Where the cells of a histogram with this header lie.
struct Layout {
  int unit_magnitude = 0;
  int half_bits = 10;  // of the sub-buckets of one power of two

  static std::optional<Layout> of(std::int32_t digits, std::int64_t lowest) {
    if (digits < 0 || digits > 5 || lowest < 1) return {};
    const auto single_unit_values = 2 * std::pow(10, digits);
    Layout layout;
    layout.unit_magnitude = std::bit_width(static_cast<std::uint64_t>(lowest)) - 1;
    layout.half_bits = static_cast<int>(std::ceil(std::log2(single_unit_values))) - 1;
    return layout;
  }

  // The middle of a cell; negative when no 64-bit value lies there.
  std::int64_t middle(std::int64_t index) const {
    const auto group = index >> half_bits;
    const auto shift = (group == 0 ? 0 : group - 1) + unit_magnitude;
    const auto sub =
        (index & ((std::int64_t{1} << half_bits) - 1)) + (group == 0 ? 0 : 1LL << half_bits);
    if (shift + half_bits + 1 > 62) return -1;
    return (sub << shift) + ((std::int64_t{1} << shift) >> 1);
  }

  // Of the cell that holds a value of at least zero, where the unit is 1.
  std::int64_t index_of(std::uint64_t value) const {
    const std::uint64_t first_group = (std::uint64_t{2} << half_bits) - 1;
    const int shift = static_cast<int>(std::bit_width(value | first_group)) - (half_bits + 1);
    return (std::int64_t{shift} << half_bits) + static_cast<std::int64_t>(value >> shift);
  }
};

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const auto present = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < present ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= present ? base64_digits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    const auto digit = base64_digits.find(c);
    if (digit == std::string_view::npos) return {};
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xff);
  }
  return bytes;
}

std::string deflated(std::string_view bytes) {
  auto size = compressBound(bytes.size());
  std::string result(size, '\0');
  compress2(reinterpret_cast<Bytef*>(result.data()), &size,
            reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_DEFAULT_COMPRESSION);
  result.resize(size);
  return result;
}

std::optional<std::string> inflated(std::string_view bytes) {
  std::string result(largest_encoding, '\0');
  uLongf size = result.size();
  if (uncompress(reinterpret_cast<Bytef*>(result.data()), &size,
                 reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) != Z_OK) {
    return {};
  }
  result.resize(size);
  return result;
}

Error bad(std::string_view what) {
  return Error{fmt::format("not an HdrHistogram V2 encoding: {}", what)};
}

Result<Histogram> decode_counts(std::string_view payload, const Layout& layout) {
  Histogram histogram;
  std::int64_t index = 0;
  while (!payload.empty()) {
    const auto number = take_zigzag(payload);
    if (!number) return bad("it ends within a count");
    if (*number < 0) {
      if (*number < -(std::int64_t{1} << 40)) return bad("a run of zeros is too long");
      index -= *number;
      continue;
    }
    const auto value = layout.middle(index++);
    if (*number > 0 && value < 0) return bad("a count lies beyond 64-bit values");
    histogram.record_n(Duration{value}, static_cast<std::uint64_t>(*number));
  }
  return histogram;
}

}  // namespace

std::string encode_v2(const Histogram& histogram, int digits) {
  const auto layout = Layout::of(digits, 1).value();
  std::string counts;
  std::int64_t next = 0;
  const auto put_count = [&](std::int64_t index, std::int64_t count) {
    const auto zeros = index - next;
    if (zeros > 0) put_zigzag(counts, zeros == 1 ? 0 : -zeros);
    put_zigzag(counts, count);
    next = index + 1;
  };
  std::int64_t index = 0;
  std::int64_t count = 0;  // of what lies in the cell at `index` so far
  for (const auto& cell : histogram.buckets()) {
    const auto here = layout.index_of(static_cast<std::uint64_t>(cell.low.count()));
    if (count > 0 && here != index) put_count(std::exchange(index, here), std::exchange(count, 0));
    index = here;
    count += static_cast<std::int64_t>(cell.count);
  }
  if (count > 0) put_count(index, count);
  if (counts.empty()) put_zigzag(counts, 0);  // the reference writes the cell of the maximum, 0
  std::string out;
  put(out, cookie_v2 | cookie_word_size);
  put(out, static_cast<std::uint32_t>(counts.size()));
  put(out, std::uint32_t{0});  // normalizing index offset
  put(out, static_cast<std::uint32_t>(digits));
  put(out, std::uint64_t{1});  // lowest discernible value
  put(out, static_cast<std::uint64_t>(Histogram::highest_trackable.count()));
  put(out, std::bit_cast<std::uint64_t>(1.0));  // integer to double conversion ratio
  return out + counts;
}

std::string encode_v2_compressed(const Histogram& histogram, int digits) {
  const auto compressed = deflated(encode_v2(histogram, digits));
  std::string out;
  put(out, cookie_v2_compressed | cookie_word_size);
  put(out, static_cast<std::uint32_t>(compressed.size()));
  return to_base64(out + compressed);
}

Result<Histogram> decode_v2(std::string_view bytes) {
  if (bytes.size() < header_size) return bad("it is shorter than a header");
  if ((get<std::uint32_t>(bytes, 0) & ~0xf0U) != cookie_v2) return bad("its cookie is another");
  const auto length = get<std::uint32_t>(bytes, 4);
  if (length > bytes.size() - header_size) return bad("it is truncated");
  const auto layout = Layout::of(get<std::int32_t>(bytes, 12), get<std::int64_t>(bytes, 16));
  if (!layout) return bad("its precision makes no sense");
  return decode_counts(bytes.substr(header_size, length), *layout);
}

Result<Histogram> decode_v2_compressed(std::string_view base64) {
  const auto bytes = from_base64(base64);
  if (!bytes) return bad("it is not base64");
  if (bytes->size() < 8) return bad("it is shorter than a header");
  if ((get<std::uint32_t>(*bytes, 0) & ~0xf0U) != cookie_v2_compressed) {
    return bad("its cookie is another");
  }
  if (get<std::uint32_t>(*bytes, 4) > bytes->size() - 8) return bad("it is truncated");
  const auto content = inflated(std::string_view(*bytes).substr(8));
  if (!content) return bad("it does not decompress");
  return decode_v2(*content);
}

}  // namespace dyno::metrics
