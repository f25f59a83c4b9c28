#include "dyno/targets/targets.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "dyno/core/files.h"
#include "dyno/core/json.h"
#include "dyno/core/text.h"
#include "dyno/record/figures.h"
#include "dyno/targets/duplicate_keys.h"

namespace dyno::targets {

using nlohmann::json;

namespace {

constexpr Duration usual_grace = std::chrono::seconds{10};

struct RelationName {
  const char* key;
  Relation relation;
  const char* sign;
};
constexpr std::array<RelationName, 4> relations = {{{"below", Relation::below, "<"},
                                                    {"at_most", Relation::at_most, "<="},
                                                    {"at_least", Relation::at_least, ">="},
                                                    {"above", Relation::above, ">"}}};

const std::vector<std::string> target_keys = {
    "figure", "endpoint", "window",     "outcome",  "below",       "at_most", "at_least",
    "above",  "full",     "acceptable", "critical", "min_samples", "abort",   "about"};

bool wants_less(Relation relation) {
  return relation == Relation::below || relation == Relation::at_most;
}

Error at(const std::string& place, std::string_view what) {
  return Error{fmt::format("{}: {}", place, what)};
}

// Keys that nobody reads are typing mistakes that would silently drop a target.
Result<void> check_keys(const json& object, const std::vector<std::string>& known,
                        const std::string& place) {
  if (!object.is_object()) return at(place, "write an object here: { … }");
  for (const auto& [key, _] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto near = nearest(key, known);
    return at(place + "." + key,
              near ? fmt::format("unknown key; did you mean '{}'?", *near) : "unknown key");
  }
  return {};
}

Result<std::string> text_at(const json& object, const char* key, const std::string& otherwise,
                            const std::string& place) {
  const auto found = object.find(key);
  if (found == object.end()) return otherwise;
  if (!found->is_string()) return at(place + "." + key, "write a text in quotes");
  return found->get<std::string>();
}

Result<double> value_at(const json& value, const std::string& unit, const std::string& place) {
  if (value.is_number() && unit.empty() && value.get<double>() >= 0) return value.get<double>();
  const auto parsed =
      parse_value(value.is_string() ? value.get<std::string>() : value.dump(), unit);
  if (!parsed) return at(place, parsed.error().message);
  return *parsed;
}

// The limit of the first tier: a value, or the name of another figure of the same unit.
Result<void> read_limit(const json& source, Target& target, const std::string& place) {
  const RelationName* found = nullptr;
  for (const auto& relation : relations) {
    if (!source.contains(relation.key)) continue;
    if (found != nullptr) {
      return at(place, fmt::format("has both '{}' and '{}'; keep one", found->key, relation.key));
    }
    found = &relation;
  }
  if (found == nullptr) return at(place, "has no limit: add below, at_most, at_least or above");
  target.relation = found->relation;
  const auto& value = source[found->key];
  if (value.is_string() && record::check_figure(value.get<std::string>())) {
    target.limit_figure = value;
    return {};
  }
  const auto limit =
      value_at(value, record::unit_of(target.figure), fmt::format("{}.{}", place, found->key));
  if (!limit) return limit.error();
  target.limit = *limit;
  return {};
}

// What the long form is held to must be stricter, or a long run would promise less.
Result<void> read_full(const json& source, Target& target, const std::string& place) {
  const auto found = source.find("full");
  if (found == source.end()) return {};
  const auto here = place + ".full";
  if (!target.limit_figure.empty()) {
    return at(here, "a limit that is a figure has no other for the full form");
  }
  const auto value = value_at(*found, record::unit_of(target.figure), here);
  if (!value) return value.error();
  if (wants_less(target.relation) ? *value >= target.limit : *value <= target.limit) {
    return at(here, fmt::format("is not stricter than the limit that it replaces in the full form "
                                "({})",
                                limit_to_string(target)));
  }
  target.full = *value;
  return {};
}

// A later tier must be laxer than the one before.
Result<void> read_tier(const json& source, const char* key, const Target& target, double stricter,
                       std::optional<double>& tier, const std::string& place) {
  const auto found = source.find(key);
  if (found == source.end()) return {};
  const auto here = place + "." + key;
  if (!target.limit_figure.empty())
    return at(here, "a limit that is a figure has no further tiers");
  const auto value = value_at(*found, record::unit_of(target.figure), here);
  if (!value) return value.error();
  if (wants_less(target.relation) ? *value < stricter : *value > stricter) {
    return at(here, "is stricter than the tier before it");
  }
  tier = *value;
  return {};
}

Result<void> read_abort(const json& source, Target& target, const std::string& place) {
  if (target.critical) target.abort_grace = usual_grace;
  const auto found = source.find("abort");
  if (found == source.end()) return {};
  const auto here = place + ".abort";
  if (found->is_boolean()) {
    target.abort_grace = found->get<bool>() ? std::optional(usual_grace) : std::nullopt;
    return {};
  }
  if (const auto checked = check_keys(*found, {"grace"}, here); !checked) return checked;
  const auto text = text_at(*found, "grace", "10 s", here);
  if (!text) return text.error();
  const auto grace = parse_value(*text, "ns");
  if (!grace) return at(here + ".grace", grace.error().message);
  target.abort_grace = Duration{static_cast<std::int64_t>(*grace)};
  return {};
}

Result<void> read_min_samples(const json& source, Target& target, const std::string& place) {
  const auto found = source.find("min_samples");
  if (found == source.end()) return {};
  if (!found->is_number_unsigned()) return at(place + ".min_samples", "write a whole number");
  target.min_samples = *found;
  return {};
}

Result<Target> read_target(const json& source, const std::string& place) {
  if (const auto checked = check_keys(source, target_keys, place); !checked) return checked.error();
  Target target;
  for (const auto& [key, member] : {std::pair{"figure", &Target::figure},
                                    {"endpoint", &Target::endpoint},
                                    {"window", &Target::window},
                                    {"outcome", &Target::outcome}}) {
    const auto text = text_at(source, key, target.*member, place);
    if (!text) return text.error();
    target.*member = *text;
  }
  if (target.figure.empty()) return at(place, "has no 'figure'");
  if (const auto known = record::check_figure(target.figure); !known) {
    return at(place + ".figure", known.error().message);
  }
  if (const auto read = read_limit(source, target, place); !read) return read.error();
  if (const auto read = read_full(source, target, place); !read) return read.error();
  if (const auto read =
          read_tier(source, "acceptable", target, target.limit, target.acceptable, place);
      !read) {
    return read.error();
  }
  const auto before_critical = target.acceptable.value_or(target.limit);
  if (const auto read =
          read_tier(source, "critical", target, before_critical, target.critical, place);
      !read) {
    return read.error();
  }
  if (const auto read = read_abort(source, target, place); !read) return read.error();
  if (const auto read = read_min_samples(source, target, place); !read) return read.error();
  return target;
}

Result<TargetSet> read_set(const json& source, const std::string& name, const std::string& file) {
  const auto place = fmt::format("{}: {}", file, name);
  if (const auto checked = check_keys(source, {"about", "targets"}, place); !checked) {
    return checked.error();
  }
  TargetSet set;
  set.name = name;
  const auto about = text_at(source, "about", "", place);
  if (!about) return about.error();
  set.about = *about;
  const auto targets = source.find("targets");
  if (targets == source.end() || !targets->is_array() || targets->empty()) {
    return at(place + ".targets", "write a list of at least one target: [ … ]");
  }
  for (std::size_t i = 0; i < targets->size(); ++i) {
    const auto target = read_target((*targets)[i], fmt::format("{}.targets[{}]", place, i));
    if (!target) return target.error();
    set.targets.push_back(*target);
  }
  return set;
}

}  // namespace

Result<TargetFile> parse_targets(std::string_view text, const std::string& name) {
  const auto source = parse_json(text, name);
  if (!source) return source.error();
  if (const auto twice = duplicate_key(text)) {
    return at(name, fmt::format("'{}' is there twice; the later one would hide the other", *twice));
  }
  if (const auto checked = check_keys(*source, {"system", "about", "sets"}, name); !checked) {
    return checked.error();
  }
  TargetFile file{name, "", {}};
  const auto system = text_at(*source, "system", "", name);
  if (!system) return system.error();
  file.system = *system;
  const auto sets = source->find("sets");
  if (sets == source->end() || !sets->is_object()) {
    return at(name + ": sets", "write an object of named sets: { \"normal\": { … } }");
  }
  for (const auto& [key, value] : sets->items()) {
    auto set = read_set(value, key, name);
    if (!set) return set.error();
    set->system = file.system;
    file.sets.push_back(*set);
  }
  return file;
}

Result<TargetFile> read_targets(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return parse_targets(*text, path.string());
}

Result<TargetSet> find_set(const TargetFile& file, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& set : file.sets) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  const auto near = nearest(name, names);
  return Error{fmt::format("{}: no set of targets '{}'; {}", file.path, name,
                           near ? fmt::format("did you mean '{}'?", *near)
                                : fmt::format("there are {}", fmt::join(names, ", ")))};
}

