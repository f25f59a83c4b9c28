// A histogram of durations in nanoseconds with three significant digits: HdrHistogram's layout
// (Gil Tene, https://github.com/HdrHistogram/HdrHistogram) with lowest discernible value 1 and
// highest trackable value 1 h, so any recorded value is known to within 0.1 %. Count, sum, minimum
// and maximum are exact. Memory is bounded: 33 pages of 1 024 counts, a page allocated when its
// power of two is first met, so an unused histogram holds no page.
// It is not thread-safe: one thread at a time. It is not a store of samples: their order is lost.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dyno/core/clock.h"

namespace dyno::metrics {

class Histogram {
 public:
  // Longer durations are counted in the last cell and in above_range(), negative ones at zero and
  // in below_range().
  static constexpr Duration highest_trackable = std::chrono::hours{1};
  static constexpr int significant_digits = 3;

  // The exact figures that the cells alone do not hold.
  struct Totals {
    std::uint64_t count = 0;
    std::uint64_t below_range = 0;
    std::uint64_t above_range = 0;
    Duration sum{};
    Duration min{};
    Duration max{};
    bool operator==(const Totals&) const = default;
  };

  // A non-empty cell: `count` values within [low, high].
  struct Bucket {
    Duration low;
    Duration high;
    std::uint64_t count;
    bool operator==(const Bucket&) const = default;
  };

  struct Interval {
    Duration low;
    Duration high;
    bool operator==(const Interval&) const = default;
  };

  Histogram() = default;
  Histogram(const Histogram& other);
  Histogram& operator=(const Histogram& other);
  Histogram(Histogram&&) noexcept = default;
  Histogram& operator=(Histogram&&) noexcept = default;

  // Counts one duration. Allocates only when it is the first of its power of two.
  void record(Duration value) { record_n(value, 1); }
  void record_n(Duration value, std::uint64_t times);

  // Adds everything `other` holds; exact.
  void merge(const Histogram& other);

  // Forgets every value and keeps the pages, so that recording anew does not allocate.
  void reset();

  std::uint64_t count() const { return totals_.count; }
  bool empty() const { return totals_.count == 0; }
  // Exact up to 292 years, where it stays.
  Duration sum() const { return totals_.sum; }
  Duration min() const { return totals_.min; }  // zero when empty, likewise below
  Duration max() const { return totals_.max; }
  std::uint64_t below_range() const { return totals_.below_range; }
  std::uint64_t above_range() const { return totals_.above_range; }
  const Totals& totals() const { return totals_; }

  // Exact: sum / count.
  Duration mean() const;

  // Of the population, with each value at the middle of its cell.
  Duration stddev() const;

  // The highest value equivalent to the one at rank ceil(percentile / 100 * count), as HdrHistogram
  // defines it, but never above the exact maximum nor below the exact minimum. `percentile` is
  // clamped to [0, 100]; 0 gives the minimum.
  Duration percentile(double percentile) const;

  // The distribution-free confidence interval of a percentile from order statistics: the ranks
  // between which a Binomial(count, p) variable lies with at least `confidence` (H. A. David and
  // H. N. Nagaraja, Order Statistics, 3rd ed. 2003, section 7.1). Nothing when there are too few
  // values for both ends to exist.
  std::optional<Interval> percentile_interval(double percentile, double confidence = 0.95) const;

  // Values in the cells that touch [low, high].
  std::uint64_t count_between(Duration low, Duration high) const;

  // The non-empty cells, in ascending order.
  std::vector<Bucket> buckets() const;

  // Likewise by position in HdrHistogram's array of counts, for its encodings.
  struct IndexedCount {
    std::uint32_t index;
    std::uint64_t count;
  };
  std::vector<IndexedCount> cells() const;

  // The exact figures in place of those which the cells gave: for readers of a stored form.
  // Ignored when the count is another.
  void restore(const Totals& totals);

  // Equal cells and totals.
  bool operator==(const Histogram& other) const;

 private:
  static constexpr std::uint32_t page_bits = 10;
  static constexpr std::uint32_t page_size = 1U << page_bits;
  static constexpr std::uint32_t page_count = 33;
  using Page = std::array<std::uint64_t, page_size>;

  // Cells of [0, 2048) are 1 ns wide; from there on each power of two is cut into 1 024.
  static constexpr std::uint32_t index_of(std::uint64_t value) {
    const auto shift = static_cast<std::uint32_t>(std::bit_width(value | (2 * page_size - 1))) - 11;
    return (shift << page_bits) + static_cast<std::uint32_t>(value >> shift);
  }
  // 292 years of latency in all are where a sum stays.
  static Duration saturating_sum(Duration a, Duration b) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a.count(), b.count(), &sum) ? Duration::max() : Duration{sum};
  }
  static Duration saturating_product(Duration a, std::uint64_t times) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(a.count(), times, &product) ? Duration::max() : Duration{product};
  }
  static Bucket bounds_of(std::uint32_t index);
  // The highest value of the cell that holds the value at `rank`, 1 being the smallest.
  Duration value_at_rank(std::uint64_t rank) const;
  Page& page_for(std::uint32_t page);

  std::array<std::unique_ptr<Page>, page_count> pages_;
  Totals totals_;
};

inline void Histogram::record_n(Duration value, std::uint64_t times) {
  if (times == 0) return;
  const auto trackable = std::clamp(value, Duration::zero(), highest_trackable);
  if (trackable != value) [[unlikely]] {
    (value < trackable ? totals_.below_range : totals_.above_range) += times;
  }
  const auto index = index_of(static_cast<std::uint64_t>(trackable.count()));
  auto* page = pages_[index >> page_bits].get();
  if (page == nullptr) [[unlikely]]
    page = &page_for(index >> page_bits);
  (*page)[index & (page_size - 1)] += times;
  if (totals_.count == 0) {
    totals_.min = totals_.max = value;
  } else {
    totals_.min = std::min(totals_.min, value);
    totals_.max = std::max(totals_.max, value);
  }
  totals_.count += times;
  totals_.sum = saturating_sum(totals_.sum, saturating_product(value, times));
}

}  // namespace dyno::metrics
