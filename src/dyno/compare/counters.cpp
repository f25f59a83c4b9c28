#include "dyno/compare/counters.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace dyno::compare {

namespace {

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

template <std::size_t n>
bool has_any(const std::vector<std::string>& words, const std::array<const char*, n>& wanted) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(wanted.begin(), wanted.end(), word) != wanted.end();
  });
}

bool is_rate(std::string_view name, const std::vector<std::string>& words) {
  if (name.ends_with("/s")) return true;
  const auto n = words.size();
  if (n >= 2 && words[n - 2] == "per" &&
      (words[n - 1] == "second" || words[n - 1] == "sec" || words[n - 1] == "s")) {
    return true;
  }
  return has_any(words, std::array{"throughput", "bandwidth", "qps", "rps", "ops"});
}

}  // namespace

CounterKind kind_of_counter(std::string_view name) {
  const auto words = words_of(name);
  if (words.empty()) return {};
  if (is_rate(name, words)) return {Better::more, false, 1, "1/s"};
  // Of a memory manager; what the process used at most depends on how often the body ran.
  if (name == "max_bytes_used") return {Better::less, false, 1, "bytes"};
  if (name == "total_allocated_bytes" || name == "net_heap_growth") return {};
  if (has_any(words, std::array{"alloc", "allocs", "allocations", "instructions", "syscalls"})) {
    return {Better::less, true, 1, ""};
  }
  if (has_any(words, std::array{"bytes"})) return {Better::less, true, 1, "bytes"};
  const auto& last = words.back();
  if (last == "ns" || last == "nanoseconds") return {Better::less, false, 1, "ns"};
  if (last == "us" || last == "microseconds") return {Better::less, false, 1e3, "ns"};
  if (last == "ms" || last == "milliseconds") return {Better::less, false, 1e6, "ns"};
  if (last == "seconds" || last == "secs" || last == "sec") return {Better::less, false, 1e9, "ns"};
  if (has_any(words, std::array{"latency", "time", "duration"}))
    return {Better::less, false, 1, ""};
  return {};
}

}  // namespace dyno::compare
