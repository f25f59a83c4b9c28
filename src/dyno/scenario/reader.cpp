#include "dyno/scenario/reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/files.h"
#include "dyno/http/url.h"
#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/reader_parts.h"

namespace dyno::scenario {

namespace {

constexpr std::string_view class_keys[] = {"tasks", "wait", "on_start", "on_stop"};

// The nodes of the steps that `node` holds: a list of them, one alone, or a task with "steps".
std::vector<const Node*> step_nodes(const Node* node) {
  if (node == nullptr) return {};
  if (const Node* const steps = node->find("steps")) node = steps;
  if (node->kind == Node::Kind::object) return {node};
  std::vector<const Node*> result;
  for (const Node& item : node->items) result.push_back(&item);
  return result;
}

std::vector<const Node*> class_steps(const Node& users) {
  std::vector<const Node*> result;
  const auto add = [&](const Node* node) {
    for (const Node* step : step_nodes(node)) result.push_back(step);
  };
  add(users.find("on_start"));
  if (const Node* const tasks = users.find("tasks")) {
    for (const Node& task : tasks->items) add(&task);
  }
  add(users.find("on_stop"));
  return result;
}

class FileReader {
 public:
  FileReader(std::string_view text, std::string_view file_name, ReadOptions options)
      : file_name_(file_name),
        given_(std::move(options.given)),
        reading_{.problems = Problems(text, file_name),
                 .names = {},
                 .steps = 0,
                 .uses = {},
                 .fed = 0,
                 .text = text,
                 .folder = std::filesystem::path(file_name).parent_path(),
                 .files = std::move(options.files)} {}

  Result<File> read(const Node& root) {
    const Fields fields(
        root, "a scenario",
        {"name", "description", "host", "headers", "timeout", "variables", "load", "classes",
         "tasks", "wait", "on_start", "on_stop", "feeders", "thresholds", "set_up", "tear_down"},
        problems());
    if (problems().any()) return problems().first();
    fields.text("description");
    auto scenario = std::make_shared<Scenario>();
    scenario->name = one_line(fields.text("name"));
    if (scenario->name.empty()) {
      scenario->name = std::filesystem::path(file_name_).stem().string();
    }
    File file;
    read_run(fields, file);
    if (const Node* const variables = fields.find("variables")) read_variables(*variables);
    if (const Node* const feeders = fields.find("feeders")) {
      for (const Member& feeder : feeders->members) check_new_name(feeder.key, feeder.offset);
      if (!problems().any()) read_feeders(*feeders, *scenario, reading_);
    }
    if (problems().any()) return problems().first();
    read_set_up(fields, *scenario);
    read_classes(fields, *scenario);
    if (problems().any()) return problems().first();
    read_tear_down(fields, *scenario);
    if (const Node* const thresholds = fields.find("thresholds")) {
      file.thresholds = read_thresholds(*thresholds, *scenario, problems());
    }
    if (problems().any()) return problems().first();
    scenario->variables = reading_.names.variables;
    scenario->steps = reading_.steps;
    file.scenario = std::move(scenario);
    return file;
  }

 private:
  Problems& problems() { return reading_.problems; }

  void read_run(const Fields& fields, File& file) {
    file.host = fields.text("host");
    if (!file.host.empty()) {
      const auto url = http::parse_url(file.host);
      if (!url) problems().add(*fields.find("host"), url.error().message);
    }
    file.timeout = fields.duration("timeout");
    if (file.timeout && *file.timeout <= Duration::zero()) {
      problems().add(*fields.find("timeout"), "\"timeout\" must be above 0");
    }
    if (const Node* const load = fields.find("load")) file.load = read_load(*load, problems());
    const Node* const headers = fields.find("headers");
    if (!headers) return;
    if (headers->kind != Node::Kind::object) {
      problems().add(*headers, "\"headers\" must be an object of texts");
    }
    for (const Member& header : headers->members) {
      const std::string value = read_text(header.value, in_quotes(header.key), problems());
      const auto breaks = [](std::string_view text) {
        return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
      };
      if (header.key.empty() || header.key.find_first_of(": \t") != std::string::npos ||
          breaks(header.key) || breaks(value)) {
        problems().add(header.offset, "a header has a name and fits on one line");
      }
      file.headers.emplace_back(header.key, value);
    }
  }

