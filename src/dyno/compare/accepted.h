// Changes that are known and accepted: a file that is reviewed like code, by default
// results/baselines/accepted.json. An acceptance takes a regression, or a benchmark that vanished,
// out of the exit status, never out of what is shown; it ends by itself.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/record/comparison.h"

namespace dyno::compare {

inline constexpr const char* accepted_file = "accepted.json";  // in the folder of the baselines

struct Acceptance {
  std::string what;    // glob over the subject, and over "subject figure"
  std::string commit;  // that made the change
  // head / base, both ends included; nothing: that it is missing is what is accepted.
  std::optional<std::pair<double, double>> range;
  std::string reason;
  std::string expires;    // its last day, as 2026-12-31 (UTC)
  std::string against{};  // the beginning of the base's commit; empty: any
};

// Fails with what is wrong with it.
Result<void> check(const Acceptance& acceptance);

// No file is no acceptance. Fails on one that cannot be read, naming the entry.
Result<std::vector<Acceptance>> read_acceptances(const std::filesystem::path& file);
Result<void> write_acceptances(const std::filesystem::path& file,
                               const std::vector<Acceptance>& acceptances);

// Marks what is accepted, and says in the message of a regression why an acceptance of it does not
// hold: expired before `today`, for another range, against another base.
void honour(record::Comparison& comparison, const std::vector<Acceptance>& acceptances,
            const std::string& today);

// The same with the file in the folder of the baselines, and today's date (UTC).
Result<void> honour(record::Comparison& comparison, const std::filesystem::path& baselines);

std::string today();  // 2026-11-21, UTC

}  // namespace dyno::compare
