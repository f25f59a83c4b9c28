#include "dyno/report/rows.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "dyno/record/figures.h"

namespace dyno::report {

using metrics::OutcomeKind;
using record::Cell;
using record::RunRecord;

bool is_request(const Cell& cell) {
  return cell.outcome.kind != OutcomeKind::dropped && cell.outcome.kind != OutcomeKind::cancelled;
}

namespace {

bool is_shown(const RunRecord& record, const Cell& cell, const std::string& window) {
  return window == "*" || record.windows.at(cell.window).kind == record::WindowKind::steady;
}

void add(Row& row, const Cell& cell) {
  row.requests += cell.count;
  row.completed += cell.completed_in_window;
  row.body_bytes += cell.bytes_received - cell.head_bytes;
  row.events += cell.events;
  row.tokens += cell.tokens;
  if (cell.outcome.ok()) {
    row.response_time.merge(cell.response_time);
    row.first_event.merge(cell.first_event);
    row.gap.merge(cell.gap);
    row.token_time.merge(cell.token_time);
  } else {
    row.failures += cell.count;
    row.completed_failed += cell.completed_in_window;
  }
}

template <typename Wanted>
std::vector<Failure> failures_where(const RunRecord& record, const Wanted& wanted) {
  std::map<std::tuple<std::uint32_t, metrics::Outcome>, Cell> merged;
  for (const auto& cell : record.cells) {
    if (cell.outcome.ok() || cell.outcome.kind == OutcomeKind::cancelled || cell.count == 0 ||
        !wanted(cell))
      continue;
    merged[{cell.endpoint, cell.outcome}].merge(cell);
  }
  std::vector<Failure> result;
  for (const auto& [key, cell] : merged) {
    const auto& endpoint = record.endpoints.at(std::get<0>(key));
    auto error = metrics::to_string(std::get<1>(key));
    if (!cell.example.empty()) error += ": " + cell.example;
    result.push_back({endpoint.method, endpoint.name, std::move(error), cell.count, cell.first_seen,
                      cell.last_seen});
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Failure& a, const Failure& b) { return a.count > b.count; });
  return result;
}

}  // namespace

std::string shown_window(const RunRecord& record) {
  for (const auto& cell : record.cells) {
    if (is_request(cell) && cell.count > 0 && is_shown(record, cell, "steady")) return "steady";
  }
  return "*";
}

double shown_seconds(const RunRecord& record) {
  const auto length = record::window_length(record, shown_window(record));
  return static_cast<double>(length.count()) / 1e9;
}

std::vector<Row> endpoint_rows(const RunRecord& record) {
  const auto window = shown_window(record);
  std::map<std::uint32_t, Row> by_endpoint;
  for (const auto& cell : record.cells) {
    if (!is_request(cell) || !is_shown(record, cell, window)) continue;
    add(by_endpoint[cell.endpoint], cell);
  }
  std::vector<Row> rows;
  for (auto& [endpoint, row] : by_endpoint) {
    row.method = record.endpoints.at(endpoint).method;
    row.name = record.endpoints.at(endpoint).name;
    row.seconds = shown_seconds(record);
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.name, a.method) < std::tie(b.name, b.method);
  });
  return rows;
}

Row aggregated(const std::vector<Row>& rows, double seconds) {
  Row all;
  all.name = "Aggregated";
  all.seconds = seconds;
  for (const auto& row : rows) {
    all.requests += row.requests;
    all.failures += row.failures;
    all.completed += row.completed;
    all.completed_failed += row.completed_failed;
    all.body_bytes += row.body_bytes;
    all.response_time.merge(row.response_time);
  }
  return all;
}

std::vector<Failure> failures(const RunRecord& record) {
  return failures_where(record, [](const Cell&) { return true; });
}

std::vector<Failure> shown_failures(const RunRecord& record) {
  const auto window = shown_window(record);
  return failures_where(
      record, [&](const Cell& cell) { return is_request(cell) && is_shown(record, cell, window); });
}

}  // namespace dyno::report
