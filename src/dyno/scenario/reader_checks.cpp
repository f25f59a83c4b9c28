// A step: what its answer must be, and what is taken from it.
#include <cmath>
#include <re2/re2.h>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/http/redact.h"
#include "dyno/http/secret_names.h"
#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/reader_parts.h"

namespace dyno::scenario {

namespace {

// 200, "2xx", "200-299".
void read_status(const Node& node, Step& step, Problems& problems) {
  const auto add = [&](double low, double high) {
    if (low < 100 || high > 999 || high < low || low != std::floor(low) ||
        high != std::floor(high)) {
      problems.add(node, "a status is a whole number from 100 to 999");
      return;
    }
    step.statuses.push_back({static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(high)});
  };
  if (node.kind == Node::Kind::number) return add(node.number, node.number);
  const std::string& text = node.text;
  if (node.kind == Node::Kind::string && text.size() == 3 && text.ends_with("xx") &&
      text[0] >= '1' && text[0] <= '9') {
    return add((text[0] - '0') * 100, (text[0] - '0') * 100 + 99);
  }
  const auto dash = text.find('-');
  const auto low = parse_number(std::string_view(text).substr(0, dash));
  const auto high =
      dash == std::string::npos ? low : parse_number(std::string_view(text).substr(dash + 1));
  if (node.kind == Node::Kind::string && low && high) return add(*low, *high);
  problems.add(node, "a status is written 200, \"2xx\" or \"200-299\"; several stand in a list");
}

JsonPointer read_pointer(std::size_t offset, std::string_view text, Problems& problems) {
  auto pointer = JsonPointer::compile(text);
  if (pointer) return std::move(*pointer);
  problems.add(offset, pointer.error().message);
  return {};
}

Pattern read_pattern(const Node& node, std::string_view what, Problems& problems) {
  const std::string text = read_text(node, what, problems);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto pattern = std::make_shared<const re2::RE2>(text, options);
  if (!pattern->ok()) {
    problems.add(node, fmt::format("{}: {} is not a regular expression: {}", what, in_quotes(text),
                                   pattern->error()));
    return {};
  }
  return pattern;
}

double read_bytes(const Node& node, std::string_view what, Problems& problems) {
  const double bytes = read_number(node, what, problems);
  if (bytes < 0) problems.add(node, fmt::format("{} must be 0 bytes or more", what));
  return bytes;
}

// {"at_least": 1, "at_most": 5} → low and high.
void read_bounds(const Fields& fields, Check& check, Problems& problems) {
  if (const auto low = fields.number("at_least")) check.low = *low;
  if (const auto high = fields.number("at_most")) check.high = *high;
  if (check.high < check.low) problems.add(fields.node(), "\"at_most\" is below \"at_least\"");
}

std::string bounds_text(const Check& check) {
  if (std::isinf(check.low)) return fmt::format("at most {}", check.high);
  if (std::isinf(check.high)) return fmt::format("at least {}", check.low);
  return fmt::format("from {} to {}", check.low, check.high);
}

// What is expected under `name` stands in the examples of failures, but for secrets.
std::string shown(std::string_view name, std::string text) {
  const bool hide = http::is_secret_name(name.substr(name.rfind('/') + 1));
  return hide ? std::string(http::redacted) : std::move(text);
}

// {"/status": "ok", "/items/0": {"exists": true}, "/count": {"at_least": 1}}
void read_json_check(const Member& member, Step& step, Problems& problems) {
  Check check;
  check.pointer = read_pointer(member.offset, member.key, problems);
  const std::string where = member.key.empty() ? "the JSON" : "JSON " + member.key;
  if (member.value.kind != Node::Kind::object) {
    check.kind = Check::Kind::json_same;
    check.expected = JsonExpectation(json_of(member.value));
    check.what = fmt::format("{} = {}", where, shown(member.key, check.expected.text()));
    step.checks.push_back(std::move(check));
    return;
  }
  const Fields fields(member.value, "a check of a JSON value",
                      {"exists", "same", "at_least", "at_most", "matches"}, problems);
  if (member.value.members.empty()) problems.add(member.value, "a check needs a condition");
  if (fields.find("exists")) {
    const bool exists = fields.flag("exists");
    check.kind = exists ? Check::Kind::json_exists : Check::Kind::json_absent;
    check.what = fmt::format("{} {}", exists ? "a value at" : "no value at", where);
    step.checks.push_back(check);
  }
  if (const Node* const same = fields.find("same")) {
    check.kind = Check::Kind::json_same;
    check.expected = JsonExpectation(json_of(*same));
    check.what = fmt::format("{} = {}", where, shown(member.key, check.expected.text()));
    step.checks.push_back(check);
  }
  if (fields.find("at_least") || fields.find("at_most")) {
    check.kind = Check::Kind::json_range;
    read_bounds(fields, check, problems);
    check.what = fmt::format("{} {}", where, bounds_text(check));
    step.checks.push_back(check);
  }
  if (const Node* const matches = fields.find("matches")) {
    check.kind = Check::Kind::json_pattern;
    check.pattern = read_pattern(*matches, "\"matches\"", problems);
    check.what = fmt::format("{} to match {}", where, in_quotes(matches->text));
    step.checks.push_back(std::move(check));
  }
}

void read_header_checks(const Node& node, Step& step, Problems& problems) {
  if (node.kind != Node::Kind::object) {
    problems.add(node, "\"header\" must be an object: {\"Content-Type\": \"json\"}");
  }
  for (const Member& member : node.members) {
    Check check;
    check.kind = Check::Kind::header;
    check.header = member.key;
    check.text = read_text(member.value, in_quotes(member.key), problems);
    check.what = fmt::format("header {}", member.key);
    if (!check.text.empty())
      check.what += fmt::format(" with {}", shown(member.key, in_quotes(check.text)));
    step.checks.push_back(std::move(check));
  }
}

void read_contains(const Node& node, Step& step, Problems& problems) {
  const auto add = [&](const Node& text) {
    Check check;
    check.kind = Check::Kind::contains;
    check.text = read_text(text, "\"contains\"", problems);
    check.what = fmt::format("a body with {}", in_quotes(check.text));
    step.checks.push_back(std::move(check));
  };
  if (node.kind != Node::Kind::array) return add(node);
  for (const Node& item : node.items) add(item);
}

void read_size(const Node& node, Step& step, Problems& problems) {
  const Fields fields(node, "\"size\"", {"at_least", "at_most"}, problems);
  Check check;
  check.kind = Check::Kind::size;
  for (const Member& member : node.members)
    read_bytes(member.value, in_quotes(member.key), problems);
  if (node.members.empty()) problems.add(node, "\"size\" needs \"at_least\" or \"at_most\"");
  read_bounds(fields, check, problems);
  check.what = fmt::format("a body of {} bytes", bounds_text(check));
  step.checks.push_back(std::move(check));
}

bool looks_at_body(Check::Kind kind) {
  return kind != Check::Kind::header && kind != Check::Kind::size && kind != Check::Kind::duration;
}

void read_extraction(const Member& member, Step& step, Reading& reading) {
  Problems& problems = reading.problems;
  Extraction extraction;
  extraction.variable = reading.names.variable(member.key).value_or(0);
  if (member.value.kind == Node::Kind::string) {
    extraction.source = Extraction::Source::json;
    extraction.pointer = read_pointer(member.value.offset, member.value.text, problems);
    extraction.what = fmt::format("{} from JSON {}", member.key, member.value.text);
    step.extractions.push_back(std::move(extraction));
    return;
  }
  const Fields fields(member.value, "an extraction", {"json", "header", "regex", "default"},
                      problems);
  std::string from;
  if (const Node* const json = fields.find("json")) {
    extraction.source = Extraction::Source::json;
    extraction.pointer =
        read_pointer(json->offset, read_text(*json, "\"json\"", problems), problems);
    from = "JSON " + json->text;
  }
  if (const Node* const header = fields.find("header")) {
    if (!from.empty()) problems.add(*header, "a value comes from \"json\" or from a \"header\"");
    extraction.source = Extraction::Source::header;
    extraction.header = read_text(*header, "\"header\"", problems);
    from = "header " + extraction.header;
  }
  if (const Node* const regex = fields.find("regex")) {
    extraction.pattern = read_pattern(*regex, "\"regex\"", problems);
    from += (from.empty() ? "the body, by " : ", by ") + in_quotes(regex->text);
  }
  if (from.empty()) {
    problems.add(member.value, "an extraction needs \"json\", \"header\" or \"regex\"");
  }
  if (const Node* const fallback = fields.find("default")) {
    if (fallback->kind == Node::Kind::array || fallback->kind == Node::Kind::object) {
      problems.add(*fallback, "\"default\" must be a text or a number");
    }
    extraction.fallback = fallback->text;
  }
  extraction.what = fmt::format("{} from {}", member.key, from);
  step.extractions.push_back(std::move(extraction));
}

}  // namespace

void read_checks(const Node& node, Step& step, Reading& reading) {
  Problems& problems = reading.problems;
  const Fields fields(node, "\"check\"",
                      {"status", "json", "contains", "matches", "header", "size", "within"},
                      problems);
  if (problems.any()) return;
  if (const Node* const status = fields.find("status")) {
    step.statuses.clear();
    if (status->kind != Node::Kind::array) {
      read_status(*status, step, problems);
    } else if (status->items.empty()) {
      problems.add(*status, "\"status\" needs at least one");
    }
    for (const Node& item : status->items) read_status(item, step, problems);
  }
  // What costs least to look at comes first.
  if (const Node* const size = fields.find("size")) read_size(*size, step, problems);
  if (const auto most = fields.duration("within")) {
    Check check;
    check.kind = Check::Kind::duration;
    check.high = static_cast<double>(most->count());
    check.what = fmt::format("an answer within {}", to_string(*most));
    step.checks.push_back(std::move(check));
  }
  if (const Node* const header = fields.find("header")) read_header_checks(*header, step, problems);
  if (const Node* const json = fields.find("json")) {
    if (json->kind != Node::Kind::object) {
      problems.add(*json, "\"json\" must be an object: {\"/status\": \"ok\"}");
    }
    for (const Member& member : json->members) read_json_check(member, step, problems);
  }
  if (const Node* const text = fields.find("contains")) read_contains(*text, step, problems);
  if (const Node* const regex = fields.find("matches")) {
    Check check;
    check.kind = Check::Kind::matches;
    check.pattern = read_pattern(*regex, "\"matches\"", problems);
    check.what = fmt::format("a body that matches {}", in_quotes(regex->text));
    step.checks.push_back(std::move(check));
  }
  for (Check& check : step.checks) {
    check.what = one_line(std::move(check.what));
    step.wants_body = step.wants_body || looks_at_body(check.kind);
    step.wants_headers = step.wants_headers || check.kind == Check::Kind::header;
  }
}

std::vector<std::string> extracted_names(const Node& step) {
  std::vector<std::string> names;
  if (const Node* const extract = step.find("extract")) {
    for (const Member& member : extract->members) names.push_back(member.key);
  }
  return names;
}

void read_extractions(const Node& node, Step& step, Reading& reading) {
  if (node.kind != Node::Kind::object || node.members.empty()) {
    reading.problems.add(node, "\"extract\" must be an object: {\"id\": \"/item/id\"}");
  }
  for (const Member& member : node.members) read_extraction(member, step, reading);
  for (Extraction& extraction : step.extractions) {
    extraction.what = one_line(std::move(extraction.what));
    const bool from_header = extraction.source == Extraction::Source::header;
    step.wants_headers = step.wants_headers || from_header;
    step.wants_body = step.wants_body || !from_header;
  }
}

}  // namespace dyno::scenario
