// Does tasks of a scenario file once, one request after the other, outside of any load: the set-up
// and tear-down of a run, and `dyno run --once`. Nothing is recorded. Blocks its caller.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/http/exchange.h"
#include "dyno/http/settings.h"
#include "dyno/load/engine.h"
#include "dyno/scenario/model.h"

namespace dyno::load {

// One request that was made, or could not be. Valid during the call only.
struct OnceRequest {
  const scenario::Step& step;
  std::string_view sent;           // the whole of it, secrets included; empty: it was not sent
  const http::Exchange& exchange;  // with head and body
  std::string_view failure;        // empty: a success
};

struct OnceOptions {
  std::string host;
  http::Settings http;
  Duration timeout = std::chrono::seconds{30};  // of a request that names none
  std::uint64_t seed = 1;
  bool think = true;                  // waits after steps that say so
  const StopRequest* stop = nullptr;  // see perform()
  std::function<void(const OnceRequest&)> observer;
};

class Once {
 public:
  // Fails when the host is no URL or has no address. `scenario` must outlive it.
  static Result<std::unique_ptr<Once>> make(const scenario::Scenario& scenario,
                                            OnceOptions options);
  virtual ~Once() = default;

  // What a request to stop does to a task. Asked for at once (level 2), it breaks off the request
  // under way, which then counts as failed.
  enum class WhenStopped : std::uint8_t {
    end,   // the request under way is waited for, no other is made
    go_on  // unless asked for at once: for what cleans up
  };

  // The steps of the task, by one user that keeps its connection, its cookies and what it has
  // extracted from one task to the next. How many requests have failed.
  virtual std::uint32_t perform(const scenario::Task& task, WhenStopped when_stopped) = 0;
  std::uint32_t perform(const scenario::Task& task) { return perform(task, WhenStopped::end); }

  // The first failure of all tasks: "POST /seed: expected …"; empty: none.
  virtual const std::string& first_failure() const = 0;

  // What has been extracted so far, by name; nothing of what feeders give.
  virtual std::map<std::string, std::string> values() const = 0;
};

}  // namespace dyno::load
