#include "dyno/load/small_thread.h"

#include <system_error>
#include <utility>

namespace dyno::load {

SmallThread::SmallThread(std::function<void()> body) : body_(std::move(body)) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, stack_size);
  const int error = ::pthread_create(
      &thread_, &attributes,
      [](void* self) -> void* {
        static_cast<SmallThread*>(self)->body_();
        return nullptr;
      },
      this);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), "cannot start a thread per user");
  }
}

}  // namespace dyno::load
