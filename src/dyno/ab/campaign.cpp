#include "dyno/ab/campaign.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "dyno/compare/statistics.h"
#include "dyno/core/random.h"
#include "dyno/core/text.h"

namespace dyno::ab {

using compare::Key;
using compare::PairedFigure;
using compare::Process;
using record::Change;
using record::ComparedFigure;

namespace {

// What both sides, or one of them, have shown of one figure so far.
struct Seen {
  std::vector<double> ratios;
  std::vector<double> base;
  std::vector<double> head;
  std::string unit;
  std::string error;
};

struct Counter {
  double value = 0;
  // What is done once, before the iterations, counts for more in fewer of them.
  std::uint64_t iterations = 0;
  bool operator==(const Counter&) const = default;
};

// What either side has counted, process by process.
struct SeenCounter {
  std::vector<Counter> base;
  std::vector<Counter> head;
};

// So many processes of a side must agree before what they count is taken for the code's doing.
constexpr std::size_t agreeing_processes = 3;

bool is_exact(const std::vector<Counter>& seen) {
  return seen.size() >= agreeing_processes &&
         std::all_of(seen.begin(), seen.end(),
                     [&](const auto& one) { return one == seen.front(); });
}

class Run {
 public:
  Run(const Measure& measure, const Canary& canary, const CampaignOptions& options)
      : measure_(measure), canary_(canary), options_(options), random_(options.seed) {}

  Campaign go() {
    reference_ = canary_();
    for (int i = 1; i < options_.canary_runs; ++i) reference_ = std::min(reference_, canary_());
    planned_ = options_.paired.first_pairs;
    if (pairs(options_.paired.first_pairs, {})) {
      const auto wanted = wanting_more();
      if (!wanted.empty() && options_.paired.further_pairs > 0) {
        planned_ += options_.paired.further_pairs;
        pairs(options_.paired.further_pairs, wanted);
      }
    }
    conclude();
    return std::move(campaign_);
  }

 private:
  // False when the campaign is over.
  bool pairs(std::size_t count, const std::vector<std::string>& only) {
    for (std::size_t made = 0; made < count;) {
      if (stopped()) {
        campaign_.complete = false;
        return false;
      }
      auto pair = one_pair(only);
      if (!pair) {
        campaign_.complete = !stopped();
        if (campaign_.complete) failure_ = pair.error().message;
        return false;
      }
      if (pair->discarded) {
        ++campaign_.discarded;
      } else {
        ++made;
        ++campaign_.pairs;
        take(*pair);
      }
      if (options_.on_pair) options_.on_pair(*pair);
    }
    return true;
  }

  bool stopped() const { return options_.stopped && options_.stopped(); }

  Result<Pair> one_pair(const std::vector<std::string>& only) {
    Pair pair;
    pair.number = campaign_.pairs + 1;
    pair.planned = planned_;
    pair.head_first = random_.below(2) == 1;
    const std::array order = pair.head_first ? std::array{Which::head, Which::base}
                                             : std::array{Which::base, Which::head};
    for (std::size_t i = 0; i < 2; ++i) {
      pair.canary[i] = canary_();
      auto process = measure_(order[i], only);
      if (!process) return process.error();
      (order[i] == Which::base ? pair.base : pair.head) = std::move(*process);
    }
    pair.canary[2] = canary_();
    const auto slowest = *std::max_element(pair.canary.begin(), pair.canary.end());
    const auto limit = options_.canary_limit * static_cast<double>(reference_.count());
    pair.discarded = static_cast<double>(slowest.count()) > limit && campaign_.discarded < planned_;
    return pair;
  }

  void take(const Pair& pair) {
    for (const auto& [key, measured] : pair.base.figures) {
      if (measured.counted) {
        counters_[key].base.push_back({measured.value, measured.samples});
        continue;
      }
      auto& seen = seen_[key];
      note(seen, measured);
      if (measured.error.empty()) seen.base.push_back(measured.value);
    }
    for (const auto& [key, measured] : pair.head.figures) {
      if (measured.counted) {
        counters_[key].head.push_back({measured.value, measured.samples});
        continue;
      }
      auto& seen = seen_[key];
      note(seen, measured);
      if (!measured.error.empty()) continue;
      seen.head.push_back(measured.value);
      const auto other = pair.base.figures.find(key);
      if (other == pair.base.figures.end() || !other->second.error.empty()) continue;
      seen.ratios.push_back(is_better_more(key.second) ? other->second.value / measured.value
                                                       : measured.value / other->second.value);
    }
  }

  static void note(Seen& seen, const compare::Measured& measured) {
    seen.unit = measured.unit;
    if (!measured.error.empty()) seen.error = measured.error;
  }

