// HdrHistogram's V2 encoding, and its compressed form in base64 as HdrHistogram's logs and tools
// carry it ("HISTFAAA…"): a big-endian header, then the counts as ZigZag LEB128 numbers of up to
// nine bytes, runs of zeros as one negative number (AbstractHistogram.encodeIntoByteBuffer and
// ZigZagEncoding of https://github.com/HdrHistogram/HdrHistogram). It holds the cells only: exact
// sum, minimum and maximum are Histogram::totals().
#pragma once

#include <string>
#include <string_view>

#include "dyno/core/result.h"
#include "dyno/metrics/histogram.h"

namespace dyno::metrics {

// The bytes before compression. With fewer significant digits (1 to 3) each value goes to the cell
// that a histogram of that precision has for it: 2 digits, an error of at most 1 %, have an eighth
// of the cells.
std::string encode_v2(const Histogram& histogram, int digits = Histogram::significant_digits);

// zlib-compressed, in base64.
std::string encode_v2_compressed(const Histogram& histogram,
                                 int digits = Histogram::significant_digits);

// Reads an encoding of any HdrHistogram: values of one with another precision go to the middle of
// their cells. Fails with what is wrong with the bytes.
Result<Histogram> decode_v2(std::string_view bytes);
Result<Histogram> decode_v2_compressed(std::string_view base64);

}  // namespace dyno::metrics
