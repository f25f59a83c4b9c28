#include "dyno/history/change_points.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include "dyno/history/rank_test.h"
#include "dyno/metrics/order_statistics.h"

namespace dyno::history {

namespace {

using Places = std::vector<std::size_t>;  // of changes, sorted, without the ends

constexpr double clip = 3;  // deviations at which a residual counts no more
constexpr int most_rounds = 12;
constexpr double smallest_p = 1e-300;

struct Candidate {
  std::size_t from = 0;
  std::size_t to = 0;
  Split split;  // `at` counts from the start of the series
};

// The values that are there, on a scale on which noise has one size, and where they came from.
struct Kept {
  std::vector<double> values;
  std::vector<double> scaled;  // logs where all are above 0
  std::vector<std::size_t> places;
  bool positive = true;
};

Kept keep(std::span<const double> values) {
  Kept kept;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    kept.values.push_back(values[i]);
    kept.places.push_back(i);
    kept.positive = kept.positive && values[i] > 0;
  }
  kept.scaled = kept.values;
  if (kept.positive) {
    for (auto& value : kept.scaled) value = std::log(value);
  }
  return kept;
}

std::span<const double> part(const std::vector<double>& values, std::size_t from, std::size_t to) {
  return std::span<const double>(values).subspan(from, to - from);
}

Split split_between(const std::vector<double>& values, std::size_t from, std::size_t to,
                    std::size_t least) {
  auto split = best_split(part(values, from, to), least);
  if (split.at > 0) split.at += from;
  return split;
}

// What p becomes where the long-run variance is `inflation` times that of values in random order.
double deflated(double p, double inflation) {
  if (p >= 1) return 1;
  const auto z = -metrics::normal_quantile(std::max(p, smallest_p) / 2) / std::sqrt(inflation);
  return std::erfc(z / std::numbers::sqrt2);
}

// Ties share the mean of their ranks.
std::vector<double> centred_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    auto last = first;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (auto i = first; i < last; ++i) {
      ranks[order[i]] =
          (static_cast<double>(first + last) - static_cast<double>(values.size())) / 2;
    }
    first = last;
  }
  return ranks;
}

// Which residuals are no outliers.
std::vector<char> within_limit(const std::vector<double>& residuals) {
  std::vector<double> off;
  off.reserve(residuals.size());
  for (const auto value : residuals) off.push_back(std::abs(value));
  const auto limit = clip * deviation_of_mad * median(off);
  std::vector<char> inner;
  inner.reserve(off.size());
  for (const auto value : off) inner.push_back(limit <= 0 || value <= limit ? 1 : 0);
  return inner;
}

class Search {
 public:
  Search(Kept kept, const ChangeOptions& options)
      : kept_(std::move(kept)),
        options_(options),
        level_(split_level(kept_.values.size(), options)) {
    seed();
  }

  Places run();
  std::vector<ChangePoint> describe(const Places& places) const;
  std::vector<double> residuals(const Places& places) const;
  double resemblance() const { return resemblance_; }

 private:
  std::size_t size() const { return kept_.values.size(); }
  void seed();
  bool counts(const Split& split) const {
    return split.at > 0 && deflated(split.p, inflation_) <= level_;
  }
  Places segment() const;
  std::optional<std::size_t> strongest(const Places& found, std::vector<char>& usable) const;
  std::size_t located(std::size_t from, std::size_t at, std::size_t to) const;
  Places confirm(Places places) const;
  bool too_small(std::size_t from, std::size_t at, std::size_t to) const;
  void learn_inflation(const Places& places);

  Kept kept_;
  ChangeOptions options_;
  double level_;
  std::vector<Candidate> candidates_;  // the likeliest changes first
  double inflation_ = 1;
  double resemblance_ = 0;
};

// Stretches of every length, each 1 / sqrt 2 of the one before, half overlapping. Only those that
// could count without any resemblance are kept.
void Search::seed() {
  const auto least = options_.least_points;
  const auto n = static_cast<double>(size());
  std::size_t last_length = 0;
  for (double length = n; length >= static_cast<double>(2 * least); length /= std::numbers::sqrt2) {
    const auto whole = static_cast<std::size_t>(std::ceil(length));
    if (whole == last_length) continue;
    last_length = whole;
    const auto count =
        std::max<std::size_t>(1, 2 * static_cast<std::size_t>(std::ceil(n / length)) - 1);
    for (std::size_t i = 0; i < count; ++i) {
      const auto from = count == 1 ? 0 : (size() - whole) * i / (count - 1);
      const auto split = split_between(kept_.values, from, from + whole, least);
      if (counts(split)) candidates_.push_back({from, from + whole, split});
    }
  }
  std::sort(candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.split.p, a.from) < std::pair(b.split.p, b.from);
  });
}

