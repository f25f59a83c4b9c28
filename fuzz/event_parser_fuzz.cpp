// Whatever bytes a service sends as an event stream, the same events are found in them whether they
// come whole or in pieces.
//
// Input: a byte that decides how the rest is cut, and what the service sends.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dyno/http/sse.h"
#include "fuzz.h"

namespace {

using dyno::http::Event;
using dyno::http::EventParser;

using Seen = std::tuple<std::string, std::string, std::string, bool>;

void feed(EventParser& parser, std::string_view piece, std::vector<Seen>& seen) {
  // In memory of exactly its size, so that reading beyond it is noticed.
  const auto memory = std::make_unique<char[]>(piece.size());
  std::copy(piece.begin(), piece.end(), memory.get());
  std::string_view input(memory.get(), piece.size());
  EventParser::Step step = parser.next(input);
  for (; step == EventParser::Step::event; step = parser.next(input)) {
    const Event& event = parser.event();
    fuzz::require(!event.type.empty(), "an event has a type");
    fuzz::require(event.id.find('\0') == std::string::npos, "an id has no zero");
    seen.emplace_back(event.type, event.data, event.id, event.retry.has_value());
  }
  fuzz::require(step == EventParser::Step::failed || input.empty(), "need_more uses up the input");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<Seen> whole;
  std::vector<Seen> pieces;
  EventParser first;
  feed(first, text, whole);
  EventParser second;
  const std::size_t step = 1 + data[0] % 7;
  for (std::size_t at = 0; at < text.size(); at += step) {
    feed(second, text.substr(at, step), pieces);
  }
  fuzz::require(whole == pieces, "pieces give what the whole gives");
  return 0;
}
