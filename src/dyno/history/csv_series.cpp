#include "dyno/history/csv_series.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::history {

namespace {

struct Columns {
  std::size_t index = 0;
  std::size_t value = 1;
  std::optional<std::size_t> commit;
};

std::string trimmed(std::string_view text) {
  const auto* const blank = " \t\r\"";
  const auto from = text.find_first_not_of(blank);
  if (from == std::string_view::npos) return "";
  return std::string(text.substr(from, text.find_last_not_of(blank) - from + 1));
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    const auto comma = line.find_first_of(",;\t");
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line = line.substr(comma + 1);
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_missing(const std::string& field) {
  const auto word = lower(field);
  for (const auto* name : {"", "nan", "-nan", "na", "n/a", "null", "none", "-", "inf", "-inf",
                           "+inf", "infinity", "-infinity"}) {
    if (word == name) return true;
  }
  return false;
}

std::optional<std::size_t> column(const std::vector<std::string>& names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (lower(names[i]) == name) return i;
  }
  return {};
}

// Nothing where the line holds values and not names.
Result<std::optional<Columns>> columns_of(const std::vector<std::string>& names,
                                          const std::string& file) {
  const auto value = column(names, "value");
  if (!value) {
    if (names.size() >= 2 && (parse_number(names[1]) || is_missing(names[1]))) {
      return std::optional<Columns>{};
    }
    return Error{fmt::format(
        "{}: no column 'value' in its first line; the columns are index,value[,commit]", file)};
  }
  Columns found{column(names, "index").value_or(*value), *value, column(names, "commit")};
  return std::optional{found};
}

}  // namespace

Result<CsvSeries> read_csv_series(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text = text.substr(3);
  CsvSeries series;
  Columns columns;
  bool first = true;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (trimmed(line).empty() || line.front() == '#') continue;
    const auto fields = fields_of(line);
    if (first) {
      first = false;
      const auto named = columns_of(fields, name);
      if (!named) return named.error();
      if (fields.size() > 2) columns.commit = 2;
      if (*named) {
        columns = **named;
        continue;
      }
    }
    const auto field = [&](std::size_t i) { return i < fields.size() ? fields[i] : ""; };
    const auto value = field(columns.value);
    const auto parsed = parse_number(value);
    if (!parsed && !is_missing(value)) {
      return Error{fmt::format("{}:{}: '{}' is no number; leave a missing value empty", name,
                               number, value)};
    }
    series.index.push_back(columns.index == columns.value ? std::to_string(series.values.size())
                                                          : field(columns.index));
    series.values.push_back(parsed.value_or(std::numeric_limits<double>::quiet_NaN()));
    if (columns.commit) series.commit.push_back(field(*columns.commit));
  }
  if (series.values.empty()) return Error{fmt::format("{}: holds no values", name)};
  return series;
}

}  // namespace dyno::history
