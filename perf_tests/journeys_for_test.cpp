#include "journeys_for_test.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "dyno/core/files.h"
#include "dyno/http/raw_server.h"
#include "dyno/http/url.h"
#include "dyno/http/wire.h"
#include "dyno/load/collector.h"
#include "dyno/load/worker.h"
#include "request_shape_for_test.h"
#include "services/common/test_client.h"

namespace journeys {
namespace {

using namespace std::chrono_literals;
using dyno::Duration;
using dyno::TimePoint;
using dyno::load::Activity;
using dyno::load::UserClass;
using nlohmann::json;

constexpr std::uint32_t users_of_many = 3;
constexpr std::uint64_t rounds_of_many = 40;
constexpr Duration deadline = 12h;
constexpr Duration longest_thinking = 1h;

// Thinking ends at once. What is further off is a deadline or the plan's end: an answer is awaited.
class HurriedClock final : public dyno::Clock {
 public:
  TimePoint now() const override { return TimePoint{Duration{now_.load()}}; }
  void sleep_until(TimePoint when) override {
    if (when - now() < longest_thinking) {
      now_ = when.time_since_epoch().count();
      return;
    }
    std::unique_lock lock(mutex_);
    answered_.wait_until(lock, std::chrono::system_clock::now() + 1ms, [&] { return news_; });
    news_ = false;
  }
  void note_answer() {
    const std::lock_guard lock(mutex_);
    news_ = true;
    answered_.notify_one();
  }

 private:
  std::atomic<Duration::rep> now_{0};
  std::mutex mutex_;
  std::condition_variable answered_;
  bool news_ = false;
};

struct Answer {
  int status = 0;
  std::string type;
  std::string session;  // Mcp-Session-Id
  std::string body;
};

// An answer in place of a user's request of that number.
struct Change {
  std::size_t request = 0;
  std::string what;
  Answer answer;
};

struct Sent {
  std::string request;
  Duration after{};  // the request before
  Answer answer;
};

// The server in between. Answers come from the service, or from what it has said to the like.
class Between {
 public:
  Between(int port, HurriedClock& clock, std::map<std::string, Answer>& memory)
      : port_(port), clock_(clock), memory_(memory) {}

  std::string url() const { return server_.url(); }

  // For the next user; `change` may be null.
  void next_user(bool from_memory, const Change* change) {
    const std::lock_guard lock(mutex_);
    from_memory_ = from_memory;
    change_ = change;
    last_ = clock_.now();
    sent_.clear();
  }
  std::vector<Sent> sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  void serve(dyno::http::RawConnection& connection) {
    for (;;) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      const Answer answer = note(request);
      std::string text = fmt::format("HTTP/1.1 {} X\r\n", answer.status);
      if (!answer.session.empty()) text += fmt::format("Mcp-Session-Id: {}\r\n", answer.session);
      if (answer.status != 204)
        text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", answer.type,
                            answer.body.size());
      connection.write(text + "\r\n" + (answer.status == 204 ? "" : answer.body));
      clock_.note_answer();
    }
  }

  Answer note(const std::string& request) {
    const std::lock_guard lock(mutex_);
    const TimePoint now = clock_.now();
    const bool changed = change_ && change_->request == sent_.size();
    const Answer answer = changed ? change_->answer : answer_to(request);
    sent_.push_back({request, now - last_, answer});
    last_ = now;
    return answer;
  }

  Answer answer_to(const std::string& request) {
    const std::string key = likeness(request);
    if (const auto known = memory_.find(key); from_memory_ && known != memory_.end())
      return known->second;
    service::test::RawConnection service(port_);
    service.send(request);
    const auto answer = service.receive();
    const auto header = [&](const char* name) {
      return std::string(dyno::http::find_header(answer.head + "\r\n", name));
    };
    return memory_[key] = {answer.status, header("Content-Type"), header("Mcp-Session-Id"),
                           answer.body};
  }

