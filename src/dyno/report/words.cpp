#include "dyno/report/words.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/figures.h"
#include "dyno/record/names.h"
#include "dyno/report/rows.h"

namespace dyno::report {

using record::VerdictKind;

namespace {

constexpr const char* green = "32";
constexpr const char* yellow = "33";
constexpr const char* red = "31";

}  // namespace

std::string word(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::pass:
      return "PASS";
    case VerdictKind::warn:
      return "WARN";
    case VerdictKind::fail:
      return "FAIL";
    case VerdictKind::invalid:
      return "INVALID";
    case VerdictKind::no_data:
      return "NO DATA";
    case VerdictKind::not_applicable:
      return "N/A";
  }
  return "?";
}

std::string word(ExitStatus status) {
  switch (status) {
    case ExitStatus::pass:
      return "PASS";
    case ExitStatus::fail:
      return "FAIL";
    case ExitStatus::usage:
      return "ERROR";
    case ExitStatus::inconclusive:
      return "INCONCLUSIVE";
    case ExitStatus::invalid:
      return "INVALID";
  }
  return "?";
}

std::string percentile_text(const metrics::Histogram& histogram, double percentile) {
  return histogram.empty() ? "-" : to_string(histogram.percentile(percentile));
}

std::string mean_text(const metrics::Histogram& histogram) {
  return histogram.empty() ? "-" : to_string(histogram.mean());
}

std::string headline(const record::RunRecord& record) {
  const auto service = record.service.system.empty() ? record.service.url
                                                     : fmt::format("{} ({})", record.service.system,
                                                                   to_string(record.service.mode));
  const auto window =
      shown_window(record) == "steady"
          ? fmt::format("steady window {}", to_string(record::window_length(record, "steady")))
          : "the whole run, as no steady window holds a sample";
  return fmt::format("{}{}{}; shown is {}", service, service.empty() ? "" : ", ",
                     record.load.description, window);
}

std::string key_figures(const record::CaseRecord& item) {
  const std::pair<const char*, const char*> shown[] = {{"response_time.p50", "p50 {}"},
                                                       {"response_time.p95", "p95 {}"},
                                                       {"rate", "{}"},
                                                       {"error_share", "{} failed"},
                                                       {"service.cpu_percent.mean", "CPU {}"},
                                                       {"service.rss.max", "memory {}"}};
  std::vector<std::string> parts;
  for (const auto& [name, form] : shown) {
    for (const auto& figure : item.figures) {
      if (figure.name != name) continue;
      parts.push_back(
          fmt::format(fmt::runtime(form), record::value_to_string(figure.value, figure.unit)));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string disturbances(const record::SuiteRecord& suite) {
  constexpr double worth_saying = 10;  // percent, as record::disturbance()
  const record::CaseRecord* most = nullptr;
  double share = worth_saying;
  std::size_t cases = 0;
  for (const auto& item : suite.cases) {
    for (const auto& figure : item.figures) {
      if (figure.name != "others.cpu_percent.mean" || figure.value <= worth_saying) continue;
      ++cases;
      if (figure.value <= share) continue;
      share = figure.value;
      most = &item;
    }
  }
  if (most == nullptr) return "";
  return fmt::format(
      "other programs had {:.0f} % of the CPU while {} was measured{}", share, most->name,
      cases > 1
          ? fmt::format(", and over {:.0f} % in {}", worth_saying, counted(cases - 1, "other case"))
          : "");
}

std::string counts(const record::Comparison& comparison) {
  std::map<record::Change, int> by_change;
  for (const auto& figure : comparison.figures) ++by_change[figure.change];
  std::vector<std::string> parts;
  for (const auto& [change, count] : by_change) {
    parts.push_back(fmt::format("{} {}", count, to_string(change)));
  }
  return parts.empty() ? "nothing to compare" : fmt::format("{}", fmt::join(parts, ", "));
}

bool is_ordinary(record::Change change) {
  using record::Change;
  return change == Change::equivalent || change == Change::inconclusive ||
         change == Change::no_baseline;
}

bool matters_more(record::Change a, record::Change b) {
  using record::Change;
  constexpr std::array order{Change::regressed,    Change::missing,   Change::errored,
                             Change::improved,     Change::added,     Change::no_baseline,
                             Change::inconclusive, Change::equivalent};
  return std::find(order.begin(), order.end(), a) < std::find(order.begin(), order.end(), b);
}

std::vector<std::string> why_no_baseline(const record::Comparison& comparison) {
  constexpr std::size_t most_examples = 3;
  const auto mark = fmt::format(": {}: ", to_string(record::Change::no_baseline));
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;  // and whose they are
  std::vector<std::string> lines;
  for (const auto& figure : comparison.figures) {
    if (figure.change != record::Change::no_baseline) continue;
    const auto at = figure.message.find(mark);
    if (at == std::string::npos) {
      lines.push_back(figure.message);
      continue;
    }
    const auto why = figure.message.substr(at + mark.size());
    auto known = std::find_if(reasons.begin(), reasons.end(),
                              [&](const auto& one) { return one.first == why; });
    if (known == reasons.end()) known = reasons.insert(reasons.end(), {why, {}});
    known->second.push_back(figure.message.substr(0, at));
  }
  for (const auto& [why, names] : reasons) {
    const auto examples = std::min(most_examples, names.size());
    lines.push_back(fmt::format(
        "no baseline: {}: {}{}", why,
        names.size() > most_examples ? fmt::format("{} in all, such as ", names.size()) : "",
        fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(examples), "; ")));
  }
  return lines;
}

const char* code_of(VerdictKind kind) {
  if (kind == VerdictKind::pass) return green;
  return kind == VerdictKind::warn || kind == VerdictKind::not_applicable ? yellow : red;
}

const char* code_of(ExitStatus status) {
  return status == ExitStatus::pass ? green : status == ExitStatus::inconclusive ? yellow : red;
}

const char* code_of(record::Change change) {
  using record::Change;
  switch (change) {
    case Change::improved:
    case Change::equivalent:
    case Change::added:
      return green;
    case Change::inconclusive:
    case Change::no_baseline:
      return yellow;
    default:
      return red;
  }
}

std::string painted(const std::string& text, const char* code, bool colour) {
  return colour ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

std::string right_in(std::size_t columns, const std::string& text) {
  return std::string(columns - std::min(columns, columns_of(text)), ' ') + text;
}

std::string left_in(std::size_t columns, const std::string& text) {
  return text + std::string(columns - std::min(columns, columns_of(text)), ' ');
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '*' || c == '`') result += '\\';
    if (c == '<') {
      result += "&lt;";
    } else {
      result += c == '\n' || c == '\r' ? ' ' : c;
    }
  }
  return result;
}

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += fmt::format("- {}\n", escaped(line));
  return text;
}

}  // namespace dyno::report
