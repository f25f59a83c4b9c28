#include "dyno/record/run_record_json.h"

#include "dyno/metrics/hdr_encoding.h"
#include "dyno/record/json_fields.h"
#include "dyno/record/names.h"

namespace dyno::record {

using metrics::Histogram;
using nlohmann::json;

namespace {

constexpr const char* run_schema = "dyno.run";

struct NamedHistogram {
  const char* name;
  Histogram Cell::*member;
};

constexpr NamedHistogram histograms[] = {{"service_time", &Cell::service_time},
                                         {"response_time", &Cell::response_time},
                                         {"lateness", &Cell::lateness},
                                         {"first_byte", &Cell::first_byte},
                                         {"dns", &Cell::dns},
                                         {"connect", &Cell::connect},
                                         {"tls", &Cell::tls},
                                         {"queued", &Cell::queued},
                                         {"first_event", &Cell::first_event},
                                         {"gap", &Cell::gap},
                                         {"token_time", &Cell::token_time}};

json histogram_to_json(const Histogram& histogram, CellForm form) {
  json result = {{"count", histogram.count()},
                 {"sum_ns", ns(histogram.sum())},
                 {"min_ns", ns(histogram.min())},
                 {"max_ns", ns(histogram.max())}};
  if (histogram.below_range() > 0) result["below_range"] = histogram.below_range();
  if (histogram.above_range() > 0) result["above_range"] = histogram.above_range();
  if (form == CellForm::readable) {
    result["mean_ns"] = ns(histogram.mean());
    result["stddev_ns"] = ns(histogram.stddev());
    for (const auto& [key, percentile] : {std::pair{"p50_ns", 50.0},
                                          {"p90_ns", 90.0},
                                          {"p95_ns", 95.0},
                                          {"p99_ns", 99.0},
                                          {"p99_9_ns", 99.9}}) {
      result[key] = ns(histogram.percentile(percentile));
    }
  }
  result["hdr"] = metrics::encode_v2_compressed(histogram);
  return result;
}

Histogram histogram_from_json(const json& source) {
  auto decoded = metrics::decode_v2_compressed(source.at("hdr").get<std::string>());
  if (!decoded) throw BadField(decoded.error().message);
  Histogram::Totals totals;
  totals.count = source.at("count");
  totals.sum = get_duration(source, "sum_ns");
  totals.min = get_duration(source, "min_ns");
  totals.max = get_duration(source, "max_ns");
  totals.below_range = source.value("below_range", std::uint64_t{0});
  totals.above_range = source.value("above_range", std::uint64_t{0});
  if (totals.count != decoded->count()) {
    throw BadField(
        fmt::format("a histogram says {} values and holds {}", totals.count, decoded->count()));
  }
  decoded->restore(totals);
  return std::move(*decoded);
}

json service_to_json(const ServiceInfo& service) {
  return {{"system", service.system}, {"mode", to_string(service.mode)},
          {"url", service.url},       {"pid", service.pid},
          {"cores", service.cores},   {"details", service.details}};
}

ServiceInfo service_from_json(const json& source) {
  ServiceInfo service;
  service.system = source.value("system", "");
  service.mode = get_word(source, "mode", parse_service_mode);
  service.url = source.value("url", "");
  service.pid = source.value("pid", 0);
  service.cores = source.value("cores", std::vector<int>{});
  service.details = source.value("details", json::object());
  return service;
}

json load_to_json(const LoadInfo& load) {
  return {{"model", to_string(load.model)},
          {"executor", load.executor},
          {"form", load.form},
          {"description", load.description},
          {"users", load.users},
          {"rate_per_s", number(load.rate)},
          {"arrivals", load.arrivals},
          {"operations", load.operations},
          {"seed", load.seed},
          {"threads", load.threads},
          {"cores", load.cores}};
}

LoadInfo load_from_json(const json& source) {
  LoadInfo load;
  load.model = get_word(source, "model", parse_load_model);
  load.executor = source.value("executor", load.executor);
  load.form = source.value("form", load.form);
  load.description = source.value("description", "");
  load.users = source.value("users", 0U);
  load.rate = get_number(source, "rate_per_s");
  load.arrivals = source.value("arrivals", "");
  load.operations = source.value("operations", std::uint64_t{0});
  load.seed = source.value("seed", std::uint64_t{0});
  load.threads = source.value("threads", 0U);
  load.cores = source.value("cores", std::vector<int>{});
  return load;
}

json windows_to_json(const std::vector<Window>& windows) {
  auto result = json::array();
  for (const auto& window : windows) {
    result.push_back({{"kind", metrics::to_string(window.kind)},
                      {"name", window.name},
                      {"start_ns", ns(window.start)},
                      {"end_ns", ns(window.end)}});
    if (window.arrivals_asked <= 0) continue;
    result.back()["arrivals_asked"] = window.arrivals_asked;
    result.back()["arrivals_begun"] = window.arrivals_begun;
  }
  return result;
}

std::vector<Window> windows_from_json(const json& source) {
  std::vector<Window> windows;
  for (const auto& window : source) {
    windows.push_back({get_word(window, "kind", parse_window_kind),
                       get_duration(window, "start_ns"), get_duration(window, "end_ns"),
                       window.value("name", ""), window.value("arrivals_asked", 0.0),
                       window.value("arrivals_begun", std::uint64_t{0})});
  }
  return windows;
}

template <typename T>
json all_to_json(const std::vector<T>& values) {
  auto result = json::array();
  for (const auto& value : values) result.push_back(to_json(value));
  return result;
}

template <typename Read>
auto all_from_json(const json& record, const char* key, Read read) {
  std::vector<decltype(read(record))> values;
  const auto found = record.find(key);
  if (found == record.end()) return values;
  for (const auto& element : *found) values.push_back(read(element));
  return values;
}

void check_schema(const json& source) {
  if (source.is_object() && source.value("schema", "") == "dyno.suite") {
    throw BadField("it is that of a whole suite; name one of the folders in its cases/");
  }
  if (!source.is_object() || source.value("schema", "") != run_schema) {
    throw BadField(fmt::format("its 'schema' is not \"{}\"", run_schema));
  }
  const auto version = source.at("schema_version").get<int>();
  if (version > schema_version) {
    throw BadField(
        fmt::format("its schema version {} is newer than this dyno can read ({}); use a newer dyno",
                    version, schema_version));
  }
}

void check_indices(const RunRecord& record) {
  for (const auto& cell : record.cells) {
    if (cell.endpoint >= record.endpoints.size()) throw BadField("a cell has no such endpoint");
    if (cell.window >= record.windows.size()) throw BadField("a cell has no such window");
  }
}

RunRecord read_run(const json& source) {
  check_schema(source);
  RunRecord record;
  record.version = source.at("schema_version");
  record.id = source.at("id");
  record.name = source.at("name");
  record.completion = get_word(source, "completion", parse_completion);
  record.started = from_iso8601(source.at("started"));
  record.length = get_duration(source, "length_ns");
  record.environment = source.at("environment").get<Environment>();
  record.service = service_from_json(source.at("service"));
  record.load = load_from_json(source.at("load"));
  record.windows = windows_from_json(source.at("windows"));
  record.endpoints = all_from_json(source, "endpoints", endpoint_from_json);
  record.cells = all_from_json(source, "cells", cell_from_json);
  record.series = all_from_json(source, "series", series_point_from_json);
  record.service_resources = all_from_json(source, "service_resources", resource_sample_from_json);
  record.engine_resources = all_from_json(source, "engine_resources", resource_sample_from_json);
  record.other_resources = all_from_json(source, "other_resources", resource_sample_from_json);
  record.gauges = all_from_json(source, "gauges", gauge_from_json);
  if (source.contains("validity")) record.validity = validity_from_json(source["validity"]);
  record.verdicts = all_from_json(source, "verdicts", verdict_from_json);
  record.notes = source.value("notes", std::vector<std::string>{});
  record.reproduce = source.value("reproduce", "");
  check_indices(record);
  return record;
}

}  // namespace

json to_json(const Endpoint& endpoint) {
  return {{"method", endpoint.method}, {"name", endpoint.name}};
}

Endpoint endpoint_from_json(const json& source) {
  return {source.value("method", ""), source.at("name").get<std::string>()};
}

json to_json(const Cell& cell, CellForm form) {
  json result = {{"endpoint", cell.endpoint},
                 {"outcome", metrics::to_string(cell.outcome)},
                 {"window", cell.window},
                 {"count", cell.count},
                 {"completed_in_window", cell.completed_in_window},
                 {"bytes_sent", cell.bytes_sent},
                 {"bytes_received", cell.bytes_received},
                 {"head_bytes", cell.head_bytes},
                 {"first_seen_ns", ns(cell.first_seen)},
                 {"last_seen_ns", ns(cell.last_seen)}};
  if (cell.events > 0) result["events"] = cell.events;
  if (cell.tokens > 0) result["tokens"] = cell.tokens;
  if (cell.redirects > 0) result["redirects"] = cell.redirects;
  if (cell.retries > 0) result["retries"] = cell.retries;
  if (cell.resent > 0) result["resent"] = cell.resent;
  if (!cell.example.empty()) result["example"] = cell.example;
  for (const auto& [name, member] : histograms) {
    if (!(cell.*member).empty()) result[name] = histogram_to_json(cell.*member, form);
  }
  return result;
}

Cell cell_from_json(const json& source) {
  Cell cell;
  cell.endpoint = source.at("endpoint");
  cell.outcome = get_word(source, "outcome", metrics::parse_outcome);
  cell.window = source.at("window");
  cell.count = source.at("count");
  cell.completed_in_window = source.at("completed_in_window");
  cell.bytes_sent = source.value("bytes_sent", std::uint64_t{0});
  cell.bytes_received = source.value("bytes_received", std::uint64_t{0});
  cell.head_bytes = source.value("head_bytes", std::uint64_t{0});
  cell.events = source.value("events", std::uint64_t{0});
  cell.tokens = source.value("tokens", std::uint64_t{0});
  cell.redirects = source.value("redirects", std::uint64_t{0});
  cell.retries = source.value("retries", std::uint64_t{0});
  cell.resent = source.value("resent", std::uint64_t{0});
  cell.first_seen = get_duration(source, "first_seen_ns");
  cell.last_seen = get_duration(source, "last_seen_ns");
  cell.example = source.value("example", "");
  for (const auto& [name, member] : histograms) {
    if (source.contains(name)) cell.*member = histogram_from_json(source[name]);
  }
  return cell;
}

json to_json(const SeriesPoint& point) {
  json result = {{"start_ns", ns(point.start)},
                 {"length_ns", ns(point.length)},
                 {"users", point.users},
                 {"ok", point.ok},
                 {"failed", point.failed},
                 {"dropped", point.dropped},
                 {"bytes_received", point.bytes_received},
                 {"head_bytes", point.head_bytes},
                 {"mean_ns", ns(point.mean)},
                 {"p50_ns", ns(point.p50)},
                 {"p95_ns", ns(point.p95)},
                 {"p99_ns", ns(point.p99)},
                 {"max_ns", ns(point.max)}};
  if (point.iterations > 0) result["iterations"] = point.iterations;
  if (!point.hdr.empty()) result["hdr"] = point.hdr;
  return result;
}

SeriesPoint series_point_from_json(const json& source) {
  SeriesPoint point;
  point.start = get_duration(source, "start_ns");
  point.length = get_duration(source, "length_ns");
  point.users = source.value("users", 0U);
  point.ok = source.value("ok", std::uint64_t{0});
  point.failed = source.value("failed", std::uint64_t{0});
  point.dropped = source.value("dropped", std::uint64_t{0});
  point.iterations = source.value("iterations", std::uint64_t{0});
  point.bytes_received = source.value("bytes_received", std::uint64_t{0});
  point.head_bytes = source.value("head_bytes", std::uint64_t{0});
  point.mean = get_duration(source, "mean_ns");
  point.p50 = get_duration(source, "p50_ns");
  point.p95 = get_duration(source, "p95_ns");
  point.p99 = get_duration(source, "p99_ns");
  point.max = get_duration(source, "max_ns");
  point.hdr = source.value("hdr", "");
  return point;
}

json to_json(const ResourceSample& sample) {
  json result = {{"at_ns", ns(sample.at)}};
  put_optional(result, "cpu_percent", sample.cpu_percent);
  put_optional(result, "cpu_seconds", sample.cpu_seconds);
  put_optional(result, "rss_bytes", sample.rss_bytes);
  put_optional(result, "fds", sample.fds);
  put_optional(result, "threads", sample.threads);
  put_optional(result, "disk_read_bytes", sample.disk_read_bytes);
  put_optional(result, "disk_write_bytes", sample.disk_write_bytes);
  put_optional(result, "net_sent_bytes", sample.net_sent_bytes);
  put_optional(result, "net_received_bytes", sample.net_received_bytes);
  return result;
}

ResourceSample resource_sample_from_json(const json& source) {
  ResourceSample sample;
  sample.at = get_duration(source, "at_ns");
  get_optional(source, "cpu_percent", sample.cpu_percent);
  get_optional(source, "cpu_seconds", sample.cpu_seconds);
  get_optional(source, "rss_bytes", sample.rss_bytes);
  get_optional(source, "fds", sample.fds);
  get_optional(source, "threads", sample.threads);
  get_optional(source, "disk_read_bytes", sample.disk_read_bytes);
  get_optional(source, "disk_write_bytes", sample.disk_write_bytes);
  get_optional(source, "net_sent_bytes", sample.net_sent_bytes);
  get_optional(source, "net_received_bytes", sample.net_received_bytes);
  return sample;
}

json to_json(const GaugeSeries& gauge) {
  auto at = json::array();
  auto values = json::array();
  for (const auto& [when, value] : gauge.points) {
    if (!std::isfinite(value)) continue;
    at.push_back(ns(when));
    values.push_back(value);
  }
  return {{"name", gauge.name}, {"at_ns", at}, {"values", values}};
}

GaugeSeries gauge_from_json(const json& source) {
  GaugeSeries gauge{source.at("name"), {}};
  const auto& at = source.at("at_ns");
  const auto& values = source.at("values");
  if (at.size() != values.size()) {
    throw BadField(
        fmt::format("gauge '{}' has {} times and {} values", gauge.name, at.size(), values.size()));
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    gauge.points.emplace_back(Duration{at[i].get<std::int64_t>()}, values[i].get<double>());
  }
  return gauge;
}

json to_json(const Verdict& verdict) {
  json result = {
      {"kind", to_string(verdict.kind)}, {"target", verdict.target}, {"endpoint", verdict.endpoint},
      {"figure", verdict.figure},        {"unit", verdict.unit},     {"samples", verdict.samples},
      {"message", verdict.message}};
  put_optional(result, "measured", verdict.measured);
  put_optional(result, "limit", verdict.limit);
  return result;
}

Verdict verdict_from_json(const json& source) {
  Verdict verdict;
  verdict.kind = get_word(source, "kind", parse_verdict_kind);
  verdict.target = source.value("target", "");
  verdict.endpoint = source.value("endpoint", "");
  verdict.figure = source.value("figure", "");
  verdict.unit = source.value("unit", "");
  verdict.samples = source.value("samples", std::uint64_t{0});
  verdict.message = source.value("message", "");
  get_optional(source, "measured", verdict.measured);
  get_optional(source, "limit", verdict.limit);
  return verdict;
}

json to_json(const Validity& validity) {
  return {{"valid", validity.valid},
          {"reasons", validity.reasons},
          {"warnings", validity.warnings},
          {"short_of_cpu", validity.short_of_cpu}};
}

Validity validity_from_json(const json& source) {
  return {source.value("valid", true), source.value("reasons", std::vector<std::string>{}),
          source.value("warnings", std::vector<std::string>{}),
          source.value("short_of_cpu", false)};
}

json to_json(const RunRecord& record) {
  auto cells = json::array();
  for (const auto& cell : record.cells) cells.push_back(to_json(cell, CellForm::readable));
  return {{"schema", run_schema},
          {"schema_version", record.version},
          {"id", record.id},
          {"name", record.name},
          {"completion", to_string(record.completion)},
          {"started", to_iso8601(record.started)},
          {"length_ns", ns(record.length)},
          {"environment", record.environment},
          {"service", service_to_json(record.service)},
          {"load", load_to_json(record.load)},
          {"windows", windows_to_json(record.windows)},
          {"endpoints", all_to_json(record.endpoints)},
          {"cells", cells},
          {"series", all_to_json(record.series)},
          {"service_resources", all_to_json(record.service_resources)},
          {"engine_resources", all_to_json(record.engine_resources)},
          {"other_resources", all_to_json(record.other_resources)},
          {"gauges", all_to_json(record.gauges)},
          {"validity", to_json(record.validity)},
          {"verdicts", all_to_json(record.verdicts)},
          {"notes", record.notes},
          {"reproduce", record.reproduce}};
}

Result<RunRecord> run_record_from_json(const json& source, const std::string& name) {
  return guarded<RunRecord>(name, "a record of a dyno run", [&] { return read_run(source); });
}

}  // namespace dyno::record
