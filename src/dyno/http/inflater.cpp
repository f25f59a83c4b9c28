#include "dyno/http/inflater.h"

#include <fmt/format.h>
#include <zlib.h>

#include "dyno/http/message.h"

namespace dyno::http {

std::optional<Inflater::Coding> Inflater::coding_of(std::string_view name) {
  if (same_name(name, "gzip") || same_name(name, "x-gzip")) return Coding::gzip;
  if (same_name(name, "deflate")) return Coding::deflate;
  return {};
}

Inflater::Inflater(Coding coding, std::uint64_t limit) : coding_(coding), limit_(limit) {}

Inflater::~Inflater() {
  if (stream_) ::inflateEnd(stream_.get());
}

// Services disagree about "deflate": the zlib format, as it should be, or the bare one. The first
// byte of the zlib format says 8 in its lower half; no sensible bare stream begins so.
bool Inflater::start(char first) {
  stream_ = std::make_unique<z_stream>();
  const bool zlib = (static_cast<unsigned char>(first) & 0x0F) == Z_DEFLATED;
  const int window = coding_ == Coding::gzip ? MAX_WBITS + 16 : zlib ? MAX_WBITS : -MAX_WBITS;
  if (::inflateInit2(stream_.get(), window) == Z_OK) return true;
  stream_.reset();
  return false;
}

Inflater::Step Inflater::next(std::string_view& input) {
  while (error_.empty()) {
    if (input.empty() && !more_output_) return Step::need_more;
    if (!stream_ && !start(input.front())) return fail("zlib has no memory");
    if (ended_) {  // members may follow each other (RFC 1952, section 2.2)
      if (coding_ != Coding::gzip) return fail("bytes follow the end of the compressed body");
      ::inflateReset(stream_.get());
      ended_ = false;
    }
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_->avail_in = static_cast<uInt>(input.size());
    stream_->next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_->avail_out = static_cast<uInt>(buffer_.size());
    const int status = ::inflate(stream_.get(), Z_NO_FLUSH);
    input.remove_prefix(input.size() - stream_->avail_in);
    more_output_ = stream_->avail_out == 0 && status != Z_STREAM_END;
    ended_ = status == Z_STREAM_END;
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return fail(fmt::format("the compressed body is malformed: {}",
                              stream_->msg ? stream_->msg : "zlib cannot say why"));
    }
    piece_ = {buffer_.data(), buffer_.size() - stream_->avail_out};
    total_ += piece_.size();
    if (total_ > limit_) {
      return fail(fmt::format("the body is longer than {} bytes when decoded", limit_));
    }
    if (!piece_.empty()) return Step::piece;
  }
  return Step::failed;
}

bool Inflater::finish() {
  if (error_.empty() && stream_ && !ended_) fail("the compressed body ends too early");
  return error_.empty();
}

Inflater::Step Inflater::fail(std::string what) {
  error_ = std::move(what);
  return Step::failed;
}

}  // namespace dyno::http
