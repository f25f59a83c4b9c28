// The parts of the scenario reader; of no interest outside this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dyno/scenario/fields.h"
#include "dyno/scenario/model.h"

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
};

// "2s", "1s-3s", {"exponential": "2s"}, and where `may_pace` {"pacing": "1s"}.
Wait read_wait(const Node& node, std::string_view what, bool may_pace, Problems& problems);

Load read_load(const Node& node, Problems& problems);

// One request with all that belongs to it. `task_keys`: it may have those of a task too, of which
// it is the only step.
Step read_step(const Node& node, bool task_keys, Reading& reading);

void read_checks(const Node& node, Step& step, Reading& reading);
void read_extractions(const Node& node, Step& step, Reading& reading);

// The names that the "extract" of a step gives, in their order.
std::vector<std::string> extracted_names(const Node& step);

// The node as JSON again, without comments.
std::string json_of(const Node& node);

Template compile_template(const Node& node, std::string_view text, Escape literals, Escape values,
                          Reading& reading);

}  // namespace dyno::scenario