  // A scalar is put in where its name stands; a list is chosen from.
  void read_variables(const Node& node) {
    if (node.kind != Node::Kind::object) {
      problems().add(node, "\"variables\" must be an object of values and lists");
      return;
    }
    for (const Member& member : node.members) {
      check_name(member.key, member.offset);
      if (is_scalar(member.value)) {
        reading_.names.constants[member.key] = member.value.text;
        continue;
      }
      auto& list = reading_.names.lists[member.key];
      if (member.value.items.empty()) {
        problems().add(member.value,
                       fmt::format("{} must be a text, a number or a list of these with at least "
                                   "one, and is {}",
                                   in_quotes(member.key), kind_name(member.value)));
      }
      for (const Node& item : member.value.items) {
        if (!is_scalar(item)) problems().add(item, "a list of variables has texts and numbers");
        list.push_back(item.text);
      }
    }
  }

  static bool is_scalar(const Node& node) {
    return node.kind == Node::Kind::string || node.kind == Node::Kind::number ||
           node.kind == Node::Kind::boolean;
  }

  void check_name(const std::string& name, std::size_t offset) {
    static constexpr std::string_view functions[] = {"uniform", "choice",    "uuid",
                                                     "user",    "iteration", "now"};
    if (std::find(std::begin(functions), std::end(functions), name) != std::end(functions)) {
      problems().add(offset, fmt::format("{} is a function; choose another name", in_quotes(name)));
    }
    const bool fit = !name.empty() && name.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_.-") == std::string::npos;
    if (!fit) {
      problems().add(offset, fmt::format("{} is not a name: use letters, digits, '_', '.' and '-'",
                                         in_quotes(name)));
    }
  }

  // Neither a function nor a variable, feeders included.
  void check_new_name(const std::string& name, std::size_t offset) {
    check_name(name, offset);
    if (name.find('.') != std::string::npos) {
      problems().add(offset, fmt::format("{}: the name of a feeder has no '.'", in_quotes(name)));
    }
    if (reading_.names.constants.contains(name) || reading_.names.lists.contains(name)) {
      problems().add(offset, fmt::format("{} stands in \"variables\" too", in_quotes(name)));
    }
  }

  // What it extracts is known to all. Once it has been done, its values are.
  void read_set_up(const Fields& fields, Scenario& scenario) {
    const Node* const node = fields.find("set_up");
    const auto steps = step_nodes(node);
    if (node && given_.empty()) note_variables(*node, steps);
    for (const Node* const step : steps) {
      for (auto& name : extracted_names(*step)) from_set_up_.push_back(std::move(name));
    }
    for (const auto& [name, value] : given_) reading_.names.constants[name] = value;
    if (!node || !given_.empty()) return;
    read_hook(fields, "set_up", scenario.set_up, scenario, {});
    check_variables(steps);
  }

  void read_tear_down(const Fields& fields, Scenario& scenario) {
    const Node* const node = fields.find("tear_down");
    if (!node || problems().any()) return;
    note_variables(*node, step_nodes(node));
    read_hook(fields, "tear_down", scenario.tear_down, scenario, {});
    check_variables(step_nodes(node));
  }

