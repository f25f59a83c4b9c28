// Whatever bytes a service sends, the parser neither crashes nor reads beyond them, and it finds
// the same answers in them whether they come whole or in pieces, and whether their heads are known
// from earlier answers or not.
//
// Input: a byte of flags (1: to a HEAD request, 2: headers are kept, 4: the peer closes at the
// end), a byte that decides how the rest is cut, and what the service sends.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/http/message.h"
#include "dyno/http/response_parser.h"
#include "fuzz.h"

namespace {

using dyno::http::KnownHead;
using dyno::http::ResponseParser;
using Step = ResponseParser::Step;

// As much of an answer as its caller sees.
struct Answer {
  bool head_seen = false;
  bool complete = false;
  bool failed = false;
  bool keep_alive = false;
  int status = 0;
  std::string head;
  std::string body;
  bool operator==(const Answer&) const = default;
};

// Hands out pieces, each in memory of exactly its size, so that reading beyond it is noticed.
class Pieces {
 public:
  // `cut` 0: all at once.
  Pieces(std::string_view text, std::uint8_t cut) : rest_(text), state_(cut) {}

  bool next(std::string_view& piece) {
    if (rest_.empty()) return false;
    const auto size = std::min(size_of_next(), rest_.size());
    memory_ = std::make_unique<char[]>(size);
    std::memcpy(memory_.get(), rest_.data(), size);
    piece = {memory_.get(), size};
    rest_.remove_prefix(size);
    return true;
  }

 private:
  std::size_t size_of_next() {
    if (state_ == 0) return rest_.size();
    state_ = state_ * 1664525U + 1013904223U;  // Numerical Recipes' generator
    return 1 + (state_ >> 24) % 23;
  }

  std::string_view rest_;
  std::uint32_t state_;
  std::unique_ptr<char[]> memory_;
};

class Reader {
 public:
  Reader(std::uint8_t flags, std::size_t limit, KnownHead* known)
      : flags_(flags), limit_(limit), known_(known) {
    begin();
  }

  // False when nothing more is to be read.
  bool feed(std::string_view piece) {
    while (true) {
      const auto before = piece.size();
      const char* const from = piece.data();
      const Step step = parser_.next(piece);
      fuzz::require(piece.empty() || piece.data() + piece.size() == from + before,
                    "a front part of the input is used up");
      if (!take(step, {from, before})) return false;
      if (step == Step::need_more) {
        fuzz::require(piece.empty(), "need_more has used up the input");
        return true;
      }
    }
  }

  std::vector<Answer> end() {
    auto& answer = answers_.back();
    if (!answer.complete && !answer.failed && (flags_ & 4) != 0) {
      answer.complete = parser_.finish();
      answer.keep_alive = answer.complete && parser_.keep_alive();
    }
    return std::move(answers_);
  }

 private:
  void begin() {
    parser_.begin((flags_ & 1) != 0, (flags_ & 2) != 0, known_);
    answers_.emplace_back();
  }

  bool take(Step step, std::string_view input) {
    auto& answer = answers_.back();
    fuzz::require((step == Step::failed) == !parser_.error().empty(), "an error comes with failed");
    switch (step) {
      case Step::head:
        fuzz::require(!answer.head_seen && answer.body.empty(), "one head, before the body");
        fuzz::require(parser_.status() >= 100 && parser_.status() <= 999, "a status has 3 digits");
        answer.head_seen = true;
        answer.status = parser_.status();
        answer.head = parser_.head();
        fuzz::require(answer.head.empty() == ((flags_ & 2) == 0), "the head is kept when asked");
        dyno::http::find_header(answer.head, "Content-Type");
        return true;
      case Step::body: {
        const auto piece = parser_.piece();
        fuzz::require(answer.head_seen && !piece.empty(), "a body piece follows a head");
        fuzz::require(piece.data() >= input.data() &&
                          piece.data() + piece.size() <= input.data() + input.size(),
                      "a body piece lies within the input");
        answer.body.append(piece);
        return true;
      }
      case Step::done:
        fuzz::require(answer.head_seen, "done comes after a head");
        answer.complete = true;
        answer.keep_alive = parser_.keep_alive();
        if (!answer.keep_alive || answers_.size() >= limit_) return false;
        begin();
        return true;
      case Step::failed:
        answer.failed = true;
        return false;
      default:
        return true;
    }
  }

  const std::uint8_t flags_;
  const std::size_t limit_;
  KnownHead* const known_;
  ResponseParser parser_;
  std::vector<Answer> answers_;
};

std::vector<Answer> read(std::string_view text, std::uint8_t flags, std::uint8_t cut,
                         KnownHead* known = nullptr) {
  Reader reader(flags, 8, known);
  Pieces pieces(text, cut);
  std::string_view piece;
  while (pieces.next(piece) && reader.feed(piece)) {
  }
  return reader.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = read(text, data[0], 0);
  const auto cut = static_cast<std::uint8_t>(data[1] | 1U);
  fuzz::require(read(text, data[0], cut) == whole, "pieces give what the whole gives");
  KnownHead known;
  for (const std::uint8_t other_flags : {data[0], static_cast<std::uint8_t>(data[0] ^ 1U)}) {
    for (const std::uint8_t other_cut : {std::uint8_t{0}, cut}) {
      fuzz::require(read(text, other_flags, other_cut, &known) == read(text, other_flags, 0),
                    "a known head means what it meant");
    }
  }
  return 0;
}
