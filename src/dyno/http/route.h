// Where the connections of one engine thread go: the addresses of the destination as they were last
// looked up. A name is looked up again when its addresses are older than Settings::resolve_every,
// and after none of them has taken a connection; at most once a second either way. Users that open
// a connection meanwhile wait for the answer; those that have one notice nothing.
#pragma once

#include <memory>
#include <vector>

#include "dyno/async/descriptor.h"
#include "dyno/async/task.h"
#include "dyno/http/destination.h"
#include "dyno/http/exchange.h"

namespace dyno::http {

class Route {
 public:
  // Both must outlive it.
  Route(async::EventLoop& loop, const Destination& destination);
  Route(Route&&) noexcept;
  ~Route();

  // At least one. Valid until the next wait.
  const std::vector<Address>& addresses() const;

  // Whether they are good for another connection; otherwise look_up() first.
  bool fresh();

  // Waits for an answer until `deadline`. True: exchange.dns is how long that took. False:
  // `exchange` has failed.
  async::Task<bool> look_up(async::Deadline& deadline, Exchange& exchange);

  // None of the addresses took a connection.
  void doubt();

 private:
  struct Lookups;
  void begin();

  async::EventLoop* loop_;
  const Destination* destination_;
  TimePoint known_since_;
  bool doubted_ = false;
  std::unique_ptr<Lookups> lookups_;  // from the first one on
};

}  // namespace dyno::http
