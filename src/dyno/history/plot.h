// Series as a picture: an SVG file that needs nothing else, one panel a series. Points are the
// values, thick lines the levels, dashed lines the changes with their size and place. Values far
// outside are drawn at the edge as triangles, so that one outlier does not flatten the rest.
#pragma once

#include <string>
#include <vector>

#include "dyno/history/change_points.h"
#include "dyno/history/series.h"

namespace dyno::history {

struct Panel {
  std::string title;
  std::string unit;                 // of record/figures.h
  std::vector<double> values;       // NaN where missing
  std::vector<std::string> labels;  // of the points: index or commit
  std::vector<ChangePoint> changes;
  Sense sense = Sense::lower_is_better;  // which changes are drawn as worse
};

std::string svg_of(const std::vector<Panel>& panels);

}  // namespace dyno::history