  // What its answer depends on: of JSON-RPC the method and the tool, otherwise not the body.
  static std::string likeness(const std::string& request) {
    const std::string_view head = dyno::http::wire_head(request);
    std::string key =
        fmt::format("{} {}", dyno::http::wire_method(request), dyno::http::wire_target(request));
    const json body = json::parse(request.substr(head.size()), nullptr, false);
    if (!body.is_object() || !body.contains("jsonrpc")) return key;
    return key + body.at("method").dump() + body.value("/params/name"_json_pointer, "");
  }

  const int port_;
  HurriedClock& clock_;
  std::mutex mutex_;
  std::map<std::string, Answer>& memory_;
  bool from_memory_ = false;
  const Change* change_ = nullptr;
  TimePoint last_;
  std::vector<Sent> sent_;
  dyno::http::RawServer server_{
      [this](dyno::http::RawConnection& connection) { serve(connection); }};
};

struct Plan {
  std::uint32_t users = 1;
  std::uint64_t rounds = 1;  // of each
  bool from_memory = true;
  const Change* change = nullptr;
};

struct Ran {
  std::vector<std::vector<Sent>> users;
  std::map<std::string, std::uint64_t> outcomes;  // "GET /costs ok"
};

// One user after the other, so that what one sends and how long it thinks depends on nobody else.
Ran run(const dyno::load::Scenario& scenario, const dyno::http::Settings& settings,
        const Plan& wanted, Between& between, HurriedClock& clock) {
  const auto url = dyno::http::parse_url(between.url());
  const auto destination = dyno::http::make_destination(url.value(), settings);
  const auto plan = dyno::load::users(wanted.users).operations(wanted.rounds).hold(2 * deadline);
  dyno::load::RunState state{
      .scenario = scenario,
      .plan = plan,
      .seed = 5,
      .stop_timeout = 10s,
      .workers = wanted.users,
      .classes = dyno::load::classes_of(scenario, wanted.users),
      .feeders = dyno::load::FeederPlaces(scenario.data ? scenario.data->feeders.size() : 0)};
  dyno::load::Endpoints endpoints;
  Ran ran;
  for (std::uint32_t user = 0; user < wanted.users; ++user) {
    between.next_user(wanted.from_memory, wanted.change);
    state.start = clock.now() + 1s;
    state.iterations = 0;
    dyno::async::EventLoop loop(clock, dyno::async::Idle::jump);
    dyno::metrics::Recorder recorder(dyno::load::recorder_windows(plan), state.start);
    dyno::http::ClientContext http{.loop = loop, .destination = destination.value()};
    dyno::load::UserContext context{.loop = loop,
                                    .recorder = recorder,
                                    .endpoints = dyno::load::EndpointMemory(endpoints),
                                    .http = &http,
                                    .timeout = deadline};
    dyno::load::Worker worker(state, context, user);
    loop.run(worker.run());
    std::uint64_t counted = 0;
    const auto names = endpoints.all();
    for (const dyno::metrics::Cell* cell : recorder.take().cells()) {
      ran.outcomes[fmt::format("{} {} {}", names[cell->endpoint].method, names[cell->endpoint].name,
                               dyno::metrics::to_string(cell->outcome))] += cell->count;
      counted += cell->count;
    }
    ran.users.push_back(between.sent());
    if (counted < ran.users.back().size())
      throw std::logic_error("not all that is sent is counted");
  }
  if (state.exceptions > 0) ran.outcomes["exception: " + state.first_exception] = 1;
  return ran;
}

// What an answer is replaced by, to see what is made of that.
void members_of(const json& object, const std::string& at, std::vector<std::string>& pointers) {
  for (const auto& [name, value] : object.items()) {
    const std::string pointer = at + '/' + name;
    pointers.push_back(pointer);
    const bool of_a_protocol = name == "result" || name == "structuredContent";
    if (of_a_protocol && value.is_object()) members_of(value, pointer, pointers);
  }
}