// The strongest change left: of the stretches without one, and of the whole lengths between those
// found. What was split by a change already found is not usable any more.
std::optional<std::size_t> Search::strongest(const Places& found, std::vector<char>& usable) const {
  Split best;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (!usable[i]) continue;
    const auto& candidate = candidates_[i];
    const auto next = std::upper_bound(found.begin(), found.end(), candidate.from);
    if (next != found.end() && *next < candidate.to) {
      usable[i] = 0;
      continue;
    }
    best = candidate.split;
    break;
  }
  for (std::size_t i = 0; i <= found.size() && !found.empty(); ++i) {
    const auto from = i == 0 ? 0 : found[i - 1];
    const auto to = i == found.size() ? size() : found[i];
    const auto split = split_between(kept_.values, from, to, options_.least_points);
    if (split.at > 0 && split.p < best.p) best = split;
  }
  if (!counts(best)) return {};
  return best.at;
}

Places Search::segment() const {
  Places found;
  std::vector<char> usable(candidates_.size(), 1);
  while (const auto at = strongest(found, usable)) {
    found.insert(std::upper_bound(found.begin(), found.end(), *at), *at);
  }
  return found;
}

// The place near `at` that explains the values best by the levels on either side of it: the sum of
// the squares of the residuals, each at most `clip` deviations.
std::size_t Search::located(std::size_t from, std::size_t at, std::size_t to) const {
  const auto least = options_.least_points;
  const auto before = median(part(kept_.scaled, from, at));
  const auto after = median(part(kept_.scaled, at, to));
  std::vector<double> off;
  for (auto i = from; i < to; ++i)
    off.push_back(std::abs(kept_.scaled[i] - (i < at ? before : after)));
  const auto deviation = deviation_of_mad * median(off);
  const auto limit = deviation > 0 ? clip * deviation : std::abs(after - before);
  const auto loss = [limit](double residual) {
    const auto r = std::min(std::abs(residual), limit);
    return r * r;
  };
  double sum = 0;
  double best = 0;
  auto place = at;
  bool first = true;
  for (auto i = from; i + least <= to; ++i) {
    if (i >= from + least && (first || sum < best)) {
      best = sum;
      place = i;
      first = false;
    }
    sum += loss(kept_.scaled[i] - before) - loss(kept_.scaled[i] - after);
  }
  return place;
}

bool Search::too_small(std::size_t from, std::size_t at, std::size_t to) const {
  const auto before = median(part(kept_.values, from, at));
  const auto after = median(part(kept_.values, at, to));
  if (before == after) return true;
  return kept_.positive && std::abs(after / before - 1) < options_.least_change;
}

Places Search::confirm(Places places) const {
  while (!places.empty()) {
    std::optional<std::size_t> worst;
    double worst_p = -1;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto from = i == 0 ? 0 : places[i - 1];
      const auto to = i + 1 == places.size() ? size() : places[i + 1];
      places[i] = located(from, places[i], to);
      const auto split = split_at(part(kept_.values, from, to), places[i] - from);
      const auto small = too_small(from, places[i], to);
      const auto p = small ? 2.0 : split.p;
      if ((small || !counts(split)) && p > worst_p) {
        worst = i;
        worst_p = p;
      }
    }
    if (!worst) break;
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(*worst));
  }
  return places;
}

std::vector<double> Search::residuals(const Places& places) const {
  auto left = kept_.scaled;
  for (std::size_t i = 0; i <= places.size(); ++i) {
    const auto from = i == 0 ? 0 : places[i - 1];
    const auto to = i == places.size() ? size() : places[i];
    const auto level = median(part(kept_.scaled, from, to));
    for (auto j = from; j < to; ++j) left[j] -= level;
  }
  return left;
}

