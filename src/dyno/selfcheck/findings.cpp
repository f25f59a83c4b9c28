#include "dyno/selfcheck/findings.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/core/text.h"

namespace dyno::selfcheck {

namespace {

// What a bare timer is late by, at most, on a machine that does nothing else.
constexpr Duration busy_timer = std::chrono::microseconds{200};

constexpr double shown[] = {50, 99, 99.9, 100};

std::string percentile_name(double percentile) {
  return percentile == 100 ? "max" : fmt::format("p{}", percentile);
}

std::string signed_text(Duration duration) {
  return (duration < Duration::zero() ? "-" : "+") + to_string(std::chrono::abs(duration));
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string cores_text(const std::vector<int>& cores) {
  return cores.empty() ? "not bound to a core" : fmt::format("core {}", fmt::join(cores, ","));
}

std::string verdict_of(const Row& row) {
  if (!row.judged) return "too few to judge";
  return row.within() ? "within" : "OUT OF BOUNDS";
}

// A row of cells; columns as wide as `widths` (text) or separated by bars (Markdown).
using Line = std::vector<std::string>;

std::string table(const std::vector<Line>& lines, bool markdown) {
  std::vector<std::size_t> widths(lines.front().size(), 0);
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    std::string row = markdown ? "|" : " ";
    for (std::size_t i = 0; i < lines[n].size(); ++i) {
      row += fmt::format(" {:{}}{}", lines[n][i], widths[i], markdown ? " |" : " ");
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
    if (markdown && n == 0) {
      text += "|";
      for (const std::size_t width : widths) text += std::string(width + 2, '-') + "|";
      text += "\n";
    }
  }
  return text;
}

std::vector<Line> case_lines(const std::vector<CaseFinding>& cases) {
  std::vector<Line> lines{
      {"case", "percentile", "truth", "measured", "off by", "service time", "verdict"}};
  for (const CaseFinding& found : cases) {
    for (const Row& row : found.rows) {
      lines.push_back({found.name, percentile_name(row.percentile), to_string(row.truth),
                       to_string(row.response_time), signed_text(row.off_by()),
                       to_string(row.service_time), verdict_of(row)});
    }
  }
  return lines;
}

std::vector<Line> lateness_lines(const LatenessFinding& found) {
  std::vector<Line> lines{{"lateness", "engine", "bare timer", "beyond it", "bare timer alone"}};
  for (const double percentile : shown) {
    lines.push_back({percentile_name(percentile), to_string(found.engine.percentile(percentile)),
                     to_string(found.bare_timer.percentile(percentile)),
                     signed_text(found.beyond(percentile)),
                     to_string(found.alone.percentile(percentile))});
  }
  return lines;
}

std::string render(const Findings& findings, bool markdown) {
  std::string text;
  const std::string item = markdown ? "- " : "  ";
  const auto heading = [&](std::string_view title) {
    text += fmt::format("{}{}{}\n{}", text.empty() ? "" : "\n", markdown ? "## " : "", title,
                        markdown ? "\n" : "");
  };
  if (!findings.cases.empty()) {
    heading(fmt::format("Response times beside what they must be (within {:.0f} % or {})",
                        tolerated_share * 100, to_string(tolerated)));
    for (const CaseFinding& found : findings.cases) {
      text += fmt::format("{}{}: {}; {} of {} answered; the oracle itself late by p99 {}, max {}\n",
                          item, found.name, found.what, found.answered, found.scheduled,
                          to_string(found.oracle_late_p99), to_string(found.oracle_late_max));
    }
    text += "\n" + table(case_lines(findings.cases), markdown);
  }
  for (const LatenessFinding& found : findings.lateness) {
    heading(fmt::format("Lateness (p99 at most {} beyond a bare timer loop's)",
                        to_string(tolerated_lateness)));
    text += fmt::format("{}{}; {} of {} arrivals sent, {:.3f} %\n\n", item, found.what, found.sent,
                        found.scheduled, 100 * share_of(found.sent, found.scheduled));
    text += table(lateness_lines(found), markdown);
  }
  heading(findings.within() ? "PASS: within bounds" : "FAIL: out of bounds");
  for (const std::string& line : advice(findings)) text += item + line + "\n";
  text += fmt::format("{}engine {}, oracle {}, {}\n", item, cores_text(findings.engine_cores),
                      cores_text(findings.oracle_cores), findings.environment.cpu_model);
  return text;
}

nlohmann::json percentiles_json(const metrics::Histogram& histogram) {
  nlohmann::json json{{"count", histogram.count()}};
  for (const double percentile : shown) {
    json[percentile_name(percentile) + "_ns"] = histogram.percentile(percentile).count();
  }
  return json;
}

nlohmann::json case_json(const CaseFinding& found) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Row& row : found.rows) {
    rows.push_back({{"percentile", row.percentile},
                    {"truth_ns", row.truth.count()},
                    {"response_time_ns", row.response_time.count()},
                    {"service_time_ns", row.service_time.count()},
                    {"off_by_ns", row.off_by().count()},
                    {"judged", row.judged},
                    {"within", row.within()}});
  }
  return {{"name", found.name},
          {"what", found.what},
          {"scheduled", found.scheduled},
          {"answered", found.answered},
          {"oracle_lateness_p99_ns", found.oracle_late_p99.count()},
          {"oracle_lateness_max_ns", found.oracle_late_max.count()},
          {"percentiles", std::move(rows)},
          {"within", found.within()}};
}

nlohmann::json lateness_json(const LatenessFinding& found) {
  return {{"what", found.what},
          {"scheduled", found.scheduled},
          {"sent", found.sent},
          {"sent_share", share_of(found.sent, found.scheduled)},
          {"engine", percentiles_json(found.engine)},
          {"bare_timer", percentiles_json(found.bare_timer)},
          {"bare_timer_alone", percentiles_json(found.alone)},
          {"p99_beyond_ns", found.beyond(99).count()},
          {"within", found.within()}};
}

}  // namespace

