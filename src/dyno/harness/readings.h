// What the monitors of a run have read since they were last asked.
#pragma once

#include <functional>
#include <vector>

#include "dyno/record/run_record.h"

namespace dyno::harness {

struct Readings {
  std::vector<record::ResourceSample> service;
  std::vector<record::ResourceSample> engine;
  std::vector<record::ResourceSample> others;
  std::vector<record::GaugeSeries> gauges;  // new points only
};

// Called by the thread that called run(), right before each call of the observer.
using ReadingsObserver = std::function<void(const Readings&)>;

}  // namespace dyno::harness
