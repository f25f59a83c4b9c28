// dyno baseline: what later runs are compared with, and the changes that are accepted.
#include "dyno/compare/baseline.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/compare/accepted.h"
#include "dyno/compare/side.h"
#include "dyno/core/environment.h"
#include "dyno/core/text.h"
#include "dyno/record/figures.h"
#include "dyno/record/suite_record.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;
using compare::StoredBaseline;

struct BaselineArguments {
  fs::path baselines = "results/baselines";
  std::string path;         // save
  std::string name;         // save, show
  std::string fingerprint;  // show, prune
  compare::Acceptance acceptance;
  std::string range;
  bool missing = false;
  std::string older_than;
  bool others = false;
  bool expired = false;
  bool dry_run = false;
};

ExitStatus save(const BaselineArguments& arguments) {
  const auto suite = record::read_suite_record(arguments.path);
  const bool is_suite = suite.ok() && fs::is_directory(arguments.path) && arguments.name.empty();
  if (!is_suite && arguments.name.empty()) {
    return usage_error(fmt::format(
        "{}: no results folder of scripts/perf; of other files say --name NAME", arguments.path));
  }
  const auto saved =
      is_suite ? compare::save_baseline(arguments.baselines, arguments.path, *suite)
               : compare::save_processes(arguments.baselines, arguments.path, arguments.name);
  if (!saved) return usage_error(saved.error().message);
  fmt::print("saved: {}\ncompare with it: dyno compare --baseline {} HEAD\n", saved->string(),
             saved->filename().string());
  return ExitStatus::pass;
}

ExitStatus list(const BaselineArguments& arguments) {
  const auto all = compare::list_baselines(arguments.baselines);
  if (all.empty()) {
    fmt::print(
        "no baseline in {}; save one with scripts/perf --save-baseline or dyno baseline save\n",
        arguments.baselines.string());
  } else {
    const auto here = fingerprint(current_environment());
    fmt::print("{:<14} {:<20} {:<21} {:>9}  {}\n", "fingerprint", "name", "saved", "processes",
               "commit");
    for (const auto& one : all) {
      fmt::print("{:<14} {:<20} {:<21} {:>9}  {}{}\n", one.fingerprint, one.name,
                 one.saved.substr(0, 19), one.processes, one.commit,
                 one.fingerprint == here ? "  (this machine and build)" : "");
    }
  }
  const auto accepted = compare::read_acceptances(arguments.baselines / compare::accepted_file);
  if (!accepted) return usage_error(accepted.error().message);
  for (const auto& one : *accepted) {
    fmt::print("accepted{}: {}, commit {}, until {}: {}\n",
               one.expires < compare::today() ? ", expired" : "", one.what, one.commit, one.expires,
               one.reason);
  }
  return ExitStatus::pass;
}

void print_figures(const compare::Side& side) {
  for (const auto& [key, first] : side.processes.front().figures) {
    if (!first.error.empty()) continue;
    fmt::print("  {:<50} {:<22} {}\n", key.first, key.second,
               record::value_to_string(first.value, first.unit));
  }
}

ExitStatus show(const BaselineArguments& arguments) {
  const auto machine =
      arguments.fingerprint.empty() ? fingerprint(current_environment()) : arguments.fingerprint;
  for (const auto& one : compare::list_baselines(arguments.baselines)) {
    if (one.name != arguments.name || one.fingerprint != machine) continue;
    const auto side = compare::load_side(one.folder);
    if (!side) return usage_error(side.error().message);
    fmt::print("{} of {}, saved {}, commit {}, {}\n  in {}\n", one.name, one.fingerprint, one.saved,
               one.commit.empty() ? "unknown" : one.commit,
               one.processes == 1 ? "1 process" : fmt::format("{} processes", one.processes),
               one.folder.string());
    if (one.processes > 1) fmt::print("its first process:\n");
    print_figures(*side);
    return ExitStatus::pass;
  }
  return usage_error(
      fmt::format("no baseline '{}' of {} in {}; dyno baseline list names those there are",
                  arguments.name, machine, arguments.baselines.string()));
}

