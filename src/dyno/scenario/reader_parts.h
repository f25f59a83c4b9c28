// The parts of the scenario reader; of no interest outside this folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/scenario/fields.h"
#include "dyno/scenario/model.h"
#include "dyno/scenario/reader.h"

namespace dyno::scenario {

// Where variables are used.
struct Use {
  std::size_t offset = 0;
  std::vector<std::uint32_t> variables;
};

struct Reading {
  Problems problems;
  Names names;
  std::uint32_t steps = 0;  // read so far
  std::vector<Use> uses;    // in the class that is being read
  std::uint32_t fed = 0;    // the first variables, which feeders give
  std::string_view text{};  // of the file
  std::filesystem::path folder{};
  FileSource files{};
};

// "2s", "1s-3s", {"exponential": "2s"}, and where `may_pace` {"pacing": "1s"}.
Wait read_wait(const Node& node, std::string_view what, bool may_pace, Problems& problems);

Load read_load(const Node& node, Problems& problems);

// One request with all that belongs to it. `task_keys`: it may have those of a task too, of which
// it is the only step.
Step read_step(const Node& node, bool task_keys, Reading& reading);

void read_checks(const Node& node, Step& step, Reading& reading);
void read_extractions(const Node& node, Step& step, Reading& reading);

void read_feeders(const Node& node, Scenario& scenario, Reading& reading);

// Which feeders the task's steps use.
void note_feeders(Task& task, const Scenario& scenario);

// The scenario has been read: a threshold on what it does not have is a problem.
std::vector<Threshold> read_thresholds(const Node& node, const Scenario& scenario,
                                       Problems& problems);

// "tags": a list of words; added to `tags`, each once.
void read_tags(const Fields& fields, std::vector<std::string>& tags, Problems& problems);

// The names that the "extract" of a step gives, in their order.
std::vector<std::string> extracted_names(const Node& step);

// The node as JSON again, without comments.
std::string json_of(const Node& node);

Template compile_template(const Node& node, std::string_view text, Escape literals, Escape values,
                          Reading& reading);

}  // namespace dyno::scenario
