// Whatever bytes a service sends as a compressed body, decoding them ends, within its limit, and
// gives the same whether they come whole or in pieces.
//
// Input: a byte of flags (1: deflate, not gzip), and what the service sends.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "dyno/http/inflater.h"
#include "fuzz.h"

namespace {

using dyno::http::Inflater;

constexpr std::uint64_t limit = 100'000;

struct Decoded {
  std::string text;
  bool whole = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(Inflater::Coding coding, std::string_view text, std::size_t step) {
  Inflater inflater(coding, limit);
  Decoded result;
  for (std::size_t at = 0; at < text.size(); at += step) {
    // In memory of exactly its size, so that reading beyond it is noticed.
    const std::string_view piece = text.substr(at, step);
    const auto memory = std::make_unique<char[]>(piece.size());
    std::copy(piece.begin(), piece.end(), memory.get());
    std::string_view input(memory.get(), piece.size());
    Inflater::Step got = inflater.next(input);
    for (; got == Inflater::Step::piece; got = inflater.next(input)) {
      fuzz::require(!inflater.piece().empty(), "a piece is not empty");
      result.text.append(inflater.piece());
    }
    fuzz::require(result.text.size() <= limit, "the limit holds");
    if (got == Inflater::Step::failed) break;
    fuzz::require(input.empty(), "need_more uses up the input");
  }
  result.whole = inflater.finish();
  fuzz::require(result.whole == inflater.error().empty(), "what is not whole has a reason");
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto coding = (data[0] & 1) != 0 ? Inflater::Coding::deflate : Inflater::Coding::gzip;
  const Decoded whole = decode(coding, text, std::max<std::size_t>(1, text.size()));
  const Decoded pieces = decode(coding, text, 3);
  fuzz::require(whole.whole == pieces.whole, "pieces are whole when the whole is");
  // What fails may have given more or less before, but whatever it gave is the same.
  const std::size_t common = std::min(whole.text.size(), pieces.text.size());
  fuzz::require(whole.text.compare(0, common, pieces.text, 0, common) == 0, "the same text");
  if (whole.whole) fuzz::require(whole == pieces, "pieces give what the whole gives");
  return 0;
}
