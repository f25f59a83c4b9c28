#include "request_shape_for_test.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "dyno/http/message.h"
#include "dyno/http/wire.h"

namespace journeys {
namespace {

using nlohmann::json;

std::size_t length_of_uuid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() < form.size()) return 0;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '-' ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
      return 0;
  return form.size();
}

void note_target(Shape& shape, std::string_view target) {
  const auto question = std::min(target.find('?'), target.size());
  note(shape, "path", target.substr(0, question));
  for (std::size_t at = question + 1; at < target.size();) {
    const auto end = std::min(target.find('&', at), target.size());
    const auto field = target.substr(at, end - at);
    const auto equals = std::min(field.find('='), field.size());
    note(shape, fmt::format("query {}", field.substr(0, equals)), field.substr(equals));
    at = end + 1;
  }
}

void note_headers(Shape& shape, std::string_view head) {
  for (auto at = head.find("\r\n") + 2; at < head.size();) {
    const auto end = std::min(head.find("\r\n", at), head.size());
    const auto line = head.substr(at, end - at);
    at = end + 2;
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name != "host" && name != "content-length")
      note(shape, "header " + name, line.substr(colon + 1));
  }
}

bool same(const std::vector<Range>& a, const std::vector<Range>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Range& x, const Range& y) {
    const double tenth = std::max(x.high - x.low, y.high - y.low) / 10;
    return std::abs(x.low - y.low) <= tenth && std::abs(x.high - y.high) <= tenth;
  });
}

}  // namespace

void note(Shape& shape, const std::string& place, std::string_view text) {
  std::string form;
  std::vector<double> numbers;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t length = length_of_uuid(text.substr(at))) {
      form += "<uuid>";
      at += length;
    } else if (dyno::http::is_digit(text[at])) {
      std::size_t end = at;
      while (end < text.size() && dyno::http::is_digit(text[end])) ++end;
      numbers.push_back(std::stod(std::string(text.substr(at, end - at))));
      form += '#';
      at = end;
    } else {
      form += text[at++];
    }
  }
  auto& ranges = shape[place][form];
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (ranges.size() == i) ranges.push_back({numbers[i], numbers[i]});
    ranges[i] = {std::min(ranges[i].low, numbers[i]), std::max(ranges[i].high, numbers[i])};
  }
}

void note_request(Shape& shape, const std::string& request) {
  const std::string_view head = dyno::http::wire_head(request);
  note(shape, "method", dyno::http::wire_method(request));
  note_target(shape, dyno::http::wire_target(request));
  note_headers(shape, head);
  const std::string body = request.substr(head.size());
  const json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object() || parsed.empty()) return note(shape, "body", body);
  const json flat = parsed.flatten();
  for (const auto& [pointer, value] : flat.items()) note(shape, "body " + pointer, value.dump());
}

bool same(const Texts& a, const Texts& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same(x.second, y.second);
  });
}

std::string to_text(const Texts& texts) {
  if (texts.empty()) return "nothing";
  std::vector<std::string> all;
  for (const auto& [form, ranges] : texts) {
    std::string text = form;
    for (const Range& range : ranges) text += fmt::format(" [{}..{}]", range.low, range.high);
    all.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(all, " | "));
}

}  // namespace journeys
