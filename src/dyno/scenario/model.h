// A scenario as data: what the users of a run do, compiled once from a file (reader.h) and never
// changed afterwards, so that all engine threads share it. It does not say how it is run
// (load/step_runner.h). Journeys written in C++ stand beside it (load/scenario.h).
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/scenario/json_text.h"
#include "dyno/scenario/template.h"
#include "dyno/scenario/threshold.h"
#include "dyno/scenario/wait.h"

namespace re2 {
class RE2;
}

namespace dyno::scenario {

// A regular expression of RE2's syntax: matching takes time linear in the text, whatever it is.
using Pattern = std::shared_ptr<const re2::RE2>;

// What an answer must be, besides having an accepted status.
struct Check {
  enum class Kind : std::uint8_t {
    json_same,     // the value at `pointer` is `expected`
    json_exists,   // there is a value at `pointer`
    json_absent,   // there is none
    json_range,    // the value at `pointer` is a number from `low` to `high`
    json_pattern,  // the value at `pointer`, as text, matches `pattern`
    contains,      // the body contains `text`
    matches,       // the body matches `pattern`
    header,        // the header `header` is there, and contains `text`
    size,          // the body is `low` to `high` bytes long, as received
    duration,      // sending to last byte took at most `high` nanoseconds
  };

  Kind kind = Kind::contains;
  JsonPointer pointer;
  JsonExpectation expected;
  Pattern pattern;
  std::string header;
  std::string text;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::string what;  // what was expected, in a few words, for the report
};

// A value taken from an answer into a variable of the user.
struct Extraction {
  enum class Source : std::uint8_t { json, header, body };

  Source source = Source::body;
  JsonPointer pointer;
  std::string header;
  Pattern pattern;  // null: the whole; otherwise its first group, or what it matches
  std::uint32_t variable = 0;
  std::optional<std::string> fallback;  // nothing: the step fails when there is no value
  std::string what;                     // for the report: "id from json /id"
};

// Which statuses are a success.
struct StatusRange {
  std::uint16_t low = 200;
  std::uint16_t high = 399;
};

struct Step {
  std::string method = "GET";
  Template path;  // with its query; begins with '/'
  std::vector<std::pair<std::string, Template>> headers;
  Template body;
  std::string content_type;
  std::string group;              // the endpoint that it is counted as
  std::vector<std::string> tags;  // its own, its task's and its class's

  std::vector<StatusRange> statuses{StatusRange{}};
  std::vector<Check> checks;
  std::vector<Extraction> extractions;
  bool wants_body = false;     // a check or an extraction looks at it
  bool wants_headers = false;  // likewise

  Wait think;          // after it
  Duration timeout{};  // zero: the run's
  bool ends_task_on_failure = true;

  std::uint32_t number = 0;              // of all steps of the scenario
  std::vector<std::uint32_t> variables;  // that must have a value before it can be sent
};

struct Task {
  std::string name;
  double weight = 1;
  std::vector<std::string> tags;  // its own and its class's
  std::vector<Step> steps;
  std::vector<std::uint32_t> feeders;  // of Scenario::feeders: a row of each before its first step
};

struct UserClass {
  std::string name = "user";
  double weight = 1;
  std::vector<Task> tasks;
  Wait wait;
  Task on_start;  // without steps: nothing
  Task on_stop;
};

// Rows of values, of which a task is given one: {{customer.id}}. Only the columns that are used.
struct Feeder {
  enum class Order : std::uint8_t {
    sequential,  // each task the next row, over all users; after the last the first again
    random,      // any row, drawn by the user
    unique,      // each row once in the run; then there are none
  };

  std::string name;
  Order order = Order::sequential;
  bool per_user = false;                 // a row for each user instead of each task
  std::vector<std::uint32_t> variables;  // of the columns
  std::vector<std::string> cells;        // row by row
  std::size_t rows = 0;
};

struct Scenario {
  std::string name;
  std::vector<UserClass> classes;
  std::vector<std::string> variables;  // what steps extract and feeders give, by number
  std::vector<Feeder> feeders;
  std::uint32_t steps = 0;  // how many there are
  Task set_up;              // once before the run, by nobody's user; without steps: nothing
  Task tear_down;           // once after it
};

// A stretch of load: to `level` in `ramp`, and `hold` there.
struct LoadStage {
  double level = 0;
  Duration ramp{};
  Duration hold{};
  std::string name;
};

// The load that a file asks for; the command line may say otherwise. What is absent was not said.
struct Load {
  std::optional<double> users;
  std::optional<double> rate;  // arrivals per second: the open model
  std::optional<double> spawn_rate;
  std::optional<Duration> run_time;
  std::optional<Duration> warm_up;
  std::optional<std::uint64_t> iterations;
  bool uniform_arrivals = false;
  std::vector<LoadStage> stages;  // instead of users and run_time, or of rate and run_time
  bool stages_are_rates = false;
};

// A scenario file.
struct File {
  std::shared_ptr<const Scenario> scenario;
  std::string host;                                          // empty: not said
  std::vector<std::pair<std::string, std::string>> headers;  // of every request
  std::optional<Duration> timeout;
  Load load;
  std::vector<Threshold> thresholds;
};

// Every step of the classes of users, hooks included; not those of set_up and tear_down.
template <typename F>
void for_each_step(const Scenario& scenario, const F& call) {
  const auto each = [&](const Task& task) {
    for (const Step& step : task.steps) call(step);
  };
  for (const UserClass& users : scenario.classes) {
    each(users.on_start);
    for (const Task& task : users.tasks) each(task);
    each(users.on_stop);
  }
}

}  // namespace dyno::scenario
