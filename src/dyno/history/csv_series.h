// A series from a CSV file of anybody's: columns index, value and, where it is there, commit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/result.h"

namespace dyno::history {

struct CsvSeries {
  std::vector<std::string> index;   // as written
  std::vector<double> values;       // NaN where missing
  std::vector<std::string> commit;  // empty without such a column
};

// With a first line of names, columns are found by them, in any order and among others; without
// one they are index, value, commit. A value that is empty, NaN, NA, null, - or infinite is
// missing. Blank lines and lines that begin with # are skipped. Fails, with the line, on a value
// that is no number. `name` is that of the file, for errors.
Result<CsvSeries> read_csv_series(std::string_view text, const std::string& name);

}  // namespace dyno::history
