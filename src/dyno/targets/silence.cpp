#include "dyno/targets/silence.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/figures.h"

namespace dyno::targets {

using metrics::OutcomeKind;
using record::Cell;
using record::RunRecord;
using record::Verdict;

namespace {

constexpr Duration shortest_silence = std::chrono::seconds{1};
constexpr std::uint64_t unanswered_enough = 10;

bool is_answer(metrics::Outcome outcome) {
  switch (outcome.kind) {
    case OutcomeKind::ok:
    case OutcomeKind::http_error:
    case OutcomeKind::check_failed:
    case OutcomeKind::protocol:
    case OutcomeKind::truncated:
      return true;
    default:
      return false;
  }
}

struct Answers {
  Duration last{};     // offset of the last one
  Duration longest{};  // service time
};

Answers answers_of(const RunRecord& record) {
  Answers answers;
  for (const auto& cell : record.cells) {
    if (!is_answer(cell.outcome) || cell.count == 0) continue;
    answers.last = std::max(answers.last, cell.last_seen);
    answers.longest = std::max(answers.longest, cell.service_time.max());
  }
  return answers;
}

// What the user breaks off by a second stop says nothing of the service.
bool is_unanswered(const RunRecord& record, const Cell& cell) {
  if (is_answer(cell.outcome) || cell.outcome.kind == OutcomeKind::dropped) return false;
  return cell.outcome.kind != OutcomeKind::cancelled ||
         record.completion == record::Completion::complete;
}

// At least how many went unanswered after the last answer, and the outcome of most of them. Cells
// that began before it tell no number, the series does; so the larger of the two.
struct Unanswered {
  std::uint64_t count = 0;
  const Cell* most = nullptr;
};

Unanswered unanswered_after(const RunRecord& record, Duration last_answer) {
  Unanswered found;
  for (const auto& cell : record.cells) {
    if (!is_unanswered(record, cell) || cell.last_seen <= last_answer) continue;
    if (found.most == nullptr || cell.count > found.most->count) found.most = &cell;
    if (cell.first_seen > last_answer) found.count += cell.count;
  }
  std::uint64_t in_series = 0;
  for (const auto& point : record.series) {
    if (point.start >= last_answer) in_series += point.failed;
  }
  found.count = std::max(found.count, in_series);
  return found;
}

}  // namespace

std::optional<Verdict> judge_silence(const RunRecord& record) {
  if (!record.validity.valid) return {};
  const auto answers = answers_of(record);
  const auto silence = record.length - answers.last;
  if (silence < std::max(shortest_silence, 2 * answers.longest)) return {};
  const auto found = unanswered_after(record, answers.last);
  const auto enough = std::clamp<std::uint64_t>(record.load.users, 1, unanswered_enough);
  if (found.most == nullptr || found.count < enough) return {};
  Verdict verdict;
  verdict.kind = record::VerdictKind::fail;
  verdict.target = "the service answers to the end of the run";
  verdict.endpoint = "*";
  verdict.samples = found.count;
  verdict.message = fmt::format(
      "the service did not answer in the last {} of the run: {} requests in vain, most often {} on "
      "{}{}; look for why it died or hangs at {} of the run",
      dyno::to_string(silence), found.count, metrics::to_string(found.most->outcome),
      record::to_string(record.endpoints.at(found.most->endpoint)),
      found.most->example.empty() ? "" : fmt::format(" ({})", found.most->example),
      dyno::to_string(answers.last));
  return verdict;
}

}  // namespace dyno::targets
