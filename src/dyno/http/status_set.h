// A few statuses, written {200, 503}.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace dyno::http {

// Up to eight of them.
class StatusSet {
 public:
  static constexpr std::size_t most = 8;

  constexpr StatusSet() = default;
  constexpr StatusSet(std::initializer_list<int> statuses) {  // NOLINT(google-explicit-constructor)
    for (const int status : statuses) {
      if (!add(status)) throw "a StatusSet holds at most 8 statuses";
    }
  }

  // Whether there was room for it.
  constexpr bool add(int status) {
    if (size_ == statuses_.size()) return false;
    statuses_[size_++] = static_cast<std::uint16_t>(status);
    return true;
  }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool contains(int status) const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (statuses_[i] == status) return true;
    }
    return false;
  }

 private:
  std::array<std::uint16_t, most> statuses_{};
  std::size_t size_ = 0;
};

}  // namespace dyno::http
