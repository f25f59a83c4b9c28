// The feeders of a file: rows from CSV or JSON files beside it, or from the file itself.
#include <algorithm>

#include <fmt/format.h>

#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/reader_parts.h"

namespace dyno::scenario {

namespace {

namespace fs = std::filesystem;

// A feeder as read, all columns; of no row yet a problem.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

// One record of RFC 4180 from `at`, which moves behind it; `line` counts. Nothing when a quote is
// not closed.
std::optional<std::vector<std::string>> csv_record(std::string_view text, char delimiter,
                                                   std::size_t& at, std::size_t& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  bool fresh = true;  // at the beginning of a field
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\n') ++line;
      if (c != '"') {
        fields.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        fields.back() += text[++at];
      } else {
        quoted = false;
      }
    } else if (c == '"' && fresh) {
      quoted = true;
      fresh = false;
    } else if (c == delimiter) {
      fields.emplace_back();
      fresh = true;
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r' || at + 1 >= text.size() || text[at + 1] != '\n') {
      fields.back() += c;
      fresh = false;
    }
  }
  if (quoted) return {};
  return fields;
}

Result<Rows> rows_of_csv(std::string_view text, const std::string& name, char delimiter) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Rows result;
  std::size_t at = 0;
  for (std::size_t line = 1; at < text.size(); ++line) {
    const std::size_t begins = line;
    auto fields = csv_record(text, delimiter, at, line);
    if (!fields) return Error{fmt::format("{}:{}: a quote is not closed", name, begins)};
    if (fields->size() == 1 && fields->front().empty()) continue;
    if (result.columns.empty()) {
      result.columns = std::move(*fields);
      continue;
    }
    if (fields->size() != result.columns.size()) {
      return Error{fmt::format("{}:{}: {} fields, where the first line names {}", name, begins,
                               fields->size(), result.columns.size())};
    }
    result.rows.push_back(std::move(*fields));
  }
  return result;
}

std::string cell_of(const Node& node) {
  if (node.kind == Node::Kind::null) return {};
  const bool nested = node.kind == Node::Kind::array || node.kind == Node::Kind::object;
  return nested ? json_of(node) : node.text;
}

// A list of objects with the same keys; what is wrong is said with its offset.
std::optional<std::pair<std::size_t, std::string>> take_json(const Node& list, Rows& out) {
  if (list.kind != Node::Kind::array) {
    return {{list.offset, "rows are a list of objects: [{\"id\": 1}, {\"id\": 2}]"}};
  }
  for (const Node& item : list.items) {
    if (item.kind != Node::Kind::object || item.members.empty()) {
      return {{item.offset, fmt::format("a row must be an object, and is {}", kind_name(item))}};
    }
    if (out.columns.empty()) {
      for (const Member& member : item.members) out.columns.push_back(member.key);
    }
    std::vector<std::string>& row = out.rows.emplace_back();
    for (const std::string& column : out.columns) {
      const Node* const value = item.find(column);
      if (!value) {
        return {
            {item.offset, fmt::format("a row without {}, which the first has", in_quotes(column))}};
      }
      row.push_back(cell_of(*value));
    }
  }
  return {};
}

Feeder::Order read_order(const Fields& fields, Problems& problems) {
  const Node* const node = fields.find("order");
  if (!node) return Feeder::Order::sequential;
  const std::string order = read_text(*node, "\"order\"", problems);
  if (order == "random") return Feeder::Order::random;
  if (order == "unique") return Feeder::Order::unique;
  if (order != "sequential") {
    problems.add(*node, "\"order\" must be \"sequential\", \"random\" or \"unique\"");
  }
  return Feeder::Order::sequential;
}

bool read_per_user(const Fields& fields, Problems& problems) {
  const Node* const node = fields.find("per");
  if (!node) return false;
  const std::string per = read_text(*node, "\"per\"", problems);
  if (per != "task" && per != "user") problems.add(*node, "\"per\" must be \"task\" or \"user\"");
  return per == "user";
}

char read_delimiter(const Fields& fields, Problems& problems) {
  const Node* const node = fields.find("delimiter");
  if (!node) return ',';
  const std::string text = read_text(*node, "\"delimiter\"", problems);
  if (text.size() != 1 || text == "\"" || text == "\n") {
    problems.add(*node, "\"delimiter\" is one character, such as \";\"");
    return ',';
  }
  return text.front();
}

