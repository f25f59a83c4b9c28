// The names under which operations are counted, numbered as they are met: one table for a run, and
// in front of it one memory per engine thread, so that a name that is known costs no lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dyno/metrics/sample.h"
#include "dyno/record/run_record.h"

namespace dyno::load {

class Endpoints {
 public:
  // Paths with identifiers in them make endless names; what exceeds this is counted as one.
  static constexpr std::size_t most = 500;
  static constexpr std::string_view overflow_name = "(further names)";

  // Thread-safe.
  metrics::EndpointId id(std::string_view method, std::string_view name);
  std::vector<record::Endpoint> all() const;
  std::size_t size() const;
  bool overflowed() const;

 private:
  mutable std::mutex mutex_;
  std::vector<record::Endpoint> endpoints_;
  std::unordered_map<std::string, metrics::EndpointId> ids_;
  bool overflowed_ = false;
};

// Of one thread.
class EndpointMemory {
 public:
  explicit EndpointMemory(Endpoints& endpoints) : endpoints_(endpoints) {}
  metrics::EndpointId id(std::string_view method, std::string_view name) {
    const Recent& recent = recent_[place_of(method, name)];
    if (recent.text && recent.text->name == name && recent.text->method == method) return recent.id;
    return look_up(method, name);
  }

 private:
  // Names met lately, in front of the table: found without a hash of their bytes.
  struct Recent {
    const record::Endpoint* text = nullptr;
    metrics::EndpointId id = 0;
  };
  static constexpr std::size_t places = 64;
  static std::size_t place_of(std::string_view method, std::string_view name) {
    const auto last = name.empty() ? 0U : static_cast<unsigned char>(name.back());
    return (name.size() + 5 * method.size() + 7 * last) % places;
  }
  metrics::EndpointId look_up(std::string_view method, std::string_view name);

  struct Key {
    std::string_view method;
    std::string_view name;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      const std::hash<std::string_view> hash;
      return hash(key.name) ^ (hash(key.method) << 1);
    }
  };

  Endpoints& endpoints_;
  std::array<Recent, places> recent_{};
  std::unordered_map<Key, Recent, KeyHash> ids_;
  std::vector<std::unique_ptr<record::Endpoint>> texts_;  // that the keys refer to
};

}  // namespace dyno::load
