#include "dyno/scenario/judge.h"

#include <re2/re2.h>

#include "dyno/http/message.h"
#include "dyno/scenario/json_text.h"

namespace dyno::scenario {

namespace {

bool in_range(const Check& check, double value) {
  return check.low <= value && value <= check.high;
}

bool matches(const Pattern& pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
}

bool json_holds(const Check& check, std::string_view body) {
  const auto value = check.pointer.find(body);
  if (check.kind == Check::Kind::json_absent) return !value;
  if (!value) return false;
  if (check.kind == Check::Kind::json_same) return check.expected.same(*value);
  if (check.kind == Check::Kind::json_range) {
    const auto number = json_number(*value);
    return number && in_range(check, *number);
  }
  if (check.kind == Check::Kind::json_pattern) {
    std::string text;
    append_json_as_text(*value, text);
    return matches(check.pattern, text);
  }
  return true;
}

bool holds(const Check& check, const Answer& answer) {
  switch (check.kind) {
    case Check::Kind::contains:
      return answer.body.find(check.text) != std::string_view::npos;
    case Check::Kind::matches:
      return matches(check.pattern, answer.body);
    case Check::Kind::header: {
      const auto value = http::find_header(answer.head, check.header);
      return !value.empty() && value.find(check.text) != std::string_view::npos;
    }
    case Check::Kind::size:
      return in_range(check, static_cast<double>(answer.body_bytes));
    case Check::Kind::duration:
      return in_range(check, static_cast<double>(answer.service_time.count()));
    default:
      return json_holds(check, answer.body);
  }
}

// What is taken from `text`; nothing when the pattern does not match.
std::optional<std::string_view> matched(const Pattern& pattern, std::string_view text) {
  re2::StringPiece groups[2];
  const int count = pattern->NumberOfCapturingGroups() > 0 ? 2 : 1;
  const re2::StringPiece piece(text.data(), text.size());
  if (!pattern->Match(piece, 0, text.size(), re2::RE2::UNANCHORED, groups, count)) return {};
  const re2::StringPiece& found = groups[count - 1];
  if (found.data() == nullptr) return {};
  return std::string_view(found.data(), found.size());
}

bool take(const Extraction& extraction, const Answer& answer, std::string& out) {
  std::string_view text;
  std::string decoded;
  if (extraction.source == Extraction::Source::json) {
    const auto value = extraction.pointer.find(answer.body);
    if (!value || *value == "null") return false;
    if (!extraction.pattern) {
      out.clear();
      append_json_as_text(*value, out);
      return true;
    }
    append_json_as_text(*value, decoded);
    text = decoded;
  } else if (extraction.source == Extraction::Source::header) {
    text = http::find_header(answer.head, extraction.header);
    if (text.empty()) return false;
  } else {
    text = answer.body;
  }
  if (extraction.pattern) {
    const auto found = matched(extraction.pattern, text);
    if (!found) return false;
    text = *found;
  }
  out.assign(text);
  return true;
}

}  // namespace

bool accepts(const Step& step, int status) {
  for (const StatusRange& range : step.statuses) {
    if (range.low <= status && status <= range.high) return true;
  }
  return false;
}

const Check* first_failed(const Step& step, const Answer& answer) {
  for (const Check& check : step.checks) {
    if (!holds(check, answer)) return &check;
  }
  return nullptr;
}

void Variables::reset(std::size_t count) {
  values.resize(count);
  known.assign(count, false);
}

const Extraction* extract(const Step& step, const Answer& answer, Variables& variables) {
  for (const Extraction& extraction : step.extractions) {
    std::string& value = variables.values[extraction.variable];
    if (!take(extraction, answer, value)) {
      if (!extraction.fallback) return &extraction;
      value = *extraction.fallback;
    }
    variables.known[extraction.variable] = true;
  }
  return nullptr;
}

}  // namespace dyno::scenario
