// Figures of the samples, cell by cell: latencies and speeds from merged histograms, counts, rates
// and shares. Which name is what figure, and those of the series, are in figures.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "dyno/record/figure_name.h"
#include "dyno/record/figures.h"

namespace dyno::record {

Figure no_figure(std::string why);
Figure known_figure(double value, std::string unit, std::uint64_t samples);

Figure latency_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query);

// Of a stream's tokens after the first. A high speed is a short time, so percentiles turn round.
Figure token_speed_figure(const RunRecord& record, FigureName name, const FigureQuery& query);

// Of the families that count: rates, requests, failures and their shares, events, tokens.
Figure count_figure(const RunRecord& record, const FigureName& name, const FigureQuery& query);

}  // namespace dyno::record
