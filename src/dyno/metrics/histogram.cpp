#include "dyno/metrics/histogram.h"

#include <cmath>

#include "dyno/metrics/order_statistics.h"

namespace dyno::metrics {

Histogram::Histogram(const Histogram& other) : totals_(other.totals_) {
  for (std::uint32_t i = 0; i < page_count; ++i) {
    if (other.pages_[i]) pages_[i] = std::make_unique<Page>(*other.pages_[i]);
  }
}

Histogram& Histogram::operator=(const Histogram& other) {
  if (this != &other) *this = Histogram(other);
  return *this;
}

Histogram::Page& Histogram::page_for(std::uint32_t page) {
  if (!pages_[page]) pages_[page] = std::make_unique<Page>();
  return *pages_[page];
}

void Histogram::merge(const Histogram& other) {
  if (other.empty()) return;
  for (std::uint32_t i = 0; i < page_count; ++i) {
    if (!other.pages_[i]) continue;
    auto& mine = page_for(i);
    const auto& theirs = *other.pages_[i];
    for (std::uint32_t j = 0; j < page_size; ++j) mine[j] += theirs[j];
  }
  totals_.min = empty() ? other.min() : std::min(min(), other.min());
  totals_.max = empty() ? other.max() : std::max(max(), other.max());
  totals_.count += other.totals_.count;
  totals_.sum = saturating_sum(totals_.sum, other.totals_.sum);
  totals_.below_range += other.totals_.below_range;
  totals_.above_range += other.totals_.above_range;
}

void Histogram::reset() {
  if (empty()) return;
  for (auto& page : pages_) {
    if (page) page->fill(0);
  }
  totals_ = {};
}

Duration Histogram::mean() const {
  if (empty()) return Duration::zero();
  return Duration{std::llround(static_cast<double>(sum().count()) / static_cast<double>(count()))};
}

Duration Histogram::stddev() const {
  if (empty()) return Duration::zero();
  const auto centre = static_cast<double>(sum().count()) / static_cast<double>(count());
  double squares = 0;
  for (const auto& bucket : buckets()) {
    const auto middle = static_cast<double>((bucket.low + bucket.high).count()) / 2;
    squares += static_cast<double>(bucket.count) * (middle - centre) * (middle - centre);
  }
  return Duration{std::llround(std::sqrt(squares / static_cast<double>(count())))};
}

Duration Histogram::percentile(double percentile) const {
  if (empty()) return Duration::zero();
  if (!(percentile > 0)) return min();
  return value_at_rank(rank_of_percentile(percentile, count()));
}

std::optional<Histogram::Interval> Histogram::percentile_interval(double percentile,
                                                                  double confidence) const {
  const auto ranks = percentile_rank_interval(percentile, count(), confidence);
  if (!ranks) return {};
  return Interval{value_at_rank(ranks->low), value_at_rank(ranks->high)};
}

Duration Histogram::value_at_rank(std::uint64_t rank) const {
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < page_count; ++i) {
    if (!pages_[i]) continue;
    for (std::uint32_t j = 0; j < page_size; ++j) {
      seen += (*pages_[i])[j];
      if (seen >= rank) {
        return std::clamp(bounds_of(i * page_size + j).high, min(), std::max(min(), max()));
      }
    }
  }
  return max();
}

std::uint64_t Histogram::count_between(Duration low, Duration high) const {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets()) {
    if (bucket.high >= low && bucket.low <= high) total += bucket.count;
  }
  return total;
}

std::vector<Histogram::IndexedCount> Histogram::cells() const {
  std::vector<IndexedCount> result;
  for (std::uint32_t i = 0; i < page_count; ++i) {
    if (!pages_[i]) continue;
    for (std::uint32_t j = 0; j < page_size; ++j) {
      if ((*pages_[i])[j] > 0) result.push_back({i * page_size + j, (*pages_[i])[j]});
    }
  }
  return result;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> result;
  for (const auto& [index, times] : cells()) {
    result.push_back(bounds_of(index));
    result.back().count = times;
  }
  return result;
}

void Histogram::restore(const Totals& totals) {
  if (totals.count == totals_.count) totals_ = totals;
}

bool Histogram::operator==(const Histogram& other) const {
  return totals_ == other.totals_ && buckets() == other.buckets();
}

Histogram::Bucket Histogram::bounds_of(std::uint32_t index) {
  const auto page = index >> page_bits;
  const auto shift = page == 0 ? 0 : page - 1;
  const auto low = static_cast<std::int64_t>(index - (shift << page_bits)) << shift;
  return {Duration{low}, Duration{low + (std::int64_t{1} << shift) - 1}, 0};
}

}  // namespace dyno::metrics
