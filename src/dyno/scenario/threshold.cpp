#include "dyno/scenario/threshold.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/scenario/in_quotes.h"

namespace dyno::scenario {

namespace {

constexpr auto nowhere = std::string_view::npos;

// Figures that a metric has: of a duration `figure` is what the statistic is appended to, of
// others each aggregation is listed as "aggregation=figure".
struct Metric {
  std::string_view name;
  bool duration;
  std::string_view figure;
};

constexpr Metric metrics[] = {
    {"http_req_duration", true, "response_time"},
    {"http_req_waiting", true, "first_byte"},
    {"http_req_connecting", true, "connect"},
    {"http_req_tls_handshaking", true, "tls"},
    {"http_req_blocked", true, "queued"},
    {"http_req_failed", false, "rate=error_share"},
    {"http_reqs", false, "count=requests rate=throughput.all"},
    {"iterations", false, "count=iterations rate=iteration_rate"},
    {"dropped_iterations", false, "count=dropped"},
    {"vus", false, "value=users.last min=users.min max=users.max avg=users.mean"},
    // Those that k6 does not know, by the names of their figures.
    {"service_time", true, "service_time"},
    {"first_event", true, "first_event"},
    {"gap", true, "gap"},
    {"token_time", true, "token_time"},
};

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

Result<const Metric*> find_metric(std::string_view name) {
  std::vector<std::string> names;
  for (const Metric& metric : metrics) {
    if (metric.name == name) return &metric;
    names.emplace_back(metric.name);
  }
  const auto meant = nearest(name, names);
  return Error{fmt::format("unknown metric {}; {}", in_quotes(name),
                           meant ? fmt::format("did you mean {}?", in_quotes(*meant))
                                 : fmt::format("there are {}", fmt::join(names, ", ")))};
}

// One "key:value" of the braces behind a metric.
Result<void> take_tag(std::string_view text, Threshold& threshold) {
  const std::size_t colon = text.find(':');
  if (colon == nowhere) {
    return Error{fmt::format("{} is not a tag: write e.g. {{name:/items}}", in_quotes(text))};
  }
  const auto key = trimmed(text.substr(0, colon));
  const std::string value(trimmed(text.substr(colon + 1)));
  if (value.empty()) return Error{fmt::format("the tag {} has no value", in_quotes(key))};
  if (key == "expected_response") {
    if (value != "true" && value != "false") {
      return Error{"\"expected_response\" is true or false"};
    }
    threshold.of_failures = value == "false";
    return {};
  }
  const std::pair<std::string_view, std::string*> known[] = {{"name", &threshold.name},
                                                             {"method", &threshold.method},
                                                             {"tag", &threshold.tag},
                                                             {"window", &threshold.window}};
  std::vector<std::string> keys{"expected_response"};
  for (const auto& [name, member] : known) {
    keys.emplace_back(name);
    if (key != name) continue;
    if (!member->empty()) return Error{fmt::format("the tag {} stands twice", in_quotes(key))};
    *member = value;
    return {};
  }
  const auto meant = nearest(key, keys);
  return Error{fmt::format("unknown tag {}; {}", in_quotes(key),
                           meant ? fmt::format("did you mean {}?", in_quotes(*meant))
                                 : "there are name, method, tag, window and expected_response")};
}

Result<void> take_tags(std::string_view text, Threshold& threshold) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (auto taken = take_tag(trimmed(text.substr(0, comma)), threshold); !taken) return taken;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (!threshold.tag.empty() && !(threshold.name.empty() && threshold.method.empty())) {
    return Error{"\"tag\" stands alone: without \"name\" and \"method\""};
  }
  return {};
}

// "p(95)" of a duration → "p95"; nothing when it is no aggregation of one.
std::optional<std::string> statistic_of(std::string_view aggregation) {
  if (aggregation == "avg") return "mean";
  if (aggregation == "med") return "p50";
  if (aggregation == "min" || aggregation == "max") return std::string(aggregation);
  if (!aggregation.starts_with("p(") || !aggregation.ends_with(')')) return {};
  const auto percent = parse_number(aggregation.substr(2, aggregation.size() - 3));
  if (!percent || *percent <= 0 || *percent >= 100) return {};
  return fmt::format("p{}", *percent);
}

Result<std::string> figure_of(const Metric& metric, std::string_view aggregation) {
  if (metric.duration) {
    if (const auto statistic = statistic_of(aggregation)) {
      return fmt::format("{}.{}", metric.figure, *statistic);
    }
    return Error{fmt::format("{} has no {}; it has avg, min, max, med and p(N)", metric.name,
                             in_quotes(aggregation))};
  }
  std::vector<std::string_view> known;
  for (std::string_view rest = metric.figure; !rest.empty();) {
    const auto one = rest.substr(0, rest.find(' '));
    const auto equals = one.find('=');
    if (one.substr(0, equals) == aggregation) return std::string(one.substr(equals + 1));
    known.push_back(one.substr(0, equals));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return Error{fmt::format("{} has no {}; it has {}", metric.name, in_quotes(aggregation),
                           fmt::join(known, ", "))};
}

// "==", "===" or "!=": of numbers that are exact. Nothing that is measured is below 0, nor a share
// above 1, so that there the one is "at most" and the other "above", which chance cannot upset.
Result<Threshold::Relation> equality_of(std::string_view sign, const Threshold& threshold) {
  using Relation = Threshold::Relation;
  const bool equal = sign != "!=";
  const double limit = threshold.limit;
  if (limit == 0) return equal ? Relation::at_most : Relation::above;
  const auto refusal = [&](std::string_view what) {
    return Error{
        fmt::format("{} has no meaning for {}: write <, <=, > or >=", in_quotes(sign), what)};
  };
  if (threshold.figure == "error_share") {
    if (limit == 1) return equal ? Relation::at_least : Relation::below;
    return refusal("a share but 0 and 1");
  }
  constexpr std::string_view counts[] = {"requests",   "iterations", "dropped",
                                         "users.last", "users.min",  "users.max"};
  if (std::find(std::begin(counts), std::end(counts), threshold.figure) != std::end(counts)) {
    if (limit == std::floor(limit)) return equal ? Relation::equal : Relation::unequal;
    return refusal("a count and a number that is not whole");
  }
  if (threshold.unit > 1) return refusal("a measured time");
  return refusal(threshold.figure == "users.mean" ? "a mean but 0" : "a measured rate but 0");
}

Error no_expression(std::string_view text) {
  return Error{fmt::format("{} is not a threshold: write e.g. \"p(95)<500\" or \"rate<0.01\"",
                           in_quotes(text))};
}

}  // namespace

Result<double> parse_limit(const Threshold& threshold, std::string_view text) {
  if (const auto number = parse_number(text); number && *number >= 0) {
    return *number * threshold.unit;
  }
  if (threshold.unit > 1) {
    if (const auto duration = parse_duration(text)) return static_cast<double>(duration->count());
    return Error{fmt::format("{} is not a limit: write milliseconds, or a time such as \"2s\"",
                             in_quotes(text))};
  }
  return Error{fmt::format("{} is not a limit: write a number from 0", in_quotes(text))};
}

Result<Threshold> parse_threshold(std::string_view metric, std::string_view expression) {
  Threshold threshold;
  threshold.text = fmt::format("{}: {}", trimmed(metric), trimmed(expression));
  const std::size_t brace = metric.find('{');
  const auto found = find_metric(trimmed(metric.substr(0, brace)));
  if (!found) return found.error();
  if (brace != nowhere) {
    const auto tags = trimmed(metric.substr(brace + 1));
    if (!tags.ends_with('}')) {
      return Error{fmt::format("'{{' without its '}}' in {}", in_quotes(metric))};
    }
    if (auto taken = take_tags(tags.substr(0, tags.size() - 1), threshold); !taken) {
      return taken.error();
    }
  }
  const std::size_t sign = expression.find_first_of("<>=!");
  if (sign == nowhere) return no_expression(expression);
  const std::size_t behind =
      std::min(expression.find_first_not_of("<>=!", sign), expression.size());
  const auto relation = expression.substr(sign, behind - sign);
  const auto limit_text = trimmed(expression.substr(behind));
  const auto figure = figure_of(**found, trimmed(expression.substr(0, sign)));
  if (!figure) return figure.error();
  threshold.figure = *figure;
  threshold.unit = (*found)->duration ? 1e6 : 1;
  const auto limit = parse_limit(threshold, limit_text);
  if (!limit) return limit.error();
  threshold.limit = *limit;
  if (relation == "<") {
    threshold.relation = Threshold::Relation::below;
  } else if (relation == "<=") {
    threshold.relation = Threshold::Relation::at_most;
  } else if (relation == ">") {
    threshold.relation = Threshold::Relation::above;
  } else if (relation == ">=") {
    threshold.relation = Threshold::Relation::at_least;
  } else if (relation == "==" || relation == "===" || relation == "!=") {
    const auto equality = equality_of(relation, threshold);
    if (!equality) return equality.error();
    threshold.relation = *equality;
  } else {
    return no_expression(expression);
  }
  return threshold;
}

Result<Threshold> parse_threshold(std::string_view text) {
  // The colon behind the metric; those within its braces belong to tags.
  const std::size_t open = text.find('{');
  const std::size_t first = text.find(':');
  const std::size_t close = open < first ? text.find('}', open) : 0;
  const std::size_t colon = close == nowhere ? nowhere : text.find(':', close);
  if (colon == nowhere) {
    return Error{
        fmt::format("{} is not a threshold: write e.g. "
                    "'http_req_duration: p(95)<500'",
                    in_quotes(text))};
  }
  return parse_threshold(text.substr(0, colon), trimmed(text.substr(colon + 1)));
}

}  // namespace dyno::scenario
