// Figures of how a run went over time, from its series and its windows: whether it becomes slower,
// how soon it is as before after a disturbance, and what is left of its goodput beyond the knee.
#pragma once

#include <string_view>

#include "dyno/record/figure_name.h"
#include "dyno/record/figures.h"

namespace dyno::record {

// drift.p50 and its likes: by how much the response time of each second rises over the window, as a
// share of its median: the Theil-Sen slope times the length over the median, with Sen's interval
// (trend.h). Needs ten seconds with answers, over at least eight.
Figure drift_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query);

// time_to_recover, time_to_recover.25: from the end of the disturbance, which is the window of the
// query ("spike"), to the first of three seconds in a row that are as before it. As before is: a
// p95 of at most so many percent (50, or the number in the name) over the median of the steady
// seconds before it, or of the worst of these where that is more, and a share of failures at most a
// percentage point over theirs. `at_least` where it was not as before until the end of the run.
Figure recovery_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query);

// goodput_kept: of the levels of load that are the windows of the query, in their order, the one
// with the most successes per second is the knee (R. Jain, The Art of Computer Systems Performance
// Analysis, 1991, section 3.3: beyond the knee throughput gains little and response time rises).
// The least of the levels after it with as many users or more, as a share of it; 1 where there is
// none.
Figure goodput_figure(const RunRecord& record, const FigureQuery& query);

}  // namespace dyno::record
