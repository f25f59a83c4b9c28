#include "dyno/async/event_loop.h"

#include <cerrno>
#include <exception>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "dyno/async/descriptor.h"
#include "dyno/async/scope.h"

namespace dyno::async {

Sleep::Sleep(EventLoop& loop, TimePoint when, StopSource* stop)
    : Timer([](Timer& timer) { static_cast<Sleep&>(timer).end(Wake::ready); }),
      StopCallback([](StopCallback& stopped) { static_cast<Sleep&>(stopped).end(Wake::stopped); }),
      loop_(loop),
      when_(when),
      stop_(stop) {}

Sleep::~Sleep() { loop_.timers().cancel(*this); }

bool Sleep::await_ready() {
  if (stop_ && stop_->requested()) {
    wake_ = Wake::stopped;
    return true;
  }
  return when_ <= loop_.now();
}

void Sleep::await_suspend(std::coroutine_handle<> awaiting) {
  awaiting_ = awaiting;
  loop_.timers().set(*this, when_);
  if (stop_) attach(*stop_);
}

void Sleep::end(Wake wake) {
  wake_ = wake;
  loop_.timers().cancel(*this);
  detach();
  awaiting_.resume();
}

Yield::~Yield() {
  if (!awaiting_) return;
  (previous_ ? previous_->next_ : loop_.yielded_) = next_;
  (next_ ? next_->previous_ : loop_.last_yielded_) = previous_;
}

void Yield::await_suspend(std::coroutine_handle<> awaiting) {
  awaiting_ = awaiting;
  round_ = loop_.rounds_;
  previous_ = loop_.last_yielded_;
  (previous_ ? previous_->next_ : loop_.yielded_) = this;
  loop_.last_yielded_ = this;
}

EventLoop::EventLoop(Clock& clock, Idle idle) : clock_(clock), idle_(idle) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (epoll_ < 0 || wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
    const int error = errno;
    if (epoll_ >= 0) ::close(epoll_);
    if (wake_ >= 0) ::close(wake_);
    throw std::system_error(error, std::generic_category(), "cannot make an event loop");
  }
  last_now_ = clock_.now();
}

EventLoop::~EventLoop() {
  ::close(wake_);
  ::close(epoll_);
}

void EventLoop::run(Task<void> main) {
  Scope scope;
  std::exception_ptr exception;
  bool done = false;
  scope.spawn([](Task<void> body, std::exception_ptr& thrown, bool& ended) -> Task<void> {
    try {
      co_await std::move(body);
    } catch (...) {
      thrown = std::current_exception();
    }
    ended = true;
  }(std::move(main), exception, done));
  while (!done) turn();
  if (exception) std::rethrow_exception(exception);
}

TimePoint EventLoop::now() { return last_now_ = clock_.now(); }

void EventLoop::post(std::function<void()> call) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(call));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void EventLoop::turn() {
  ++rounds_;
  wait();
  run_yielded();
  if (timers_.earliest() != TimePoint::max()) fire_timers(now());
}

// Waits for descriptors, at most until the next timer; not at all when somebody has yielded.
// Timers that were moved to a later time are looked at only when the time they had before has come:
// with a deadline per request that is all of them, and they move with every request.
void EventLoop::wait() {
  Duration timeout{};
  TimePoint next = timers_.earliest();
  const bool exact =
      idle_ == Idle::jump || next <= last_now_ || (next != TimePoint::max() && next <= now());
  if (exact) next = timers_.next().value_or(TimePoint::max());
  if (yielded_ != nullptr || next <= last_now_) {
    dispatch(poll(&timeout));
    return;
  }
  if (next == TimePoint::max()) {
    dispatch(poll(nullptr));
    return;
  }
  if (idle_ == Idle::jump) {
    const int count = poll(&timeout);
    dispatch(count);
    if (count == 0) clock_.sleep_until(next);
    return;
  }
  timeout = next - last_now_;
  dispatch(poll(&timeout));
}

