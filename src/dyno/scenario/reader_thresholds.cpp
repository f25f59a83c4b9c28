// The thresholds of a file, held against what the file has: endpoints and tags.
#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/reader_parts.h"

namespace dyno::scenario {

namespace {

void read_tier(const Fields& fields, std::string_view key, const Threshold& threshold,
               double stricter, std::optional<double>& tier, Problems& problems) {
  const Node* const node = fields.find(key);
  if (!node) return;
  const auto limit = node->kind == Node::Kind::number || node->kind == Node::Kind::string
                         ? parse_limit(threshold, node->text)
                         : Result<double>(Error{"write a number"});
  if (!limit)
    return problems.add(*node, fmt::format("{}: {}", in_quotes(key), limit.error().message));
  if (threshold.relation == Threshold::Relation::equal ||
      threshold.relation == Threshold::Relation::unequal) {
    return problems.add(
        *node, fmt::format("{} is for <, <=, > and >=: nothing is nearly equal", in_quotes(key)));
  }
  const bool wants_less = threshold.relation == Threshold::Relation::below ||
                          threshold.relation == Threshold::Relation::at_most;
  if (wants_less ? *limit < stricter : *limit > stricter) {
    problems.add(*node, fmt::format("{} is stricter than the limit before it", in_quotes(key)));
  }
  tier = *limit;
}

std::optional<Threshold> parse(const Member& metric, const Node& node, Problems& problems) {
  const std::string text = read_text(node, "a threshold", problems);
  if (problems.any()) return {};
  auto threshold = parse_threshold(metric.key, text);
  if (threshold) return std::move(*threshold);
  const bool of_metric = threshold.error().message.starts_with("unknown");
  problems.add(of_metric ? metric.offset : node.offset, threshold.error().message);
  return {};
}

void read_threshold(const Member& metric, const Node& node, std::vector<Threshold>& out,
                    Problems& problems) {
  if (node.kind != Node::Kind::object) {
    if (auto threshold = parse(metric, node, problems)) out.push_back(std::move(*threshold));
    return;
  }
  const Fields fields(
      node, "a threshold",
      {"threshold", "acceptable", "critical", "abortOnFail", "delayAbortEval", "grace"}, problems);
  if (problems.any()) return;
  const Node* const expression = fields.find("threshold");
  if (!expression) return problems.add(node, "a threshold needs \"threshold\": \"p(95)<500\"");
  auto threshold = parse(metric, *expression, problems);
  if (!threshold) return;
  read_tier(fields, "acceptable", *threshold, threshold->limit, threshold->acceptable, problems);
  read_tier(fields, "critical", *threshold, threshold->acceptable.value_or(threshold->limit),
            threshold->critical, problems);
  threshold->aborts = fields.flag("abortOnFail");
  for (const std::string_view key : {"delayAbortEval", "grace"}) {
    if (fields.find(key) && !threshold->aborts) {
      problems.add(*fields.find(key),
                   fmt::format("{} needs \"abortOnFail\": true", in_quotes(key)));
    }
  }
  threshold->delay = fields.duration("delayAbortEval").value_or(Duration{});
  threshold->grace = fields.duration("grace").value_or(Duration{});
  out.push_back(std::move(*threshold));
}

}  // namespace

Result<void> check_threshold(const Threshold& threshold, const Scenario& scenario) {
  std::vector<std::string> names;
  std::vector<std::string> tags;
  bool found = false;
  for_each_step(scenario, [&](const Step& step) {
    names.push_back(step.group);
    tags.insert(tags.end(), step.tags.begin(), step.tags.end());
    const bool method = threshold.method.empty() || threshold.method == step.method;
    const bool name = threshold.name.empty() || matches_glob(threshold.name, step.group);
    const bool tag = threshold.tag.empty() || std::find(step.tags.begin(), step.tags.end(),
                                                        threshold.tag) != step.tags.end();
    found = found || (method && name && tag);
  });
  if (found) return {};
  const bool by_tag = !threshold.tag.empty();
  const std::string& sought = by_tag ? threshold.tag : threshold.name;
  const auto meant = nearest(sought, by_tag ? tags : names);
  return Error{fmt::format("no step {} {}; {}", by_tag ? "has the tag" : "is counted as",
                           in_quotes(sought.empty() ? threshold.method : sought),
                           meant ? fmt::format("did you mean {}?", in_quotes(*meant))
                                 : "the threshold would have nothing to judge")};
}

std::vector<Threshold> read_thresholds(const Node& node, const Scenario& scenario,
                                       Problems& problems) {
  std::vector<Threshold> thresholds;
  if (node.kind != Node::Kind::object) {
    problems.add(node,
                 "\"thresholds\" must be an object: {\"http_req_duration\": [\"p(95)<500\"]}");
  }
  for (const Member& metric : node.members) {
    const std::size_t before = thresholds.size();
    if (metric.value.kind == Node::Kind::array) {
      if (metric.value.items.empty()) problems.add(metric.value, "a metric needs a threshold");
      for (const Node& item : metric.value.items) {
        read_threshold(metric, item, thresholds, problems);
      }
    } else {
      read_threshold(metric, metric.value, thresholds, problems);
    }
    for (std::size_t i = before; i < thresholds.size(); ++i) {
      const auto checked = check_threshold(thresholds[i], scenario);
      if (!checked) problems.add(metric.offset, checked.error().message);
    }
  }
  return thresholds;
}

}  // namespace dyno::scenario