// Long-run variance of the ranks of the residuals over their variance, from the autocorrelations of
// those that are no outliers, each corrected for the levels having been estimated from the same
// values (F. H. C. Marriott and J. A. Pope, Biometrika 41, 1954).
void Search::learn_inflation(const Places& places) {
  const auto left = residuals(places);
  const auto n = static_cast<double>(size());
  const auto rank = centred_ranks(left);
  const auto inner = within_limit(left);
  const auto share = std::min(0.25, static_cast<double>(places.size() + 1) / n);
  const auto product = [&](std::size_t lag) {
    double sum = 0;
    double pairs = 0;
    for (auto i = lag; i < rank.size(); ++i) {
      if (!inner[i] || !inner[i - lag]) continue;
      sum += rank[i] * rank[i - lag];
      ++pairs;
    }
    return pairs > 0 ? sum / pairs : 0;
  };
  const auto variance = product(0);
  if (variance <= 0) return;
  const auto lags = static_cast<std::size_t>(std::floor(std::cbrt(n)));
  double sum = 0;
  for (std::size_t lag = 1; lag <= lags; ++lag) {
    const auto correlation = product(lag) / variance + share;
    if (lag == 1) resemblance_ = std::clamp(correlation, -1.0, 1.0);
    sum += (1 - static_cast<double>(lag) / static_cast<double>(lags + 1)) * correlation;
  }
  inflation_ = std::max(inflation_, 1 + 2 * sum);
}

Places Search::run() {
  Places places;
  for (int round = 0; round < most_rounds; ++round) {
    auto next = confirm(segment());
    if (round > 0 && next == places) break;
    places = std::move(next);
    learn_inflation(places);
  }
  return places;
}

std::vector<ChangePoint> Search::describe(const Places& places) const {
  std::vector<ChangePoint> changes;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto from = i == 0 ? 0 : places[i - 1];
    const auto to = i + 1 == places.size() ? size() : places[i + 1];
    ChangePoint point;
    point.at = kept_.places[places[i]];
    point.before = median(part(kept_.values, from, places[i]));
    point.after = median(part(kept_.values, places[i], to));
    if (point.before > 0 && point.after > 0) point.change = point.after / point.before - 1;
    const auto split = split_at(part(kept_.values, from, to), places[i] - from);
    const auto share = options_.false_alarms_per_1000 / 1000 * static_cast<double>(size());
    point.p = std::min(1.0, deflated(split.p, inflation_) * share / level_);
    changes.push_back(point);
  }
  return changes;
}

std::optional<std::size_t> needed_after(std::size_t points, const ChangeOptions& options) {
  const auto level = split_level(points, options);
  for (auto after = options.least_points; after < points; ++after) {
    if (smallest_two_sided_p(points - after, after) <= level) return after;
  }
  return {};
}

}  // namespace

// In random order a series of many points holds, per point, as many chances as six or seven
// independent splits would; a short one fewer. The form is fitted to simulations of 20 to 1 000
// points (decision 021).
double split_level(std::size_t points, const ChangeOptions& options) {
  const auto splits_per_point = -6.5 * std::expm1(-static_cast<double>(points) / 110);
  return std::min(1.0, options.false_alarms_per_1000 / 1000 / std::max(splits_per_point, 0.1));
}

std::size_t fewest_points(const ChangeOptions& options) {
  std::size_t points = 2 * options.least_points;
  while (points < 1000 && !needed_after(points, options)) ++points;
  return points;
}

Analysis find_changes(std::span<const double> values, const ChangeOptions& options) {
  auto kept = keep(values);
  Analysis analysis;
  analysis.points = kept.values.size();
  analysis.missing = values.size() - kept.values.size();
  analysis.points_needed = needed_after(analysis.points, options);
  if (!analysis.points_needed) {
    const auto fewest = fewest_points(options);
    analysis.cannot = fmt::format(
        "{} point{} cannot show a change, whatever they are: it takes {}, half of them after it",
        analysis.points, analysis.points == 1 ? "" : "s", fewest);
    return analysis;
  }
  const bool positive = kept.positive;
  Search search(std::move(kept), options);
  const auto places = search.run();
  analysis.changes = search.describe(places);
  analysis.resemblance = search.resemblance();
  if (positive) {
    auto left = search.residuals(places);
    for (auto& value : left) value = std::abs(value);
    analysis.noise = deviation_of_mad * median(left);
  }
  return analysis;
}

}  // namespace dyno::history