std::vector<Change> changes_of(std::size_t request, const Answer& real) {
  std::vector<Change> changes;
  const auto add = [&](std::string what, Answer answer) {
    changes.push_back({request, std::move(what), std::move(answer)});
  };
  for (const int status : {200, 201, 202, 204, 404, 503}) {
    if (status != real.status)
      add(fmt::format("status {}", status), {status, real.type, real.session, real.body});
  }
  if (!real.session.empty()) add("no session", {real.status, real.type, "", real.body});
  if (real.body.empty()) return changes;
  add("no JSON", {real.status, real.type, real.session, "no JSON"});
  const json body = json::parse(real.body, nullptr, false);
  std::vector<std::string> pointers;
  if (body.is_object()) members_of(body, "", pointers);
  for (const std::string& name : pointers) {
    const json::json_pointer pointer(name);
    json less = body;
    less.at(pointer.parent_pointer()).erase(pointer.back());
    add("no " + name, {real.status, real.type, real.session, less.dump()});
    json other = body;
    if (other.at(pointer).is_string()) other.at(pointer) = "something else";
    if (other.at(pointer).is_boolean()) other.at(pointer) = !body.at(pointer).get<bool>();
    if (other != body) add("another " + name, {real.status, real.type, real.session, other.dump()});
  }
  return changes;
}

class Comparison {
 public:
  Comparison(const dyno::load::Scenario& code, const dyno::scenario::File& data, int port)
      : code_(code), data_(data.scenario), port_(port) {
    settings_.headers = data.headers;
  }

  std::vector<std::string> differences() {
    expect_same("classes", code_.classes.size(), data_.classes.size());
    const std::size_t count = std::min(code_.classes.size(), data_.classes.size());
    for (std::size_t i = 0; i < count; ++i) compare(code_.classes[i], data_.classes[i], count > 1);
    return std::move(found_);
  }

 private:
  template <typename T>
  void expect_same(const std::string& what, const T& code, const T& data) {
    if (!(code == data)) tell(fmt::format("{}: {} in C++, {} as data", what, code, data));
  }
  void tell(const std::string& what) { found_.push_back(where_ + what); }

  void compare(const UserClass& code, const UserClass& data, bool one_of_several) {
    where_ = code.name + ", ";
    if (one_of_several) expect_same("name", code.name, data.name);
    expect_same("weight", code.weight, data.weight);
    expect_same("shortest wait, ns", code.wait.low.count(), data.wait.low.count());
    expect_same("longest wait, ns", code.wait.high.count(), data.wait.high.count());
    expect_same("pacing, ns", code.wait.every.count(), data.wait.every.count());
    expect_same("mean wait, ns", code.wait.mean.count(), data.wait.mean.count());
    code_start_ = data_start_ = {};
    hooked_ = 0;
    compare("on_start", code.on_start, data.on_start);
    code_start_ = code.on_start;
    data_start_ = data.on_start;
    hooked_ = requests_;
    expect_same("tasks", code.tasks.size(), data.tasks.size());
    for (std::size_t i = 0; i < std::min(code.tasks.size(), data.tasks.size()); ++i) {
      where_ = fmt::format("{}, {}, ", code.name, code.tasks[i].name);
      expect_same("name", code.tasks[i].name, data.tasks[i].name);
      expect_same("weight", code.tasks[i].weight, data.tasks[i].weight);
      compare("", code.tasks[i].activity, data.tasks[i].activity);
    }
    where_ = code.name + ", ";
    compare("on_stop", code.on_stop, data.on_stop);
  }

  // After what users do at their start, which has been compared.
  void compare(const std::string& part, const Activity& code, const Activity& data) {
    requests_ = 0;
    if (!part.empty()) where_ += part + ", ";
    expect_same("is there", bool(code), bool(data));
    if (!code || !data) return;
    Between between(port_, clock_, memory_);
    between_ = &between;
    const auto as_code = only(code, code_, code_start_), as_data = only(data, data_, data_start_);
    const auto sent = run_both(as_code, as_data, {.from_memory = false}).code.users.front();
    if (sent.size() <= hooked_) return tell("nothing is sent");
    requests_ = sent.size() - hooked_;
    compare_requests(as_code, as_data);
    for (std::size_t i = hooked_; i < hooked_ + requests_; ++i) {
      for (const Change& change : changes_of(i, sent[i].answer)) {
        what_ = fmt::format("request {} answered with {}: ", i - hooked_ + 1, change.what);
        run_both(as_code, as_data, {.change = &change});
        what_.clear();
      }
    }
  }

