// Figures of what is read over time: resources of service and engine, and the service's gauges.
#pragma once

#include <string_view>

#include "dyno/record/figure_name.h"
#include "dyno/record/figures.h"

namespace dyno::record {

Figure resource_figure(const RunRecord& record, const FigureName& name, std::string_view window);
Figure gauge_figure(const RunRecord& record, const FigureName& name, std::string_view window);
Figure cache_hit_share_figure(const RunRecord& record, const FigureQuery& query);

}  // namespace dyno::record
