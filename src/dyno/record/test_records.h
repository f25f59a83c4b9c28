// A record with something in every field, for the tests of what reads records.
#pragma once

#include "dyno/record/run_record.h"

namespace dyno::record {

// 50 users for 30 s after 5 s of ramp on two endpoints: 2 000 successes of 1 to 100 ms each in the
// steady window, 20 failures, resources that grow by nothing, one gauge.
RunRecord test_record();

// `count` steady successes of `endpoint`, evenly spread within [low, high].
void add_samples(RunRecord& record, std::uint32_t endpoint, std::uint64_t count, Duration low,
                 Duration high, metrics::Outcome outcome = {}, std::uint32_t window = 1);

}  // namespace dyno::record
