// Undoes a Content-Encoding (gzip, deflate) piece by piece, with zlib (RFC 1950 to 1952; RFC 9110,
// section 8.4.1). The caller pulls decoded pieces out of each buffer that it has received, as it
// does with ResponseParser. It decodes no more than it is allowed to, so that a small answer cannot
// fill the memory. It does no input or output.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct z_stream_s;

namespace dyno::http {

class Inflater {
 public:
  enum class Coding : std::uint8_t { gzip, deflate };
  enum class Step : std::uint8_t {
    need_more,  // the input is used up
    piece,      // piece() holds decoded bytes, until the next call
    failed,     // error() says what is wrong
  };

  // "gzip", "x-gzip" or "deflate", in any case; nothing for others.
  static std::optional<Coding> coding_of(std::string_view name);

  // Fails beyond `limit` decoded bytes.
  Inflater(Coding coding, std::uint64_t limit);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Uses up a front part of `input`.
  Step next(std::string_view& input);

  std::string_view piece() const { return piece_; }
  const std::string& error() const { return error_; }

  // No more is to come. Whether what came was whole; otherwise error() says so.
  bool finish();

 private:
  bool start(char first);
  Step fail(std::string what);

  const Coding coding_;
  const std::uint64_t limit_;
  std::unique_ptr<z_stream_s> stream_;  // from the first byte on
  std::uint64_t total_ = 0;
  bool more_output_ = false;
  bool ended_ = false;
  std::array<char, 16 * 1024> buffer_;
  std::string_view piece_;
  std::string error_;
};

}  // namespace dyno::http
