#include "dyno/harness/case_outcome.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/files.h"
#include "dyno/core/json.h"

namespace dyno::harness {

Result<void> write_case_outcome(const CaseOutcome& outcome, const std::filesystem::path& path) {
  const nlohmann::json json{{"name", outcome.name},
                            {"skipped", outcome.skipped},
                            {"exit", static_cast<int>(outcome.exit)},
                            {"messages", outcome.messages},
                            {"measure_again", outcome.measure_again},
                            {"records", outcome.records}};
  return write_file(path,
                    json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

Result<CaseOutcome> read_case_outcome(const std::filesystem::path& path) {
  const auto json = read_json(path);
  if (!json) return json.error();
  try {
    CaseOutcome outcome;
    outcome.name = json->at("name");
    outcome.skipped = json->at("skipped");
    const int exit = json->at("exit");
    if (exit < 0 || exit > 4) return Error{fmt::format("{}: exit {} is none", path.string(), exit)};
    outcome.exit = static_cast<ExitStatus>(exit);
    outcome.messages = json->at("messages").get<std::vector<std::string>>();
    outcome.measure_again = json->value("measure_again", false);
    outcome.records = json->at("records").get<std::vector<std::string>>();
    return outcome;
  } catch (const nlohmann::json::exception& error) {
    return Error{fmt::format("{} is not the outcome of a case: {}", path.string(), error.what())};
  }
}

}  // namespace dyno::harness
