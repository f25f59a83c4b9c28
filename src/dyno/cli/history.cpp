// dyno history: runs in the order of their commits. Here: the store and the table.
#include "dyno/cli/history.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/history/store.h"

namespace dyno::cli {

namespace {

struct AddArguments {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path root = "results/history";
  std::string commit;
};

struct ShowArguments {
  HistoryChoice choice;
  std::vector<std::string> columns;
  history::TableOptions table;
};

ExitStatus run_add(const AddArguments& arguments) {
  for (const auto& path : arguments.runs) {
    const auto run = history::run_from_results(path, arguments.commit);
    if (!run) return usage_error(run.error().message);
    const auto added = history::add_run(arguments.root, *run);
    if (!added) return usage_error(added.error().message);
    const auto file = history::history_file(arguments.root, fingerprint(run->environment));
    std::size_t figures = 0;
    for (const auto& subject : run->subjects) figures += subject.figures.size();
    if (*added == history::Added::added) {
      fmt::print("{}: added to {}: commit {}, {} figures of {} subjects\n", run->id, file.string(),
                 run->commit, figures, run->subjects.size());
    } else {
      fmt::print("{}: is in {} already; nothing was added\n", run->id, file.string());
    }
    for (const auto& one : run->left_out) fmt::print("left out: {}: {}\n", one.name, one.why);
  }
  return ExitStatus::pass;
}

// "LABEL=SUBJECT FIGURE", both globs.
Result<history::Column> column_of(const std::string& text) {
  const auto equals = text.find('=');
  const auto space = text.rfind(' ');
  if (equals == std::string::npos || space == std::string::npos || space < equals) {
    return Error{fmt::format(
        "--column '{}': write LABEL=SUBJECT FIGURE, such as 'API p50=ChatBackendPerf.ApiLoad "
        "response_time.p50'",
        text)};
  }
  return history::Column{text.substr(0, equals), text.substr(equals + 1, space - equals - 1),
                         text.substr(space + 1)};
}

ExitStatus run_show(const ShowArguments& arguments) {
  const auto chart = read_chart(arguments.choice);
  if (!chart) return usage_error(chart.error().message);
  std::vector<history::Column> columns;
  for (const auto& text : arguments.columns) {
    auto column = column_of(text);
    if (!column) return usage_error(column.error().message);
    columns.push_back(std::move(*column));
  }
  if (columns.empty()) columns = history::default_columns(*chart);
  fmt::print("{}", history::table_by_commit(*chart, columns, arguments.table));
  return ExitStatus::pass;
}

void add_history_add(CLI::App& history, Action& action) {
  auto arguments = std::make_shared<AddArguments>();
  auto* command = history.add_subcommand("add", "Add runs to the history of their machine");
  command
      ->add_option("RUN", arguments->runs,
                   "Folder of a suite or of a run, or its record.json; a run that is there already "
                   "is not added again")
      ->required();
  command->add_option("--history", arguments->root, "Folder of the histories")
      ->capture_default_str();
  command->add_option("--commit", arguments->commit, "In place of the one in the record");
  command->footer(
      "examples:\n"
      "  dyno history add results/runs/latest\n"
      "  dyno history add results/runs/* --history /srv/history\n"
      "exit status: 0 added or there already, 2 cannot be read or written");
  command->callback([arguments, &action] { action = [arguments] { return run_add(*arguments); }; });
}

void add_history_show(CLI::App& history, Action& action) {
  auto arguments = std::make_shared<ShowArguments>();
  auto* command = history.add_subcommand("show", "A table of figures by commit");
  add_history_choice(*command, arguments->choice);
  command->add_option("--column", arguments->columns,
                      "LABEL=SUBJECT FIGURE, with globs; several. Otherwise the p95 of each case");
  command->add_option("--commits", arguments->table.commits, "Newest commits shown")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->footer(
      "examples:\n"
      "  dyno history show\n"
      "  dyno history show --figure 'CostAgentPerf.*'\n"
      "  dyno history show --column 'Agent p95=ChatBackendPerf.Agent* response_time.p95' \\\n"
      "      --column 'TTFB=ChatBackendPerf.*Stream* first_event.p50'\n"
      "exit status: 0 whatever is shown, 2 no history, or it cannot be read");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_show(*arguments); }; });
}

}  // namespace

void add_history_choice(CLI::App& command, HistoryChoice& choice) {
  command.add_option("--history", choice.root, "Folder of the histories")->capture_default_str();
  command.add_option("--fingerprint", choice.fingerprint,
                     "Of the machine and build; otherwise this one, or the only one there is");
  command.add_option("--form", choice.form,
                     "quick, standard or full; otherwise that of the newest");
  command.add_option("--figure", choice.figures, "Glob over 'SUBJECT FIGURE'; several");
}

Result<history::Chart> read_chart(const HistoryChoice& choice) {
  const auto file = history::find_history(choice.root, choice.fingerprint);
  if (!file) return file.error();
  const auto history = history::read_history(*file);
  if (!history) return history.error();
  for (const auto& note : history->notes) fmt::print(stderr, "note: {}\n", note);
  auto chart = history::chart_of(*history, choice.form, choice.figures);
  if (chart.series.empty()) {
    return Error{fmt::format("{}: no figure matches --form and --figure; dyno history show has all",
                             file->string())};
  }
  return chart;
}

void add_history(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("history", "Runs over time: the store, tables, change points");
  command->require_subcommand(1);
  add_history_add(*command, action);
  add_history_show(*command, action);
  add_history_changes(*command, action);
  add_history_plot(*command, action);
}

}  // namespace dyno::cli
