#include "dyno/harness/breach_watch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dyno/targets/judge.h"

namespace dyno::harness {

namespace {

bool ends_by_readings(const targets::Target& target) {
  if (!target.abort_grace) return false;
  const auto whose = target.figure.substr(0, target.figure.find('.'));
  return whose == "service" || whose == "engine" || whose == "others" || whose == "gauge" ||
         whose == "cache_hit_share";
}

}  // namespace

BreachWatch::BreachWatch(targets::TargetSet set, std::vector<Duration> delays)
    : set_(std::move(set)), delays_(std::move(delays)), crossed_(set_.targets.size()) {}

bool BreachWatch::may_end() const {
  return std::any_of(set_.targets.begin(), set_.targets.end(),
                     [](const targets::Target& target) { return target.abort_grace; });
}

void BreachWatch::start(const record::RunRecord& as_known) {
  so_far_ = as_known;
  windows_ = as_known.windows;
}

void BreachWatch::add(const Readings& readings) {
  if (!std::any_of(set_.targets.begin(), set_.targets.end(), ends_by_readings)) return;
  const auto append = [](auto& all, const auto& fresh) {
    all.insert(all.end(), fresh.begin(), fresh.end());
  };
  append(so_far_.service_resources, readings.service);
  append(so_far_.engine_resources, readings.engine);
  append(so_far_.other_resources, readings.others);
  for (const auto& fresh : readings.gauges) {
    auto known = std::find_if(so_far_.gauges.begin(), so_far_.gauges.end(),
                              [&](const auto& gauge) { return gauge.name == fresh.name; });
    if (known == so_far_.gauges.end()) {
      known = so_far_.gauges.insert(known, {fresh.name, {}});
    }
    append(known->points, fresh.points);
  }
}

void BreachWatch::gather(const load::Progress& progress) {
  so_far_.endpoints = progress.endpoints;
  so_far_.length = progress.elapsed;
  if (may_end()) so_far_.series.push_back(progress.point);
  so_far_.windows = windows_;
  for (record::Window& window : so_far_.windows) {
    window.start = std::min(window.start, progress.elapsed);
    window.end = std::min(window.end, progress.elapsed);
  }
  if (!so_far_.windows.empty()) so_far_.windows.back().end = progress.elapsed;
  for (const record::Cell* const cell : progress.interval.cells()) {
    const auto [place, fresh] =
        places_.try_emplace({cell->endpoint, cell->outcome, cell->window}, so_far_.cells.size());
    if (fresh) {
      record::Cell& added = so_far_.cells.emplace_back();
      added.endpoint = cell->endpoint;
      added.outcome = cell->outcome;
      added.window = cell->window;
    }
    so_far_.cells[place->second].merge(*cell);
  }
}

std::optional<std::string> BreachWatch::breach(const load::Progress& progress) {
  if (progress.draining || told_) return {};
  for (std::size_t i = 0; i < set_.targets.size(); ++i) {
    const auto& target = set_.targets[i];
    const auto delay = i < delays_.size() ? delays_[i] : Duration::zero();
    if (progress.elapsed < delay || !targets::is_breached(so_far_, target)) {
      crossed_[i].reset();
      continue;
    }
    if (!crossed_[i]) crossed_[i] = progress.elapsed;
    if (progress.elapsed - *crossed_[i] < *target.abort_grace) continue;
    told_ = true;
    return fmt::format("{} was crossed", targets::to_string(target));
  }
  return {};
}

}  // namespace dyno::harness