bool Row::within() const {
  const double off = std::abs(static_cast<double>(off_by().count()));
  return off <= std::max(tolerated_share * static_cast<double>(truth.count()),
                         static_cast<double>(tolerated.count()));
}

bool CaseFinding::within() const {
  return answered == scheduled && std::all_of(rows.begin(), rows.end(), [](const Row& row) {
           return !row.judged || row.within();
         });
}

Duration LatenessFinding::beyond(double percentile) const {
  return engine.percentile(percentile) - bare_timer.percentile(percentile);
}

bool LatenessFinding::within() const {
  return share_of(sent, scheduled) >= least_sent && beyond(99) <= tolerated_lateness;
}

bool Findings::within() const {
  const auto holds = [](const auto& found) { return found.within(); };
  return std::all_of(cases.begin(), cases.end(), holds) &&
         std::all_of(lateness.begin(), lateness.end(), holds);
}

std::vector<std::string> advice(const Findings& findings) {
  std::vector<std::string> lines;
  if (findings.within()) return lines;
  bool oracle_late = false;
  for (const CaseFinding& found : findings.cases) {
    oracle_late = oracle_late || (!found.within() && found.oracle_late_p99 > tolerated / 2);
    if (found.answered < found.scheduled) {
      lines.push_back(
          fmt::format("{}: {} of {} requests failed or were not sent; raise the limit of open "
                      "files (ulimit -n) and run it again",
                      found.name, found.scheduled - found.answered, found.scheduled));
    }
  }
  if (oracle_late) {
    lines.emplace_back(
        "the oracle itself answered late, so the machine is too busy to tell: end other "
        "programs and run it again");
  }
  for (const LatenessFinding& found : findings.lateness) {
    if (found.within() || found.bare_timer.percentile(99) <= busy_timer) continue;
    lines.push_back(
        fmt::format("a loop that only waits was itself late by p99 {}, so the machine is too busy "
                    "to tell: end other programs and run it again",
                    to_string(found.bare_timer.percentile(99))));
  }
  if (findings.engine_cores.empty()) {
    lines.emplace_back("engine and oracle share one core: give dyno a machine with two");
  }
  if (!findings.environment.sanitizers.empty()) {
    lines.emplace_back("this dyno is built with a sanitizer: check a release build");
  }
  if (lines.empty()) {
    lines.emplace_back(
        "see that nothing else runs on the engine's core and that the machine is not throttled, "
        "and run it again; if it stays so, trust times on this machine only to what they are "
        "off by");
  }
  return lines;
}

std::string to_text(const Findings& findings) { return render(findings, false); }

std::string to_markdown(const Findings& findings) { return render(findings, true); }

nlohmann::json to_json(const Findings& findings) {
  nlohmann::json cases = nlohmann::json::array();
  for (const CaseFinding& found : findings.cases) cases.push_back(case_json(found));
  nlohmann::json json{{"version", 1},
                      {"within", findings.within()},
                      {"commit", findings.environment.commit},
                      {"cpu", findings.environment.cpu_model},
                      {"engine_cores", findings.engine_cores},
                      {"oracle_cores", findings.oracle_cores},
                      {"tolerance", {{"share", tolerated_share}, {"ns", tolerated.count()}}},
                      {"cases", std::move(cases)},
                      {"advice", advice(findings)}};
  for (const LatenessFinding& found : findings.lateness) json["lateness"] = lateness_json(found);
  return json;
}

}  // namespace dyno::selfcheck
