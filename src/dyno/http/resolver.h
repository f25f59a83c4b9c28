// Looks names up while a load runs: on a thread of its own, since the system's way of doing it
// blocks. One question at a time is enough: a destination has one name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dyno/async/event_loop.h"
#include "dyno/core/result.h"
#include "dyno/http/address.h"

namespace dyno::http {

class Resolver {
 public:
  using Answer = std::function<void(Result<std::vector<Address>>)>;

  explicit Resolver(Lookup lookup);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Does not wait for a look-up that is under way; its answer is not given any more.
  ~Resolver();

  // `answer` is called on the loop's thread. Not before the last question has been answered.
  void ask(async::EventLoop& loop, std::string host, std::uint16_t port, Answer answer);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dyno::http
