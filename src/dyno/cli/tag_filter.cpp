#include "dyno/cli/tag_filter.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::cli {

namespace {

using scenario::Scenario;
using scenario::Task;
using Words = std::vector<std::string>;

bool has_one_of(const Task& task, const Words& tags) {
  return std::find_first_of(task.tags.begin(), task.tags.end(), tags.begin(), tags.end()) !=
         task.tags.end();
}

Words tags_of(const Scenario& scenario) {
  Words all;
  for (const auto& users : scenario.classes) {
    for (const Task& task : users.tasks) all.insert(all.end(), task.tags.begin(), task.tags.end());
  }
  return all;
}

Result<void> check_known(const Words& asked, const Words& known) {
  for (const std::string& tag : asked) {
    if (std::find(known.begin(), known.end(), tag) != known.end()) continue;
    const auto meant = nearest(tag, known);
    return Error{fmt::format("no task has the tag '{}'; {}", tag,
                             meant ? fmt::format("did you mean '{}'?", *meant)
                                   : "tags stand in the scenario file: \"tags\": [\"write\"]")};
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Scenario>> with_tags(const Scenario& scenario, const Words& tags,
                                                  const Words& excluded) {
  if (tags.empty() && excluded.empty()) return std::shared_ptr<const Scenario>{};
  const Words known = tags_of(scenario);
  for (const Words* const asked : {&tags, &excluded}) {
    if (const auto checked = check_known(*asked, known); !checked) return checked.error();
  }
  auto chosen = std::make_shared<Scenario>(scenario);
  for (auto& users : chosen->classes) {
    std::erase_if(users.tasks, [&](const Task& task) {
      return (!tags.empty() && !has_one_of(task, tags)) || has_one_of(task, excluded);
    });
  }
  std::erase_if(chosen->classes, [](const auto& users) {
    return std::none_of(users.tasks.begin(), users.tasks.end(),
                        [](const Task& task) { return task.weight > 0; });
  });
  if (chosen->classes.empty()) {
    return Error{"no task is left by -T and -E: ask for fewer tags, or exclude fewer"};
  }
  return std::shared_ptr<const Scenario>(std::move(chosen));
}

}  // namespace dyno::cli
