// The JSON form of a run record, described in docs/record.md.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "dyno/core/result.h"
#include "dyno/record/run_record.h"

namespace dyno::record {

enum class CellForm {
  readable,  // with percentiles, for people and other programs
  compact,   // what is read back only
};

nlohmann::json to_json(const RunRecord& record);
nlohmann::json to_json(const Cell& cell, CellForm form);
nlohmann::json to_json(const SeriesPoint& point);
nlohmann::json to_json(const ResourceSample& sample);
nlohmann::json to_json(const GaugeSeries& gauge);
nlohmann::json to_json(const Endpoint& endpoint);
nlohmann::json to_json(const Verdict& verdict);
nlohmann::json to_json(const Validity& validity);

// These throw nlohmann::json::exception or BadField on what is not theirs.
Cell cell_from_json(const nlohmann::json& json);
SeriesPoint series_point_from_json(const nlohmann::json& json);
ResourceSample resource_sample_from_json(const nlohmann::json& json);
GaugeSeries gauge_from_json(const nlohmann::json& json);
Endpoint endpoint_from_json(const nlohmann::json& json);
Verdict verdict_from_json(const nlohmann::json& json);
Validity validity_from_json(const nlohmann::json& json);

// `name` stands before what is wrong. A version newer than schema_version is refused.
Result<RunRecord> run_record_from_json(const nlohmann::json& json, const std::string& name);

}  // namespace dyno::record