int EventLoop::poll(const Duration* timeout) {
  int count = -1;
  if (precise_ && (!timeout || timeout->count() > 0)) {
    timespec wait{};
    if (timeout) {
      wait.tv_sec = timeout->count() / 1'000'000'000;
      wait.tv_nsec = timeout->count() % 1'000'000'000;
    }
    count = ::epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()),
                           timeout ? &wait : nullptr, nullptr);
    if (count < 0 && errno == ENOSYS) precise_ = false;  // before Linux 5.11: spins the last 1 ms
  }
  if (count < 0) {
    const int milliseconds =
        timeout ? static_cast<int>(
                      std::chrono::duration_cast<std::chrono::milliseconds>(*timeout).count())
                : -1;
    if (precise_ && (!timeout || timeout->count() > 0)) return 0;  // EINTR
    count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), milliseconds);
  }
  return count < 0 ? 0 : count;
}

// With hundreds of connections none of what an event needs is in the nearest caches: it is asked
// for while the events before it are handled, what holds an address before what lies there.
void EventLoop::prefetch() const {
  const auto descriptor = [this](int ahead) -> const Descriptor* {
    const int index = event_ + ahead;
    if (index >= events_end_) return nullptr;
    void* const data = events_[static_cast<std::size_t>(index)].data.ptr;
    return data == this ? nullptr : static_cast<const Descriptor*>(data);
  };
  __builtin_prefetch(descriptor(3), 1);
  if (const Descriptor* const second = descriptor(2)) __builtin_prefetch(second->reader_, 1);
  if (const Descriptor* const next = descriptor(1); next && next->reader_) {
    next->reader_->prefetch();
  }
}

void EventLoop::dispatch(int count) {
  events_end_ = count;
  for (event_ = 0; event_ < events_end_; ++event_) {
    const epoll_event event = events_[static_cast<std::size_t>(event_)];
    if (event.data.ptr == this) continue;  // a descriptor that has been closed since
    prefetch();
    if (event.data.ptr) {
      static_cast<Descriptor*>(event.data.ptr)->on_events(event.events);
    } else {
      resume_all();
      run_posted();
    }
    // A long batch must not hold up what is due meanwhile.
    const bool due = timers_.earliest() <= last_now_;
    if (due || resumed_end_ == resumed_.size()) resume_all();
    if (due) fire_timers(last_now_);
  }
  event_ = events_end_ = 0;
  resume_all();
}

void EventLoop::resume_soon(Resumption& resumption, std::coroutine_handle<> awaiting) {
  Resumption*& place = resumed_[resumed_end_++];
  place = &resumption;
  resumption.place_ = &place;
  resumption.awaiting_ = awaiting;
}

void EventLoop::resume_all() {
  for (std::size_t i = 0; i < resumed_end_; ++i) {
    if (!resumed_[i]) continue;
    resumed_[i]->place_ = nullptr;
    resumed_[i]->awaiting_.resume();
  }
  resumed_end_ = 0;
}

void EventLoop::fire_timers(TimePoint now) {
  while (Timer* timer = timers_.pop(now)) timer->fire();
}

// Those that have yielded since this round began wait for the next.
void EventLoop::run_yielded() {
  while (yielded_ && yielded_->round_ < rounds_) {
    Yield& first = *yielded_;
    yielded_ = first.next_;
    (yielded_ ? yielded_->previous_ : last_yielded_) = nullptr;
    std::exchange(first.awaiting_, nullptr).resume();
  }
}

void EventLoop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_, &count, sizeof count);
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(posted_mutex_);
    calls.swap(posted_);
  }
  for (const auto& call : calls) call();
}

void EventLoop::forget(Descriptor& descriptor) {
  for (int i = event_; i < events_end_; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &descriptor) event.data.ptr = this;
  }
}

bool EventLoop::handles(const Descriptor& descriptor) const {
  return events_[static_cast<std::size_t>(event_)].data.ptr == &descriptor;
}

}  // namespace dyno::async