// "1.05..1.3".
Result<std::pair<double, double>> range_of(const std::string& text) {
  const auto dots = text.find("..");
  if (dots != std::string::npos) {
    const auto low = parse_number(text.substr(0, dots));
    const auto high = parse_number(text.substr(dots + 2));
    if (low && high) return std::pair{*low, *high};
  }
  return Error{
      fmt::format("--range '{}': write the least and the largest head / base, e.g. "
                  "1.05..1.3",
                  text)};
}

ExitStatus accept(const BaselineArguments& arguments) {
  auto acceptance = arguments.acceptance;
  if (arguments.missing == !arguments.range.empty()) {
    return usage_error("accept: say either --range LOW..HIGH or --missing");
  }
  if (!arguments.missing) {
    const auto range = range_of(arguments.range);
    if (!range) return usage_error(range.error().message);
    acceptance.range = *range;
  }
  if (const auto good = compare::check(acceptance); !good) {
    return usage_error("accept: " + good.error().message);
  }
  if (acceptance.expires < compare::today()) {
    return usage_error(fmt::format("accept: --expires {} is past", acceptance.expires));
  }
  const auto file = arguments.baselines / compare::accepted_file;
  auto all = compare::read_acceptances(file);
  if (!all) return usage_error(all.error().message);
  for (const auto& one : *all) {
    if (one.what == acceptance.what && one.commit == acceptance.commit) {
      return usage_error(fmt::format("{}: it accepts '{}' of commit {} already; edit that entry",
                                     file.string(), one.what, one.commit));
    }
  }
  all->push_back(acceptance);
  if (const auto done = compare::write_acceptances(file, *all); !done) {
    return usage_error(done.error().message);
  }
  fmt::print("accepted in {}: commit it, so that it is reviewed\n", file.string());
  return ExitStatus::pass;
}

bool is_pruned(const StoredBaseline& baseline, const BaselineArguments& arguments,
               const std::optional<Duration>& age) {
  const bool other = arguments.others && baseline.fingerprint != fingerprint(current_environment());
  const bool named = baseline.fingerprint == arguments.fingerprint;
  const bool old =
      age && !baseline.saved.empty() && utc_now() - from_iso8601(baseline.saved) > *age;
  return other || named || old;
}

// "90d", or what a run time may be.
Result<std::optional<Duration>> age_of(const std::string& text) {
  if (text.empty()) return std::optional<Duration>();
  if (text.ends_with("d")) {
    const auto days = parse_number(text.substr(0, text.size() - 1));
    if (days && *days >= 0 && *days < 36500) {
      return std::optional(std::chrono::duration_cast<Duration>(
          std::chrono::duration<double, std::ratio<86400>>(*days)));
    }
    return Error{fmt::format("--older-than '{}': write e.g. 90d", text)};
  }
  const auto parsed = parse_duration(text);
  if (!parsed) return parsed.error();
  return std::optional(*parsed);
}

ExitStatus prune_expired(const BaselineArguments& arguments) {
  const auto file = arguments.baselines / compare::accepted_file;
  auto all = compare::read_acceptances(file);
  if (!all) return usage_error(all.error().message);
  const auto today = compare::today();
  for (const auto& one : *all) {
    if (one.expires < today) fmt::print("expired {}: {}\n", one.expires, one.what);
  }
  if (std::erase_if(*all, [&](const auto& one) { return one.expires < today; }) == 0 ||
      arguments.dry_run) {
    return ExitStatus::pass;
  }
  const auto done = compare::write_acceptances(file, *all);
  return done ? ExitStatus::pass : usage_error(done.error().message);
}

