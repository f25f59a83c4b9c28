#include "dyno/load/endpoints.h"

#include <memory>

namespace dyno::load {

metrics::EndpointId Endpoints::id(std::string_view method, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (endpoints_.size() >= most) {
    const auto known = ids_.find(std::string(method).append(1, ' ').append(name));
    if (known != ids_.end()) return known->second;
    overflowed_ = true;
    method = {};
    name = overflow_name;
  }
  std::string key = std::string(method).append(1, ' ').append(name);
  const auto [place, added] =
      ids_.try_emplace(std::move(key), static_cast<metrics::EndpointId>(endpoints_.size()));
  if (added) endpoints_.push_back({std::string(method), std::string(name)});
  return place->second;
}

std::vector<record::Endpoint> Endpoints::all() const {
  const std::lock_guard lock(mutex_);
  return endpoints_;
}

std::size_t Endpoints::size() const {
  const std::lock_guard lock(mutex_);
  return endpoints_.size();
}

bool Endpoints::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_;
}

metrics::EndpointId EndpointMemory::look_up(std::string_view method, std::string_view name) {
  Recent& recent = recent_[place_of(method, name)];
  if (const auto known = ids_.find({method, name}); known != ids_.end()) {
    recent = known->second;
    return recent.id;
  }
  const metrics::EndpointId id = endpoints_.id(method, name);
  // Endless names must not fill the memory either.
  if (texts_.size() >= 2 * Endpoints::most) return id;
  texts_.push_back(
      std::make_unique<record::Endpoint>(record::Endpoint{std::string(method), std::string(name)}));
  recent = {texts_.back().get(), id};
  ids_.emplace(Key{texts_.back()->method, texts_.back()->name}, recent);
  return id;
}

}  // namespace dyno::load
