#include "dyno/selftest/verdict_rates.h"

#include "dyno/metrics/order_statistics.h"

namespace dyno::selftest {

using compare::PairedOptions;
using compare::PairedTest;
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

std::vector<double> ratios_of(const Trial& trial, double effect, Random& random) {
  const PairedOptions& options = trial.options;
  const auto most = options.first_pairs + options.further_pairs;
  auto ratios = draw_ratios(trial.noise, effect, 0, options.first_pairs, most, random);
  if (!compare::needs_more(ratios, options)) return ratios;
  const auto further =
      draw_ratios(trial.noise, effect, options.first_pairs, options.further_pairs, most, random);
  ratios.insert(ratios.end(), further.begin(), further.end());
  return ratios;
}

PairedTest campaign(const Trial& trial, double effect, Random& random) {
  return compare::test_pairs(ratios_of(trial, effect, random), trial.options);
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
  rates.found.resize(trial.effects.size());
  std::uint64_t pairs = 0;
  for (std::uint64_t suite = 0; suite < trial.suites; ++suite) {
    Random random(derived_seed(trial.seed, suite));
    std::vector<PairedTest> tests;
    for (std::size_t i = 0; i < trial.benchmarks; ++i) {
      tests.push_back(campaign(trial, 1, random));
      pairs += tests.back().pairs;
    }
    bool alarm = false;
    for (const auto& verdict : compare::conclude(tests, trial.options)) {
      alarm = alarm || verdict.change == Change::regressed;
      rates.undecided.hits += verdict.change == Change::inconclusive ? 1 : 0;
    }
    rates.false_alarms.hits += alarm ? 1 : 0;
    for (std::size_t i = 0; i < trial.effects.size(); ++i) {
      tests.front() = campaign(trial, trial.effects[i], random);
      const auto verdict = compare::conclude(tests, trial.options).front();
      rates.found[i].hits += verdict.change == Change::regressed ? 1 : 0;
    }
  }
  rates.false_alarms.of = trial.suites;
  rates.undecided.of = trial.suites * trial.benchmarks;
  for (auto& found : rates.found) found.of = trial.suites;
  rates.mean_pairs = static_cast<double>(pairs) / static_cast<double>(rates.undecided.of);
  return rates;
}

}  // namespace dyno::selftest
