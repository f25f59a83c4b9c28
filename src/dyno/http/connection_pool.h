// A limited number of connections that the users of one engine thread share. Who finds none waits,
// first come, first served. It opens and closes nothing: what a user has taken and opened it brings
// back, for the next one or to be kept idle.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <vector>

#include "dyno/async/event_loop.h"
#include "dyno/http/stream.h"

namespace dyno::http {

class ConnectionPool {
 public:
  // At most `most` (above 0) are taken at one time. `loop` must outlive the pool.
  ConnectionPool(async::EventLoop& loop, std::uint32_t most) : loop_(loop), most_(most) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // One's turn: `co_await turn` until a connection may be used, then stream() takes it: an idle
  // one, or null when one may be opened. Destroyed before that, it leaves the queue.
  class Turn : async::Timer {
   public:
    explicit Turn(ConnectionPool& pool);
    ~Turn();
    bool await_ready();
    void await_suspend(std::coroutine_handle<> awaiting);
    void await_resume() const {}
    std::unique_ptr<Stream> stream();

   private:
    friend class ConnectionPool;
    void grant(std::unique_ptr<Stream> stream);

    ConnectionPool& pool_;
    std::unique_ptr<Stream> stream_;
    bool granted_ = false;
    bool queued_ = false;
    std::coroutine_handle<> awaiting_;
    Turn* next_ = nullptr;
    Turn* previous_ = nullptr;
  };

  // Ends what a turn has begun; `stream` is null when it was closed.
  void give_back(std::unique_ptr<Stream> stream);

  std::uint32_t taken() const { return taken_; }

  // Whether a turn comes at once. Nobody is overtaken: while others wait, none is.
  bool has_room() const { return !first_ && taken_ < most_; }

 private:
  void leave(Turn& turn);

  async::EventLoop& loop_;
  const std::uint32_t most_;
  std::uint32_t taken_ = 0;
  std::vector<std::unique_ptr<Stream>> idle_;  // the one that was used last goes first
  Turn* first_ = nullptr;
  Turn* last_ = nullptr;
};

}  // namespace dyno::http