  void read_classes(const Fields& fields, Scenario& scenario) {
    const Node* const classes = fields.find("classes");
    if (!classes) {
      if (!fields.find("tasks")) {
        problems().add(fields.node(), "a scenario needs \"tasks\", or \"classes\" that have them");
        return;
      }
      note_variables(fields.node(), class_steps(fields.node()));
      UserClass users;
      read_class(fields, users, scenario, {});
      scenario.classes.push_back(std::move(users));
      return;
    }
    for (const std::string_view key : class_keys) {
      if (!fields.find(key)) continue;
      problems().add(*fields.find(key),
                     fmt::format("{} belongs into one of the \"classes\" here", in_quotes(key)));
    }
    if (classes->kind != Node::Kind::array || classes->items.empty()) {
      problems().add(*classes, "\"classes\" must be a list of at least one class of users");
      return;
    }
    for (const Node& node : classes->items) note_variables(node, class_steps(node));
    double sum = 0;
    for (const Node& node : classes->items) {
      const Fields own(node, "a class of users",
                       {"name", "weight", "tasks", "wait", "on_start", "on_stop", "tags"},
                       problems());
      if (problems().any()) return;
      UserClass users;
      users.name = one_line(own.text("name"));
      if (users.name.empty()) users.name = fmt::format("user {}", scenario.classes.size() + 1);
      users.weight = weight(own);
      sum += users.weight;
      std::vector<std::string> tags;
      read_tags(own, tags, problems());
      read_class(own, users, scenario, tags);
      scenario.classes.push_back(std::move(users));
    }
    if (sum <= 0) problems().add(*classes, "no class of users has a weight above 0");
  }

  // Every variable is known before the first template that may use it is compiled.
  void note_variables(const Node& of, const std::vector<const Node*>& steps) {
    if (of.kind != Node::Kind::object && of.kind != Node::Kind::array) return;
    for (const Node* const step : steps) {
      for (const auto& name : extracted_names(*step)) {
        const std::size_t offset = step->find("extract")->offset;
        check_name(name, offset);
        if (std::find(from_set_up_.begin(), from_set_up_.end(), name) != from_set_up_.end()) {
          problems().add(
              offset, fmt::format("{} is extracted here and in \"set_up\" too", in_quotes(name)));
        }
        if (reading_.names.constants.contains(name) || reading_.names.lists.contains(name)) {
          problems().add(offset, fmt::format("{} is extracted here and stands in \"variables\" too",
                                             in_quotes(name)));
        }
        if (reading_.names.feeders.contains(name)) {
          problems().add(offset,
                         fmt::format("{} is extracted here and a feeder too", in_quotes(name)));
        }
        if (!reading_.names.variable(name)) reading_.names.variables.push_back(name);
      }
    }
  }

  double weight(const Fields& fields) {
    const double weight = fields.number("weight").value_or(1);
    if (weight < 0 || weight > 1e9) {
      problems().add(*fields.find("weight"), "\"weight\" must be from 0 to 1000000000");
    }
    return weight;
  }

  void read_class(const Fields& fields, UserClass& users, const Scenario& scenario,
                  const std::vector<std::string>& tags) {
    if (const Node* const wait = fields.find("wait")) {
      users.wait = read_wait(*wait, "\"wait\"", true, problems());
    }
    read_hook(fields, "on_start", users.on_start, scenario, tags);
    read_hook(fields, "on_stop", users.on_stop, scenario, tags);
    const Node* const tasks = fields.find("tasks");
    if (!tasks || tasks->kind != Node::Kind::array || tasks->items.empty()) {
      problems().add(tasks ? *tasks : fields.node(),
                     "a class of users needs \"tasks\", a list of at least one");
      return;
    }
    double sum = 0;
    for (const Node& node : tasks->items) {
      users.tasks.push_back(read_task(node, tags));
      note_feeders(users.tasks.back(), scenario);
      sum += users.tasks.back().weight;
      if (problems().any()) return;
    }
    if (sum <= 0) problems().add(*tasks, "no task has a weight above 0");
    check_variables(class_steps(fields.node()));
  }

  void read_hook(const Fields& fields, std::string_view key, Task& task, const Scenario& scenario,
                 const std::vector<std::string>& tags) {
    const Node* const node = fields.find(key);
    if (!node) return;
    task.name = key;
    task.tags = tags;
    task.steps = read_steps(*node, key);
    add_tags(task);
    note_feeders(task, scenario);
  }