  std::vector<std::string> wanting_more() const {
    std::vector<std::string> names;
    for (const auto& [key, seen] : seen_) {
      if (seen.error.empty() && !seen.ratios.empty() &&
          compare::needs_more(seen.ratios, options_.paired)) {
        names.push_back(key.first);
      }
    }
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  static ComparedFigure settled(const Key& key, const Seen& seen, Change change,
                                const std::string& why) {
    ComparedFigure figure;
    figure.change = change;
    figure.subject = key.first;
    figure.figure = key.second;
    figure.unit = seen.unit;
    figure.base_runs = static_cast<std::uint32_t>(seen.base.size());
    figure.head_runs = static_cast<std::uint32_t>(seen.head.size());
    figure.message = fmt::format("{} {} {}: {}", key.first, key.second, to_string(change), why);
    return figure;
  }

  // What no test is needed for.
  static std::optional<ComparedFigure> without_test(const Key& key, const Seen& seen) {
    if (!seen.error.empty()) return settled(key, seen, Change::errored, seen.error);
    if (seen.head.empty()) {
      return settled(key, seen, Change::missing,
                     "the base has it, the head does not; was it renamed or skipped?");
    }
    if (seen.base.empty()) return settled(key, seen, Change::added, "the base does not have it");
    return {};
  }

  void conclude() {
    auto& comparison = campaign_.comparison;
    std::vector<const Seen*> tested;
    for (const auto& [key, seen] : seen_) {
      if (auto figure = without_test(key, seen)) {
        comparison.figures.push_back(std::move(*figure));
      } else {
        campaign_.figures.push_back(
            {key.first, key.second, seen.ratios, is_better_more(key.second)});
        tested.push_back(&seen);
      }
    }
    auto verdicts = compare::decide(campaign_.figures, options_.paired);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      verdicts[i].base = compare::median(tested[i]->base);
      verdicts[i].head = compare::median(tested[i]->head);
      verdicts[i].unit = tested[i]->unit;
      comparison.figures.push_back(std::move(verdicts[i]));
    }
    conclude_counters();
    std::stable_sort(comparison.figures.begin(), comparison.figures.end(),
                     [](const auto& a, const auto& b) { return a.subject < b.subject; });
    if (!failure_.empty()) {
      comparison.figures.push_back(settled({"campaign", "process"}, {}, Change::errored, failure_));
    }
    if (campaign_.discarded > 0) {
      comparison.notes.push_back(fmt::format(
          "{} {} discarded and made again: the canary was disturbed",
          counted(campaign_.discarded, "pair"), campaign_.discarded == 1 ? "was" : "were"));
    }
    if (!campaign_.complete) {
      comparison.notes.push_back(
          fmt::format("stopped after {} of {}", campaign_.pairs, counted(planned_, "pair")));
    }
  }

  // Exact, or not at all: what one build counts differently from process to process says nothing
  // about another build.
  void conclude_counters() {
    std::size_t same = 0;
    std::size_t varying = 0;
    for (const auto& [key, seen] : counters_) {
      if (seen.base.empty() || seen.head.empty()) continue;  // its time says that it is missing
      if (!is_exact(seen.base) || !is_exact(seen.head) ||
          seen.base.front().iterations != seen.head.front().iterations) {
        ++varying;
      } else if (seen.base.front() == seen.head.front()) {
        ++same;
      } else {
        campaign_.comparison.figures.push_back(
            counted_otherwise(key, seen.base.front().value, seen.head.front().value));
      }
    }
    auto& notes = campaign_.comparison.notes;
    if (same > 0) {
      notes.push_back(fmt::format("{} of allocations and bytes {} exactly the same",
                                  counted(same, "counter"), same == 1 ? "is" : "are"));
    }
    if (varying > 0) {
      notes.push_back(
          fmt::format("{} not compared: varying from process to process, or seen in too few",
                      counted(varying, "counter")));
    }
  }

  static ComparedFigure counted_otherwise(const Key& key, double base, double head) {
    ComparedFigure figure;
    figure.change = head > base ? Change::regressed : Change::improved;
    figure.subject = key.first;
    figure.figure = key.second;
    figure.base = base;
    figure.head = head;
    if (base > 0) figure.ratio = head / base;
    figure.message = fmt::format("{} {} {}: {:g} before, {:g} now, in every process", key.first,
                                 key.second, to_string(figure.change), base, head);
    return figure;
  }

  const Measure& measure_;
  const Canary& canary_;
  const CampaignOptions& options_;
  Random random_;
  Duration reference_{};
  std::size_t planned_ = 0;
  std::map<Key, Seen> seen_;
  std::map<Key, SeenCounter> counters_;
  std::string failure_;
  Campaign campaign_;
};

}  // namespace

bool is_better_more(std::string_view figure) { return figure == "rate"; }

Campaign run_campaign(const Measure& measure, const Canary& canary,
                      const CampaignOptions& options) {
  return Run(measure, canary, options).go();
}

}  // namespace dyno::ab