ExitStatus prune(const BaselineArguments& arguments) {
  const auto age = age_of(arguments.older_than);
  if (!age) return usage_error(age.error().message);
  if (!*age && !arguments.others && arguments.fingerprint.empty() && !arguments.expired) {
    return usage_error(
        "prune: say what to remove: --older-than 90d, --other-machines, --fingerprint F or "
        "--expired");
  }
  std::size_t removed = 0;
  for (const auto& one : compare::list_baselines(arguments.baselines)) {
    if (!is_pruned(one, arguments, *age)) continue;
    fmt::print("{} {}\n", arguments.dry_run ? "would remove" : "removed", one.folder.string());
    ++removed;
    if (arguments.dry_run) continue;
    std::error_code code;
    fs::remove_all(one.folder, code);
    if (code) {
      return usage_error(fmt::format("cannot remove {}: {}", one.folder.string(), code.message()));
    }
    fs::remove(one.folder.parent_path(), code);  // only when nothing is left in it
  }
  if (removed == 0) fmt::print("no baseline is to be removed\n");
  return arguments.expired ? prune_expired(arguments) : ExitStatus::pass;
}

using SharedBaseline = std::shared_ptr<BaselineArguments>;
using Run = ExitStatus (*)(const BaselineArguments&);

CLI::App* add_command(CLI::App& parent, Action& action, const SharedBaseline& arguments,
                      const std::string& name, const std::string& what, Run run) {
  auto* command = parent.add_subcommand(name, what);
  command->add_option("--baselines", arguments->baselines, "Folder of the baselines")
      ->capture_default_str();
  command->callback(
      [arguments, run, &action] { action = [arguments, run] { return run(*arguments); }; });
  return command;
}

void add_accept(CLI::App& parent, Action& action, const SharedBaseline& arguments) {
  auto* command = add_command(parent, action, arguments, "accept",
                              "Write a known change into accepted.json, which is reviewed", accept);
  auto& acceptance = arguments->acceptance;
  command
      ->add_option("WHAT", acceptance.what,
                   "Benchmark or endpoint, as compare names it, or a glob; may end with a figure")
      ->required();
  command->add_option("--commit", acceptance.commit, "The commit that made the change")->required();
  command->add_option("--reason", acceptance.reason, "Why it is accepted")->required();
  command->add_option("--expires", acceptance.expires, "Last day, e.g. 2026-12-31")->required();
  command->add_option("--range", arguments->range, "Least and largest head / base: 1.05..1.3");
  command->add_flag("--missing", arguments->missing, "It is gone on purpose");
  command->add_option("--against", acceptance.against,
                      "Only against a base of this commit, so that it is not accepted twice");
}

}  // namespace

void add_baseline(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<BaselineArguments>();
  auto* command = app.add_subcommand(
      "baseline", "What later runs are compared with, by machine and build; accepted changes");
  command->require_subcommand(1);
  auto* keep =
      add_command(*command, action, arguments, "save", "Keep a run that is valid and passed", save);
  keep->add_option("RESULTS", arguments->path,
                   "Results folder of scripts/perf, or a file or directory as of dyno compare")
      ->required();
  keep->add_option("--name", arguments->name, "Its name; of a suite its form");
  add_command(*command, action, arguments, "list", "All baselines and acceptances", list);
  auto* look = add_command(*command, action, arguments, "show", "One of them, with figures", show);
  look->add_option("NAME", arguments->name, "Its name, as list has it")->required();
  look->add_option("--fingerprint", arguments->fingerprint, "Of another machine or build");
  add_accept(*command, action, arguments);
  auto* remove = add_command(*command, action, arguments, "prune", "Remove what is old", prune);
  remove->add_option("--older-than", arguments->older_than, "Saved longer ago, e.g. 90d");
  remove->add_flag("--other-machines", arguments->others, "Of other machines and builds");
  remove->add_option("--fingerprint", arguments->fingerprint, "Of this fingerprint");
  remove->add_flag("--expired", arguments->expired, "Acceptances that have expired");
  remove->add_flag("--dry-run", arguments->dry_run, "Only say what would be removed");
  command->footer(
      "examples:\n"
      "  dyno baseline save results/runs/latest\n"
      "  dyno baseline save runs/main/ --name main       then: dyno compare --baseline main head/\n"
      "  dyno baseline accept 'parse/*' --commit 1a2b3c --range 1.05..1.3 \\\n"
      "      --reason 'checks signatures' --expires 2027-03-31\n"
      "  dyno baseline prune --older-than 90d --dry-run\n"
      "exit status: 0, or 2 for what is refused or cannot be read or written");
}

}  // namespace dyno::cli
