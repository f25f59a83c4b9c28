// The parts of dyno history, each in a file of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dyno/cli/command.h"
#include "dyno/core/result.h"
#include "dyno/history/series.h"

namespace dyno::cli {

// Which history, and what of it.
struct HistoryChoice {
  std::filesystem::path root = "results/history";
  std::string fingerprint;
  std::string form;
  std::vector<std::string> figures;  // globs
};

void add_history_choice(CLI::App& command, HistoryChoice& choice);

// Reads it and says on the standard error what was left out. Fails where there is nothing to show.
Result<history::Chart> read_chart(const HistoryChoice& choice);

void add_history_changes(CLI::App& history, Action& action);
void add_history_plot(CLI::App& history, Action& action);

}  // namespace dyno::cli