  // Those of a task are those of its steps too.
  static void add_tags(Task& task) {
    for (Step& step : task.steps) {
      for (const std::string& tag : task.tags) {
        const auto end = step.tags.end();
        if (std::find(step.tags.begin(), end, tag) == end) step.tags.push_back(tag);
      }
    }
  }

  Task read_task(const Node& node, const std::vector<std::string>& tags) {
    Task task;
    task.tags = tags;
    const Node* const steps = node.find("steps");
    if (!steps) {
      task.steps.push_back(read_step(node, true, reading_));
      if (problems().any()) return task;
    }
    const Fields fields =
        steps ? Fields(node, "a task", {"name", "weight", "tags", "steps"}, problems())
              : Fields(node, problems());
    if (problems().any()) return task;
    read_tags(fields, task.tags, problems());
    task.name = one_line(fields.text("name"));
    task.weight = weight(fields);
    if (steps) task.steps = read_steps(*steps, "steps");
    add_tags(task);
    if (task.name.empty() && !task.steps.empty()) {
      task.name = fmt::format("{} {}", task.steps.front().method, task.steps.front().group);
    }
    return task;
  }

  // A list of steps, or one alone.
  std::vector<Step> read_steps(const Node& node, std::string_view key) {
    std::vector<Step> steps;
    if (node.kind == Node::Kind::object) {
      steps.push_back(read_step(node, false, reading_));
      return steps;
    }
    if (node.kind != Node::Kind::array || node.items.empty()) {
      problems().add(node,
                     fmt::format("{} must be a list of at least one request", in_quotes(key)));
    }
    for (const Node& item : node.items) {
      steps.push_back(read_step(item, false, reading_));
      if (problems().any()) break;
    }
    return steps;
  }

  // A step can only use what a step of its own class extracts, or the set-up, or a feeder gives.
  void check_variables(const std::vector<const Node*>& steps) {
    std::vector<std::string> extracted = from_set_up_;
    for (const Node* const step : steps) {
      for (auto& name : extracted_names(*step)) extracted.push_back(std::move(name));
    }
    for (const auto& [offset, variables] : reading_.uses) {
      for (const std::uint32_t variable : variables) {
        if (variable < reading_.fed) continue;
        const std::string& name = reading_.names.variables[variable];
        if (std::find(extracted.begin(), extracted.end(), name) != extracted.end()) continue;
        problems().add(offset, fmt::format("{} is used here, but extracted by another class of "
                                           "users only",
                                           in_quotes(name)));
      }
    }
    reading_.uses.clear();
  }

  std::string file_name_;
  std::map<std::string, std::string> given_;
  std::vector<std::string> from_set_up_;
  Reading reading_;
};

}  // namespace

void read_tags(const Fields& fields, std::vector<std::string>& tags, Problems& problems) {
  const Node* const node = fields.find("tags");
  if (!node) return;
  const auto add = [&](const Node& item) {
    const std::string tag = read_text(item, "a tag", problems);
    if (tag.empty() || tag.find_first_of(" \t\r\n,{}:") != std::string::npos) {
      problems.add(item, fmt::format("{} is not a tag: it is one word", in_quotes(tag)));
    }
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  };
  if (node->kind != Node::Kind::array) return add(*node);
  for (const Node& item : node->items) add(item);
}

Result<File> parse_scenario(std::string_view text, std::string_view file_name,
                            ReadOptions options) {
  const auto tree = parse_tree(text, file_name);
  if (!tree) return tree.error();
  return FileReader(text, file_name, std::move(options)).read(*tree);
}

Result<File> read_scenario(const std::filesystem::path& path,
                           std::map<std::string, std::string> given) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return parse_scenario(*text, path.string(), {std::move(given), dyno::read_file});
}

}  // namespace dyno::scenario
