#include "dyno/selftest/verdict_rates.h"

#include "dyno/metrics/order_statistics.h"

namespace dyno::selftest {

using compare::PairedFigure;
using compare::PairedOptions;
using record::Change;

namespace {

constexpr double tail = 0.025;

// The probability at which `holds` changes from true to false.
template <typename Holds>
double bisect(const Holds& holds) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const auto middle = (low + high) / 2;
    (holds(middle) ? low : high) = middle;
  }
  return low;
}

std::vector<double> campaign(const Trial& trial, double effect, Random& random) {
  const PairedOptions& options = trial.options;
  const auto most = options.first_pairs + options.further_pairs;
  auto ratios = draw_ratios(trial.noise, effect, 0, options.first_pairs, most, random);
  if (!compare::needs_more(ratios, options)) return ratios;
  const auto further =
      draw_ratios(trial.noise, effect, options.first_pairs, options.further_pairs, most, random);
  ratios.insert(ratios.end(), further.begin(), further.end());
  return ratios;
}

}  // namespace

double Share::low() const {
  if (hits == 0) return 0;
  return bisect([this](double p) {
    return p <= 0 || (p < 1 && metrics::binomial_upper_tail(hits, of, p) < tail);
  });
}

double Share::high() const {
  if (of == 0 || hits == of) return 1;
  return bisect([this](double p) {
    return p <= 0 || (p < 1 && 1 - metrics::binomial_upper_tail(hits + 1, of, p) > tail);
  });
}

Rates simulate(const Trial& trial) {
  Rates rates;
  std::uint64_t pairs = 0;
  for (std::uint64_t suite = 0; suite < trial.suites; ++suite) {
    Random random(derived_seed(trial.seed, suite));
    std::vector<PairedFigure> figures;
    for (std::size_t i = 0; i < trial.benchmarks; ++i) {
      figures.push_back({"", "", campaign(trial, i == 0 ? trial.effect : 1, random)});
      pairs += figures.back().ratios.size();
    }
    const auto verdicts = compare::decide(figures, trial.options);
    bool alarm = false;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const auto change = verdicts[i].change;
      if (i == 0 && trial.effect != 1) {
        rates.found.hits += change == Change::regressed ? 1 : 0;
        ++rates.found.of;
        continue;
      }
      alarm = alarm || change == Change::regressed;
      rates.undecided.hits += change == Change::inconclusive ? 1 : 0;
      ++rates.undecided.of;
    }
    rates.false_alarms.hits += alarm ? 1 : 0;
    ++rates.false_alarms.of;
  }
  rates.mean_pairs =
      static_cast<double>(pairs) / static_cast<double>(trial.suites * trial.benchmarks);
  return rates;
}

}  // namespace dyno::selftest
