// Judges what Google Benchmark measured by a set of targets. The endpoint of a target is a glob
// over the benchmarks' names, its figure response_time.mean (the mean time of an iteration) or
// response_time.p95 (the counters `p95_ns` and `samples`, which a benchmark has to report itself:
// Google Benchmark keeps no single iterations).
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "dyno/record/run_record.h"
#include "dyno/targets/targets.h"

namespace dyno::targets {

// `benchmarks` is the whole JSON that Google Benchmark writes. One verdict for each target and
// benchmark that matches it; no_data for a target that none matches, and for a benchmark that
// failed or has too few samples.
std::vector<record::Verdict> judge_benchmarks(const nlohmann::json& benchmarks,
                                              const TargetSet& set);

}  // namespace dyno::targets
