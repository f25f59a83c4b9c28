// StopSource: tells whoever waits on one thread that there is no use in waiting any longer. The
// one-threaded cousin of std::stop_source: no allocation, no atomics. Other threads reach it
// through EventLoop::post.
#pragma once

namespace dyno::async {

class StopSource;

// Called once when the stop comes. Part of whatever waits; leaves its source when destroyed.
class StopCallback {
 public:
  using Call = void (*)(StopCallback&);
  explicit StopCallback(Call call) : call_(call) {}
  StopCallback(const StopCallback&) = delete;
  StopCallback& operator=(const StopCallback&) = delete;
  ~StopCallback() { detach(); }

  void attach(StopSource& source);
  void detach();

 private:
  friend class StopSource;
  Call call_;
  StopSource* source_ = nullptr;
  StopCallback* next_ = nullptr;
  StopCallback* previous_ = nullptr;
};

class StopSource {
 public:
  StopSource() = default;
  StopSource(const StopSource&) = delete;
  StopSource& operator=(const StopSource&) = delete;

  bool requested() const { return requested_; }

  // As new, for what begins afterwards.
  void reset() { requested_ = false; }

  // Calls every callback, each taken out before; a second request does nothing.
  void request() {
    requested_ = true;
    while (first_) {
      StopCallback& callback = *first_;
      callback.detach();
      callback.call_(callback);
    }
  }

 private:
  friend class StopCallback;
  bool requested_ = false;
  StopCallback* first_ = nullptr;
};

inline void StopCallback::attach(StopSource& source) {
  source_ = &source;
  previous_ = nullptr;
  next_ = source.first_;
  if (next_) next_->previous_ = this;
  source.first_ = this;
}

inline void StopCallback::detach() {
  if (!source_) return;
  (previous_ ? previous_->next_ : source_->first_) = next_;
  if (next_) next_->previous_ = previous_;
  source_ = nullptr;
}

}  // namespace dyno::async