TargetSet for_form(TargetSet set, std::string_view form) {
  if (form != "full") return set;
  for (auto& target : set.targets) target.limit = target.full.value_or(target.limit);
  return set;
}

Result<TargetSet> load_target_set(std::string_view name, const std::filesystem::path& folder,
                                  std::string_view form) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) {
    return Error{fmt::format(
        "'{}' names no set of targets: write system/set, e.g. cost_agent/normal", name)};
  }
  const auto file = read_targets(folder / (std::string(name.substr(0, slash)) + ".json"));
  if (!file) return file.error();
  const auto set = find_set(*file, name.substr(slash + 1));
  if (!set) return set.error();
  return for_form(*set, form);
}

std::string to_string(Relation relation) {
  if (relation == Relation::equal) return "==";
  if (relation == Relation::unequal) return "!=";
  for (const auto& known : relations) {
    if (known.relation == relation) return known.sign;
  }
  return "?";
}

std::string limit_to_string(const Target& target) {
  return fmt::format("{} {}", to_string(target.relation),
                     target.limit_figure.empty()
                         ? record::value_to_string(target.limit, record::unit_of(target.figure))
                         : target.limit_figure);
}

std::string endpoints_to_string(const Target& target) {
  return target.endpoints.empty() ? target.endpoint
                                  : fmt::format("{}", fmt::join(target.endpoints, ", "));
}

std::string to_string(const Target& target) {
  const auto endpoints = endpoints_to_string(target);
  const auto where = endpoints == "*" ? "" : fmt::format(" of {}", endpoints);
  const auto when = target.window == "steady" ? "" : fmt::format(" in {}", target.window);
  const auto whose = target.outcome == "ok" ? "" : fmt::format(" ({})", target.outcome);
  return fmt::format("{}{}{}{} {}", target.figure, where, when, whose, limit_to_string(target));
}

std::optional<Duration> tightest_latency(const TargetSet& set) {
  std::optional<double> tightest;
  for (const auto& target : set.targets) {
    if (!record::is_latency(target.figure) || !target.limit_figure.empty()) continue;
    tightest = std::min(tightest.value_or(target.limit), target.limit);
  }
  if (!tightest) return {};
  return Duration{static_cast<std::int64_t>(*tightest)};
}

}  // namespace dyno::targets
