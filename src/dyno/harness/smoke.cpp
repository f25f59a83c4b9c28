#include "dyno/harness/smoke.h"

#include <utility>

#include <fmt/format.h>

namespace dyno::harness {

load::Scenario once_each(const load::Scenario& scenario) {
  std::vector<load::Journey> journeys;
  for (const auto& users : scenario.classes) {
    for (const auto& task : users.tasks) journeys.push_back(task.activity.journey);
  }
  auto all = [journeys = std::move(journeys)](load::User& user) -> load::Task<void> {
    for (const load::Journey& journey : journeys) co_await journey(user);
  };
  load::Scenario pass;
  pass.name = "everything once";
  auto& users = pass.classes.emplace_back();
  users.tasks.push_back({"everything", 1, std::move(all)});
  users.on_start = scenario.classes.front().on_start;
  users.on_stop = scenario.classes.front().on_stop;
  return pass;
}

load::LoadPlan one_pass() { return load::users(1).hold(std::chrono::seconds{30}).operations(1); }

std::vector<std::string> what_went_wrong(const record::RunRecord& run, std::size_t least) {
  std::vector<std::string> lines;
  std::uint64_t succeeded = 0;
  for (const auto& cell : run.cells) {
    if (cell.outcome.ok()) {
      succeeded += cell.count;
    } else if (cell.count > 0) {
      const auto& endpoint = run.endpoints.at(cell.endpoint);
      lines.push_back(fmt::format("{} {}: {}{}{}", endpoint.method, endpoint.name,
                                  metrics::to_string(cell.outcome),
                                  cell.example.empty() ? "" : ": ", cell.example));
    }
  }
  if (run.completion != record::Completion::complete) lines.emplace_back("it did not end");
  if (lines.empty() && succeeded < least) {
    lines.push_back(
        fmt::format("only {} requests, where there is more to ask for: {}", succeeded, least));
  }
  return lines;
}

}  // namespace dyno::harness
