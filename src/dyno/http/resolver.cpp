#include "dyno/http/resolver.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace dyno::http {

namespace {

struct Question {
  async::EventLoop* loop = nullptr;
  std::string host;
  std::uint16_t port = 0;
  Resolver::Answer answer;
};

}  // namespace

// Shared with the thread, which may outlive the resolver in a look-up that hangs.
struct Resolver::State {
  explicit State(Lookup how) : lookup(std::move(how)) {}

  static void run(const std::shared_ptr<State>& state) {
    std::unique_lock lock(state->mutex);
    while (true) {
      state->asked.wait(lock, [&] { return state->question || state->closed; });
      if (state->closed) return;
      const Question question = std::move(*state->question);
      state->question.reset();
      state->busy = true;
      lock.unlock();
      auto found = state->lookup(question.host, question.port);
      lock.lock();
      state->busy = false;
      // The loop is there as long as the resolver is.
      if (state->closed) return;
      question.loop->post([answer = question.answer, found = std::move(found)] { answer(found); });
    }
  }

  const Lookup lookup;
  std::mutex mutex;
  std::condition_variable asked;
  std::optional<Question> question;
  bool closed = false;
  bool busy = false;
  std::thread thread;
};

Resolver::Resolver(Lookup lookup) : state_(std::make_shared<State>(std::move(lookup))) {
  state_->thread = std::thread([state = state_] { State::run(state); });
}

Resolver::~Resolver() {
  bool hangs = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    hangs = state_->busy;
  }
  state_->asked.notify_all();
  if (hangs) {
    state_->thread.detach();
  } else {
    state_->thread.join();
  }
}

void Resolver::ask(async::EventLoop& loop, std::string host, std::uint16_t port, Answer answer) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->question = Question{&loop, std::move(host), port, std::move(answer)};
  }
  state_->asked.notify_all();
}

}  // namespace dyno::http
