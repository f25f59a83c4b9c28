// Whatever is given as a scenario file, it is refused in one line that has a place, or it is a
// scenario whose every step can be rendered into a well-formed request and held against an answer.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/random.h"
#include "dyno/scenario/judge.h"
#include "dyno/scenario/model.h"
#include "dyno/scenario/reader.h"
#include "dyno/scenario/template.h"
#include "fuzz.h"

namespace {

using dyno::scenario::Step;

bool breaks_a_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

class Journey {
 public:
  explicit Journey(const dyno::scenario::Scenario& scenario) : scenario_(scenario) {
    variables_.reset(scenario.variables.size());
  }

  void go(const dyno::scenario::Task& task) {
    for (const Step& step : task.steps) go(step);
  }

 private:
  void go(const Step& step) {
    fuzz::require(step.number < scenario_.steps, "steps are numbered");
    fuzz::require(!step.statuses.empty(), "some status is a success");
    fuzz::require(!breaks_a_line(step.group) && !breaks_a_line(step.content_type),
                  "what names a step is one line");
    const dyno::scenario::RenderContext context{random_, 7, 3, variables_.values,
                                                [] { return dyno::UtcTime{}; }};
    std::string path;
    step.path.render(context, path);
    fuzz::require(
        path.starts_with('/') && path.find(' ') == std::string::npos && !breaks_a_line(path),
        "a path stands in a request line");
    for (const auto& [name, value] : step.headers) {
      std::string text;
      value.render(context, text);
      fuzz::require(!breaks_a_line(name) && !breaks_a_line(text), "a header is one line");
    }
    std::string body;
    step.body.render(context, body);
    answer(step, body);
  }

  // With a body that is JSON often enough: the step's own.
  void answer(const Step& step, std::string_view body) {
    dyno::scenario::Answer answer;
    answer.status = 200;
    answer.head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLocation: /next\r\n";
    answer.body = body;
    answer.body_bytes = body.size();
    dyno::scenario::accepts(step, answer.status);
    dyno::scenario::first_failed(step, answer);
    const auto* const failed = dyno::scenario::extract(step, answer, variables_);
    for (const auto& extraction : step.extractions) {
      fuzz::require(extraction.variable < variables_.values.size(), "variables are numbered");
      fuzz::require(failed != nullptr || variables_.known[extraction.variable],
                    "what was extracted is known");
    }
  }

  const dyno::scenario::Scenario& scenario_;
  dyno::Random random_{1};
  dyno::scenario::Variables variables_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto memory = std::make_unique<char[]>(size);  // exact: reading beyond it is noticed
  std::copy_n(data, size, memory.get());
  const auto file = dyno::scenario::parse_scenario({memory.get(), size}, "file.json");
  if (!file) {
    const auto& message = file.error().message;
    fuzz::require(message.starts_with("file.json:") && !breaks_a_line(message),
                  "an error is one line and has a place");
    return 0;
  }
  fuzz::require(file->scenario && !file->scenario->classes.empty(), "there is a class of users");
  for (const auto& users : file->scenario->classes) {
    fuzz::require(!users.tasks.empty(), "a class of users has tasks");
    Journey journey(*file->scenario);
    journey.go(users.on_start);
    for (const auto& task : users.tasks) journey.go(task);
    journey.go(users.on_stop);
  }
  return 0;
}
