// Chooses the tasks of a scenario by their tags: Locust's -T and -E.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/scenario/model.h"

namespace dyno::cli {

// The scenario with only those tasks that have one of `tags` (all, where there are none) and none
// of `excluded`; classes without a task left are gone. Null when nothing is chosen by either.
// Fails for a tag that no task has, and when no task is left.
Result<std::shared_ptr<const scenario::Scenario>> with_tags(
    const scenario::Scenario& scenario, const std::vector<std::string>& tags,
    const std::vector<std::string>& excluded);

}  // namespace dyno::cli