  dyno::load::Scenario only(const Activity& what, const dyno::load::Scenario& of,
                            const Activity& at_start) {
    dyno::load::Scenario scenario;
    scenario.data = of.data;
    auto& user = scenario.classes.emplace_back();
    user.on_start = at_start;
    user.tasks.push_back({"task", 1, what});
    return scenario;
  }

  struct Both {
    Ran code;
    Ran data;
  };
  Both run_both(const dyno::load::Scenario& code, const dyno::load::Scenario& data,
                const Plan& plan) {
    Both both{run(code, {}, plan, *between_, clock_),
              run(data, settings_, plan, *between_, clock_)};
    expect_same(what_ + "outcomes", fmt::format("{}", both.code.outcomes),
                fmt::format("{}", both.data.outcomes));
    for (const auto& [outcome, number] : both.code.outcomes)
      if (!plan.change && !outcome.ends_with(" ok")) tell("the service's own answers: " + outcome);
    return both;
  }

  void compare_requests(const dyno::load::Scenario& code, const dyno::load::Scenario& data) {
    const auto both = run_both(code, data, {.users = users_of_many, .rounds = rounds_of_many});
    const auto in_code = shapes(both.code), as_data = shapes(both.data);
    for (std::size_t i = 0; i < requests_; ++i) {
      std::set<std::string> places;
      for (const auto* shape : {&in_code[i], &as_data[i]})
        for (const auto& [place, texts] : *shape) places.insert(place);
      for (const auto& place : places) {
        const Texts a = texts_at(in_code[i], place), b = texts_at(as_data[i], place);
        if (!same(a, b))
          tell(fmt::format("request {}, {}: {} in C++, {} as data", i + 1, place, to_text(a),
                           to_text(b)));
      }
    }
  }

  static Texts texts_at(const Shape& shape, const std::string& place) {
    const auto found = shape.find(place);
    return found == shape.end() ? Texts{} : found->second;
  }

  std::vector<Shape> shapes(const Ran& ran) const {
    std::vector<Shape> shapes(requests_);
    for (const auto& sent : ran.users) {
      for (std::size_t i = hooked_; i < sent.size(); ++i) {
        Shape& shape = shapes[(i - hooked_) % requests_];
        note_request(shape, sent[i].request);
        if (i > hooked_)  // the first has nothing before it to wait after
          note(shape, "wait before, ms", fmt::format("{}", sent[i].after / 1ms));
      }
    }
    return shapes;
  }

  const dyno::load::Scenario& code_;
  const dyno::load::Scenario data_;
  const int port_;
  dyno::http::Settings settings_;  // of the data, which has headers for every request
  HurriedClock clock_;
  std::map<std::string, Answer> memory_;
  Between* between_ = nullptr;
  Activity code_start_, data_start_;
  std::size_t hooked_ = 0;    // requests at a user's start
  std::size_t requests_ = 0;  // of the part that is compared, a round
  std::string where_, what_;
  std::vector<std::string> found_;
};

}  // namespace

dyno::scenario::File read(const std::string& name, const dyno::scenario::FileSource& files,
                          const std::vector<std::pair<std::string, std::string>>& replaced) {
  const auto path = std::filesystem::path(DYNO_SOURCE_DIR) / "fixtures/scenarios" / name;
  const auto read = dyno::read_file(path);
  if (!read) throw std::runtime_error(read.error().message);
  std::string text = *read;
  for (const auto& [from, to] : replaced) {
    const auto at = text.find(from);
    if (at == text.npos) throw std::runtime_error(name + " says nowhere: " + from);
    text.replace(at, from.size(), to);
  }
  auto file = dyno::scenario::parse_scenario(text, path.string(), {.files = files});
  if (!file) throw std::runtime_error(file.error().message);
  return std::move(*file);
}

std::vector<std::string> differences(const dyno::load::Scenario& code,
                                     const dyno::scenario::File& data, int port) {
  return Comparison(code, data, port).differences();
}

}  // namespace journeys