// Reads and parses the file that `node` names.
Rows rows_of_file(const Node& node, bool csv, char delimiter, Reading& reading) {
  Problems& problems = reading.problems;
  const std::string name = read_text(node, csv ? "\"csv\"" : "\"json\"", problems);
  if (problems.any()) return {};
  if (!reading.files) {
    problems.add(node, "other files cannot be read from here");
    return {};
  }
  const fs::path path = reading.folder / name;
  const auto text = reading.files(path);
  if (!text) {
    problems.add(node, text.error().message);
    return {};
  }
  if (csv) {
    auto rows = rows_of_csv(*text, path.string(), delimiter);
    if (rows) return std::move(*rows);
    problems.add(node, rows.error().message);
    return {};
  }
  Rows rows;
  const auto tree = parse_tree(*text, path.string());
  if (!tree) {
    problems.add(node, tree.error().message);
  } else if (const auto wrong = take_json(*tree, rows)) {
    problems.add(node, error_at(*text, path.string(), wrong->first, wrong->second).message);
  }
  return rows;
}

Rows read_rows(const Fields& fields, const std::string& name, Reading& reading) {
  Problems& problems = reading.problems;
  const Node* from = nullptr;
  for (const std::string_view key : {"csv", "json", "rows"}) {
    const Node* const node = fields.find(key);
    if (!node) continue;
    if (from) problems.add(*node, "a feeder has one source: csv, json or rows");
    from = node;
  }
  if (!from) {
    problems.add(fields.node(), fmt::format("the feeder {} needs rows: {{\"csv\": \"{}.csv\"}}, "
                                            "\"json\" or \"rows\"",
                                            in_quotes(name), name));
    return {};
  }
  const char delimiter = read_delimiter(fields, problems);
  Rows rows;
  if (from == fields.find("rows")) {
    if (const auto wrong = take_json(*from, rows)) problems.add(wrong->first, wrong->second);
  } else {
    rows = rows_of_file(*from, from == fields.find("csv"), delimiter, reading);
  }
  if (!problems.any() && rows.rows.empty()) {
    problems.add(*from, fmt::format("the feeder {} has no rows", in_quotes(name)));
  }
  return rows;
}

}  // namespace

void read_feeders(const Node& node, Scenario& scenario, Reading& reading) {
  Problems& problems = reading.problems;
  if (node.kind != Node::Kind::object) {
    problems.add(node, "\"feeders\" must be an object: {\"customer\": {\"csv\": \"c.csv\"}}");
  }
  for (const Member& member : node.members) {
    const Fields fields(member.value, "a feeder",
                        {"csv", "json", "rows", "order", "per", "delimiter"}, problems);
    if (problems.any()) return;
    Feeder feeder;
    feeder.name = member.key;
    feeder.order = read_order(fields, problems);
    feeder.per_user = read_per_user(fields, problems);
    Rows rows = read_rows(fields, member.key, reading);
    if (problems.any()) return;
    reading.names.feeders[member.key] = rows.columns;
    // A column that the text does not mention is used nowhere.
    std::vector<std::size_t> used;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      const std::string name = member.key + "." + rows.columns[i];
      if (reading.text.find(name) == std::string_view::npos) continue;
      used.push_back(i);
      feeder.variables.push_back(static_cast<std::uint32_t>(reading.names.variables.size()));
      reading.names.variables.push_back(name);
    }
    feeder.rows = rows.rows.size();
    for (auto& row : rows.rows) {
      for (const std::size_t column : used) feeder.cells.push_back(std::move(row[column]));
    }
    scenario.feeders.push_back(std::move(feeder));
  }
  reading.fed = static_cast<std::uint32_t>(reading.names.variables.size());
}

void note_feeders(Task& task, const Scenario& scenario) {
  for (std::uint32_t number = 0; number < scenario.feeders.size(); ++number) {
    const auto& columns = scenario.feeders[number].variables;
    const bool used = std::any_of(task.steps.begin(), task.steps.end(), [&](const Step& step) {
      return std::find_first_of(step.variables.begin(), step.variables.end(), columns.begin(),
                                columns.end()) != step.variables.end();
    });
    if (used) task.feeders.push_back(number);
  }
}

}  // namespace dyno::scenario
