#include "dyno/async/descriptor.h"

#include <cerrno>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace dyno::async {

Deadline::Deadline(EventLoop& loop)
    : Timer([](Timer& timer) {
        auto& self = static_cast<Deadline&>(timer);
        self.expired_ = true;
        if (self.wait_) self.wait_->end(Wake::timed_out);
      }),
      loop_(loop) {}

Deadline::~Deadline() { loop_.timers().cancel(*this); }

void Deadline::set(TimePoint when) {
  expired_ = false;
  loop_.timers().set(*this, when);
}

void Deadline::clear() {
  expired_ = false;
  loop_.timers().disarm(*this);
}

void IoWaiter::wait(Descriptor& descriptor, bool write, Deadline* deadline) {
  descriptor_ = &descriptor;
  deadline_ = deadline;
  write_ = write;
  (write ? descriptor.writer_ : descriptor.reader_) = this;
  if (deadline) deadline->wait_ = this;
}

void IoWaiter::leave() {
  if (!descriptor_) return;
  (write_ ? descriptor_->writer_ : descriptor_->reader_) = nullptr;
  if (deadline_) deadline_->wait_ = nullptr;
  descriptor_ = nullptr;
}

IoWait::IoWait(Descriptor& descriptor, bool write, Deadline* deadline)
    : IoWaiter([](IoWaiter& waiter, Wake wake) {
        auto& self = static_cast<IoWait&>(waiter);
        self.wake_ = wake;
        self.awaiting_.resume();
      }),
      descriptor_(descriptor),
      deadline_(deadline),
      write_(write) {}

bool IoWait::await_ready() {
  if (write_ ? descriptor_.writable_ : descriptor_.readable_) return true;
  if (!deadline_ || !deadline_->expired()) return false;
  wake_ = Wake::timed_out;
  return true;
}

void IoWait::await_suspend(std::coroutine_handle<> awaiting) {
  awaiting_ = awaiting;
  wait(descriptor_, write_, deadline_);
}

Descriptor::Descriptor(EventLoop& loop, int fd) : loop_(loop), fd_(fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (::epoll_ctl(loop.epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
    const int error = errno;
    ::close(fd);
    throw std::system_error(error, std::generic_category(), "cannot watch a descriptor");
  }
}

Descriptor::~Descriptor() {
  loop_.forget(*this);
  ::close(fd_);
}

void Descriptor::on_events(std::uint32_t events) {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
  EventLoop& loop = loop_;
  if (readable_ && reader_) reader_->end(Wake::ready);
  // Whoever was resumed may have destroyed this descriptor.
  if (loop.handles(*this) && writable_ && writer_) writer_->end(Wake::ready);
}

}  // namespace dyno::async
