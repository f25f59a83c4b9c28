#include "dyno/metrics/cell.h"

#include <algorithm>

namespace dyno::metrics {

namespace {

constexpr std::size_t longest_example = 300;

void keep_latencies(Cell& cell, const Sample& sample) {
  if (sample.outcome.kind == OutcomeKind::dropped) return;
  cell.service_time.record(sample.service_time());
  cell.response_time.record(sample.response_time());
  cell.lateness.record(sample.lateness());
  if (answered(sample.outcome)) cell.first_byte.record(sample.first_byte - sample.sent);
}

void keep_rare(Cell& cell, const Sample& sample) {
  const Sample::Rare& rare = sample.rare();
  cell.redirects += rare.redirects;
  cell.retries += rare.retries;
  if (rare.resent) ++cell.resent;
  if (sample.outcome.kind == OutcomeKind::dropped) return;
  if (rare.dns != Duration::zero()) cell.dns.record(rare.dns);
  if (rare.connect != Duration::zero()) cell.connect.record(rare.connect);
  if (rare.tls != Duration::zero()) cell.tls.record(rare.tls);
  if (rare.first_event != Duration::zero()) cell.first_event.record(rare.first_event);
  if (rare.token_time != Duration::zero()) cell.token_time.record(rare.token_time);
  if (rare.queued != Duration::zero()) cell.queued.record(rare.queued);
}

}  // namespace

void Cell::merge(const Cell& other) {
  if (other.count > 0) {
    first_seen = count == 0 ? other.first_seen : std::min(first_seen, other.first_seen);
    last_seen = count == 0 ? other.last_seen : std::max(last_seen, other.last_seen);
  }
  count += other.count;
  completed_in_window += other.completed_in_window;
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  head_bytes += other.head_bytes;
  redirects += other.redirects;
  retries += other.retries;
  resent += other.resent;
  service_time.merge(other.service_time);
  response_time.merge(other.response_time);
  lateness.merge(other.lateness);
  first_byte.merge(other.first_byte);
  dns.merge(other.dns);
  connect.merge(other.connect);
  tls.merge(other.tls);
  events += other.events;
  tokens += other.tokens;
  first_event.merge(other.first_event);
  gap.merge(other.gap);
  token_time.merge(other.token_time);
  queued.merge(other.queued);
  if (example.empty()) example = other.example;
}

void Cell::reset() {
  count = completed_in_window = bytes_sent = bytes_received = head_bytes = 0;
  redirects = retries = resent = 0;
  events = tokens = 0;
  for (auto* histogram : {&service_time, &response_time, &lateness, &first_byte, &dns, &connect,
                          &tls, &queued, &first_event, &gap, &token_time}) {
    histogram->reset();
  }
  first_seen = last_seen = Duration::zero();
  example.clear();
}

CellTable::CellTable(std::vector<Window> windows, TimePoint start)
    : windows_(std::move(windows)), start_(start) {}

Cell& CellTable::cell(EndpointId endpoint, Outcome outcome, std::uint32_t window) {
  const auto position = endpoint * windows_.size() + window;
  if (position >= slots_.size()) slots_.resize((endpoint + 1) * windows_.size());
  auto& slot = slots_[position];
  for (auto& known : slot) {
    if (known->outcome == outcome) return *known;
  }
  slot.push_back(std::make_unique<Cell>());
  slot.back()->endpoint = endpoint;
  slot.back()->outcome = outcome;
  slot.back()->window = window;
  return *slot.back();
}

void CellTable::add(const Sample& sample, std::string_view example) {
  const auto ended = sample.last_byte - start_;
  const auto began_in = window_at(windows_, sample.intended - start_);
  const bool ended_there = ended >= sample.intended - start_ && ended < windows_[began_in].end;
  const auto ended_in = ended_there ? began_in : window_at(windows_, ended);
  auto& began = cell(sample.endpoint, sample.outcome, began_in);
  began.first_seen = began.count == 0 ? ended : std::min(began.first_seen, ended);
  began.last_seen = began.count == 0 ? ended : std::max(began.last_seen, ended);
  ++began.count;
  began.bytes_sent += sample.bytes_sent;
  began.bytes_received += sample.bytes_received;
  began.head_bytes += sample.head_bytes;
  keep_latencies(began, sample);
  if (sample.has_rare()) keep_rare(began, sample);
  if (began.example.empty() && !example.empty()) began.example = example.substr(0, longest_example);
  ++(began_in == ended_in ? began : cell(sample.endpoint, sample.outcome, ended_in))
        .completed_in_window;
}

void CellTable::add(const EventSample& event) {
  Cell& in = cell(event.endpoint, event.outcome, window_at(windows_, event.at - start_));
  ++in.events;
  in.tokens += event.tokens;
  if (event.gap) in.gap.record(*event.gap);
}

void CellTable::merge(const CellTable& other) {
  for (const auto* theirs : other.cells()) {
    cell(theirs->endpoint, theirs->outcome, theirs->window).merge(*theirs);
  }
}

void CellTable::reset() {
  for (auto& slot : slots_) {
    for (auto& cell : slot) cell->reset();
  }
}

std::vector<const Cell*> CellTable::cells() const {
  std::vector<const Cell*> result;
  for (const auto& slot : slots_) {
    const auto first = result.size();
    for (const auto& cell : slot) {
      if (!cell->empty()) result.push_back(cell.get());
    }
    std::sort(result.begin() + static_cast<std::ptrdiff_t>(first), result.end(),
              [](const Cell* a, const Cell* b) { return a->outcome < b->outcome; });
  }
  return result;
}

std::vector<Cell> CellTable::copy() const {
  std::vector<Cell> result;
  for (const auto* cell : cells()) result.push_back(*cell);
  return result;
}

}  // namespace dyno::metrics
