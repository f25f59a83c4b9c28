#include "dyno/http/connection_pool.h"

#include <utility>

namespace dyno::http {

ConnectionPool::Turn::Turn(ConnectionPool& pool)
    : Timer([](Timer& timer) { static_cast<Turn&>(timer).awaiting_.resume(); }), pool_(pool) {}

ConnectionPool::Turn::~Turn() {
  pool_.loop_.timers().cancel(*this);
  if (queued_) pool_.leave(*this);
  if (granted_) pool_.give_back(std::move(stream_));
}

bool ConnectionPool::Turn::await_ready() {
  if (!pool_.has_room()) return false;
  ++pool_.taken_;
  granted_ = true;
  if (!pool_.idle_.empty()) {
    stream_ = std::move(pool_.idle_.back());
    pool_.idle_.pop_back();
  }
  return true;
}

void ConnectionPool::Turn::await_suspend(std::coroutine_handle<> awaiting) {
  awaiting_ = awaiting;
  queued_ = true;
  previous_ = pool_.last_;
  (previous_ ? previous_->next_ : pool_.first_) = this;
  pool_.last_ = this;
}

// Whoever gives back goes on first, and may be about to end: the turn resumes from the event loop.
void ConnectionPool::Turn::grant(std::unique_ptr<Stream> stream) {
  stream_ = std::move(stream);
  granted_ = true;
  pool_.loop_.timers().set(*this, pool_.loop_.now());
}

std::unique_ptr<Stream> ConnectionPool::Turn::stream() {
  granted_ = false;
  return std::move(stream_);
}

void ConnectionPool::give_back(std::unique_ptr<Stream> stream) {
  if (Turn* const turn = first_) {
    leave(*turn);
    turn->grant(std::move(stream));
    return;
  }
  --taken_;
  if (stream) idle_.push_back(std::move(stream));
}

void ConnectionPool::leave(Turn& turn) {
  (turn.previous_ ? turn.previous_->next_ : first_) = turn.next_;
  (turn.next_ ? turn.next_->previous_ : last_) = turn.previous_;
  turn.queued_ = false;
}

}  // namespace dyno::http
