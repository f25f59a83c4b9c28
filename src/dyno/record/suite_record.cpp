#include "dyno/record/suite_record.h"

#include <algorithm>

#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/record/figures.h"
#include "dyno/record/json_fields.h"
#include "dyno/record/names.h"
#include "dyno/record/record_file.h"
#include "dyno/record/run_record_json.h"

namespace dyno::record {

using nlohmann::json;

namespace {

constexpr const char* suite_schema = "dyno.suite";

json to_json(const ComparedFigure& figure) {
  json result = {{"change", to_string(figure.change)},
                 {"subject", figure.subject},
                 {"figure", figure.figure},
                 {"unit", figure.unit},
                 {"base_runs", figure.base_runs},
                 {"head_runs", figure.head_runs},
                 {"message", figure.message}};
  put_optional(result, "base", figure.base);
  put_optional(result, "head", figure.head);
  put_optional(result, "ratio", figure.ratio);
  put_optional(result, "low", figure.low);
  put_optional(result, "high", figure.high);
  put_optional(result, "p", figure.p);
  put_optional(result, "detectable", figure.detectable);
  if (figure.more_is_better) result["more_is_better"] = true;
  if (!figure.accepted.empty()) result["accepted"] = figure.accepted;
  return result;
}

ComparedFigure compared_figure_from_json(const json& source) {
  ComparedFigure figure;
  figure.change = get_word(source, "change", parse_change);
  figure.subject = source.at("subject");
  figure.figure = source.value("figure", "");
  figure.unit = source.value("unit", "");
  figure.base_runs = source.value("base_runs", 0U);
  figure.head_runs = source.value("head_runs", 0U);
  figure.message = source.value("message", "");
  get_optional(source, "base", figure.base);
  get_optional(source, "head", figure.head);
  get_optional(source, "ratio", figure.ratio);
  get_optional(source, "low", figure.low);
  get_optional(source, "high", figure.high);
  get_optional(source, "p", figure.p);
  get_optional(source, "detectable", figure.detectable);
  figure.more_is_better = source.value("more_is_better", false);
  figure.accepted = source.value("accepted", "");
  return figure;
}

Comparison comparison_from_json(const json& source) {
  Comparison comparison;
  comparison.base = source.value("base", "");
  comparison.head = source.value("head", "");
  for (const auto& figure : source.at("figures")) {
    comparison.figures.push_back(compared_figure_from_json(figure));
  }
  comparison.notes = source.value("notes", std::vector<std::string>{});
  comparison.base_commit = source.value("base_commit", "");
  comparison.head_commit = source.value("head_commit", "");
  return comparison;
}

json to_json(const CaseRecord& item) {
  auto verdicts = json::array();
  for (const auto& verdict : item.verdicts) verdicts.push_back(to_json(verdict));
  auto figures = json::array();
  for (const auto& figure : item.figures) {
    figures.push_back(
        {{"name", figure.name}, {"value", number(figure.value)}, {"unit", figure.unit}});
  }
  return {{"name", item.name},
          {"labels", item.labels},
          {"folder", item.folder},
          {"exit_status", static_cast<int>(item.exit)},
          {"length_ns", ns(item.length)},
          {"completion", to_string(item.completion)},
          {"validity", to_json(item.validity)},
          {"verdicts", verdicts},
          {"figures", figures},
          {"message", item.message}};
}

ExitStatus get_exit_status(const json& source) {
  const auto value = source.at("exit_status").get<int>();
  if (value < 0 || value > 4) throw BadField(fmt::format("{} is no exit status", value));
  return static_cast<ExitStatus>(value);
}

CaseRecord case_from_json(const json& source) {
  CaseRecord item;
  item.name = source.at("name");
  item.labels = source.value("labels", std::vector<std::string>{});
  item.folder = source.value("folder", "");
  item.exit = get_exit_status(source);
  item.length = get_duration(source, "length_ns");
  item.completion = get_word(source, "completion", parse_completion);
  item.validity = validity_from_json(source.at("validity"));
  for (const auto& verdict : source.at("verdicts")) {
    item.verdicts.push_back(verdict_from_json(verdict));
  }
  for (const auto& figure : source.at("figures")) {
    item.figures.push_back(
        {figure.at("name"), get_number(figure, "value"), figure.value("unit", "")});
  }
  item.message = source.value("message", "");
  return item;
}

SuiteRecord read_suite(const json& source) {
  if (!source.is_object() || source.value("schema", "") != suite_schema) {
    throw BadField(fmt::format("its 'schema' is not \"{}\"", suite_schema));
  }
  SuiteRecord suite;
  suite.version = source.at("schema_version");
  if (suite.version > schema_version) {
    throw BadField(
        fmt::format("its schema version {} is newer than this dyno can read ({}); use a newer dyno",
                    suite.version, schema_version));
  }
  suite.id = source.at("id");
  suite.name = source.at("name");
  suite.form = source.value("form", suite.form);
  suite.started = from_iso8601(source.at("started"));
  suite.length = get_duration(source, "length_ns");
  suite.environment = source.at("environment").get<Environment>();
  for (const auto& item : source.at("cases")) suite.cases.push_back(case_from_json(item));
  suite.missing_cases = source.value("missing_cases", std::vector<std::string>{});
  suite.benchmarks = source.value("benchmarks", "");
  if (source.contains("comparison")) suite.comparison = comparison_from_json(source["comparison"]);
  suite.exit = get_exit_status(source);
  suite.notes = source.value("notes", std::vector<std::string>{});
  return suite;
}

}  // namespace

json to_json(const Comparison& comparison) {
  auto figures = json::array();
  for (const auto& figure : comparison.figures) figures.push_back(to_json(figure));
  json result = {{"base", comparison.base},
                 {"head", comparison.head},
                 {"figures", figures},
                 {"notes", comparison.notes}};
  if (!comparison.base_commit.empty()) result["base_commit"] = comparison.base_commit;
  if (!comparison.head_commit.empty()) result["head_commit"] = comparison.head_commit;
  return result;
}

json to_json(const SuiteRecord& suite) {
  auto cases = json::array();
  for (const auto& item : suite.cases) cases.push_back(to_json(item));
  json result = {{"schema", suite_schema},
                 {"schema_version", suite.version},
                 {"id", suite.id},
                 {"name", suite.name},
                 {"form", suite.form},
                 {"started", to_iso8601(suite.started)},
                 {"length_ns", ns(suite.length)},
                 {"environment", suite.environment},
                 {"cases", cases},
                 {"missing_cases", suite.missing_cases},
                 {"benchmarks", suite.benchmarks},
                 {"exit_status", static_cast<int>(suite.exit)},
                 {"notes", suite.notes}};
  if (suite.comparison) result["comparison"] = to_json(*suite.comparison);
  return result;
}

CaseRecord summarise(const RunRecord& record, std::vector<std::string> labels, std::string folder) {
  CaseRecord item;
  item.name = record.name;
  item.labels = std::move(labels);
  item.folder = std::move(folder);
  item.length = record.length;
  item.completion = record.completion;
  item.validity = record.validity;
  item.verdicts = record.verdicts;
  item.exit = exit_status(record.verdicts);
  for (const auto* name :
       {"requests", "rate", "error_share", "response_time.mean", "response_time.p50",
        "response_time.p95", "response_time.p99", "service.cpu_percent.mean", "service.rss.max",
        "others.cpu_percent.mean"}) {
    FigureQuery query;
    query.figure = name;
    const auto found = figure(record, query);
    if (found.known()) item.figures.push_back({name, found.value, found.unit});
  }
  return item;
}

ExitStatus exit_status(const std::vector<Verdict>& verdicts) {
  const auto any = [&](auto... kinds) {
    return std::any_of(verdicts.begin(), verdicts.end(),
                       [&](const Verdict& verdict) { return ((verdict.kind == kinds) || ...); });
  };
  // Nothing is called a miss in a run that cannot be believed, so a miss stands.
  if (any(VerdictKind::fail)) return ExitStatus::fail;
  if (verdicts.empty() || any(VerdictKind::invalid, VerdictKind::no_data)) {
    return ExitStatus::invalid;
  }
  return any(VerdictKind::pass, VerdictKind::warn) ? ExitStatus::pass : ExitStatus::inconclusive;
}

ExitStatus exit_status(const SuiteRecord& suite) {
  auto status =
      suite.cases.empty() || !suite.missing_cases.empty() ? ExitStatus::invalid : ExitStatus::pass;
  for (const auto& item : suite.cases) status = worst(status, item.exit);
  return status;
}

Result<SuiteRecord> suite_record_from_json(const json& source, const std::string& name) {
  return guarded<SuiteRecord>(name, "a record of a suite", [&] { return read_suite(source); });
}

Result<SuiteRecord> read_suite_record(const std::filesystem::path& path) {
  std::error_code unknown;  // then opening it says why
  const auto file = std::filesystem::is_directory(path, unknown) ? path / record_file : path;
  const auto source = read_json(file);
  if (!source) return source.error();
  return suite_record_from_json(*source, file.string());
}

Result<void> write_suite_record(const SuiteRecord& suite, const std::filesystem::path& path) {
  return write_file(path, to_text(to_json(suite)));
}

}  // namespace dyno::record
