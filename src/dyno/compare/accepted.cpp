#include "dyno/compare/accepted.h"

#include <chrono>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/clock.h"
#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/core/text.h"

namespace dyno::compare {

using nlohmann::json;
using record::Change;

namespace {

constexpr const char* accepted_schema = "dyno.accepted";

bool is_date(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  char rest = 0;
  if (text.size() != 10 ||
      std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &rest) != 3) {
    return false;
  }
  return std::chrono::year_month_day{std::chrono::year{year}, std::chrono::month{month},
                                     std::chrono::day{day}}
      .ok();
}

std::string range_text(const Acceptance& acceptance) {
  return acceptance.range
             ? fmt::format("{:g} to {:g} times", acceptance.range->first, acceptance.range->second)
             : "missing";
}

json to_json(const Acceptance& acceptance) {
  json result = {{"what", acceptance.what},
                 {"commit", acceptance.commit},
                 {"reason", acceptance.reason},
                 {"expires", acceptance.expires}};
  if (acceptance.range) {
    result["range"] = {acceptance.range->first, acceptance.range->second};
  } else {
    result["range"] = "missing";
  }
  if (!acceptance.against.empty()) result["against"] = acceptance.against;
  return result;
}

Acceptance acceptance_from_json(const json& source) {
  Acceptance acceptance;
  acceptance.what = source.at("what");
  acceptance.commit = source.at("commit");
  acceptance.reason = source.at("reason");
  acceptance.expires = source.at("expires");
  acceptance.against = source.value("against", "");
  const auto& range = source.at("range");
  if (range != "missing") acceptance.range = {range.at(0).get<double>(), range.at(1).get<double>()};
  return acceptance;
}

bool concerns(const Acceptance& acceptance, const record::ComparedFigure& figure) {
  if (figure.change != (acceptance.range ? Change::regressed : Change::missing)) return false;
  return matches_glob(acceptance.what, figure.subject) ||
         matches_glob(acceptance.what, figure.subject + " " + figure.figure);
}

// Why an acceptance that concerns a figure does not hold; empty when it does.
std::string why_not(const Acceptance& acceptance, const record::ComparedFigure& figure,
                    const std::string& base_commit, const std::string& today) {
  if (acceptance.expires < today) {
    return fmt::format(
        "its acceptance expired on {}: mend it, or have it reviewed and accepted again",
        acceptance.expires);
  }
  if (acceptance.range && (!figure.ratio || *figure.ratio < acceptance.range->first ||
                           *figure.ratio > acceptance.range->second)) {
    return fmt::format("accepted is only {} (commit {})", range_text(acceptance),
                       acceptance.commit);
  }
  if (!acceptance.against.empty() && !base_commit.starts_with(acceptance.against)) {
    return fmt::format("accepted is only the change against commit {}, this base is of {}",
                       acceptance.against, base_commit.empty() ? "an unknown one" : base_commit);
  }
  return "";
}

void honour_one(record::ComparedFigure& figure, const std::vector<Acceptance>& acceptances,
                const std::string& base_commit, const std::string& today) {
  std::string reasons;
  for (const auto& acceptance : acceptances) {
    if (!concerns(acceptance, figure)) continue;
    const auto why = why_not(acceptance, figure, base_commit, today);
    if (why.empty()) {
      figure.accepted = fmt::format("{}, by commit {}, until {}: {}", range_text(acceptance),
                                    acceptance.commit, acceptance.expires, acceptance.reason);
      figure.message += "; accepted " + figure.accepted;
      return;
    }
    // Two acceptances of one change may fail for one reason.
    if (reasons.find("; " + why) == std::string::npos) reasons += "; " + why;
  }
  figure.message += reasons;
}

}  // namespace

Result<void> check(const Acceptance& acceptance) {
  const auto wrong = [](const std::string& why) -> Result<void> { return Error{why}; };
  if (acceptance.what.empty()) return wrong("'what' is empty: name a benchmark or a figure of one");
  if (acceptance.commit.empty()) return wrong("'commit' is empty: name the one that did it");
  if (acceptance.reason.empty()) return wrong("'reason' is empty: say why it is accepted");
  if (!is_date(acceptance.expires)) {
    return wrong(
        fmt::format("'expires' is '{}': write a date such as 2026-12-31", acceptance.expires));
  }
  if (!acceptance.range) return {};
  const auto [low, high] = *acceptance.range;
  if (!std::isfinite(low) || !std::isfinite(high) || low <= 0 || high < low) {
    return wrong(fmt::format("'range' is {:g} to {:g}: write the least and the largest head / base",
                             low, high));
  }
  return {};
}

Result<std::vector<Acceptance>> read_acceptances(const std::filesystem::path& file) {
  std::vector<Acceptance> acceptances;
  if (!std::filesystem::exists(file)) return acceptances;
  const auto source = read_json(file);
  if (!source) return source.error();
  if (!source->is_object() || source->value("schema", json()) != accepted_schema ||
      source->value("schema_version", json()) != 1 || !source->contains("accepted") ||
      !source->at("accepted").is_array()) {
    return Error{
        fmt::format("{}: not a file of acceptances of version 1; docs/comparing.md says "
                    "what it looks like",
                    file.string())};
  }
  for (const auto& entry : source->at("accepted")) {
    const auto name = fmt::format("{}: entry {}", file.string(), acceptances.size() + 1);
    try {
      auto acceptance = acceptance_from_json(entry);
      if (const auto good = check(acceptance); !good) {
        return Error{fmt::format("{}: {}", name, good.error().message)};
      }
      acceptances.push_back(std::move(acceptance));
    } catch (const json::exception& bad) {
      const std::string what = bad.what();
      return Error{
          fmt::format("{}: {}", name, what.substr(std::min(what.size(), what.find("] ") + 2)))};
    }
  }
  return acceptances;
}

Result<void> write_acceptances(const std::filesystem::path& file,
                               const std::vector<Acceptance>& acceptances) {
  auto list = json::array();
  for (const auto& acceptance : acceptances) list.push_back(to_json(acceptance));
  const json whole = {{"schema", accepted_schema}, {"schema_version", 1}, {"accepted", list}};
  return write_file(file, whole.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

void honour(record::Comparison& comparison, const std::vector<Acceptance>& acceptances,
            const std::string& today) {
  for (auto& figure : comparison.figures) {
    honour_one(figure, acceptances, comparison.base_commit, today);
  }
}

Result<void> honour(record::Comparison& comparison, const std::filesystem::path& baselines) {
  const auto acceptances = read_acceptances(baselines / accepted_file);
  if (!acceptances) return acceptances.error();
  honour(comparison, *acceptances, today());
  return {};
}

std::string today() { return to_iso8601(utc_now()).substr(0, 10); }

}  // namespace dyno::compare
