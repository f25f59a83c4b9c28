// The names under which operations are counted, numbered as they are met: one table for a run, and
// in front of it one memory per engine thread, so that a name that is known costs no lock.
#pragma once

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
  metrics::EndpointId id(std::string_view method, std::string_view name);

 private:
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
  std::unordered_map<Key, metrics::EndpointId, KeyHash> ids_;
  std::vector<std::unique_ptr<record::Endpoint>> texts_;  // that the keys refer to
};

}  // namespace dyno::load
