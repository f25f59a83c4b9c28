// Reads the expressions of a template.
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/json_text.h"
#include "dyno/scenario/template.h"

namespace dyno::scenario {

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Behind the }} that ends the expression which begins at `at`; quotes hide braces.
std::size_t end_of_expression(std::string_view text, std::size_t at) {
  char quote = 0;
  for (std::size_t i = at + opening.size(); i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '\'' || text[i] == '"') {
      quote = text[i];
    } else if (text.substr(i, closing.size()) == closing) {
      return i + closing.size();
    }
  }
  return npos;
}

struct Word {
  std::string text;
  bool quoted = false;
};

// A number as it is written: its value times ten to the power of the digits behind its point.
struct Decimal {
  std::int64_t scaled = 0;
  unsigned digits = 0;
};

std::optional<Decimal> read_decimal(std::string_view text) {
  const auto point = text.find('.');
  const std::string_view behind = point == npos ? std::string_view{} : text.substr(point + 1);
  if (behind.size() > 6 || (point != npos && behind.empty())) return {};
  std::string all(text.substr(0, point));
  all += behind;
  Decimal decimal{0, static_cast<unsigned>(behind.size())};
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), decimal.scaled);
  constexpr std::int64_t most = 1'000'000'000'000'000;
  if (error != std::errc{} || end != all.data() + all.size()) return {};
  if (decimal.scaled > most || decimal.scaled < -most) return {};
  return decimal;
}

std::int64_t scaled_to(Decimal decimal, unsigned digits) {
  for (; decimal.digits < digits; ++decimal.digits) decimal.scaled *= 10;
  return decimal.scaled;
}

}  // namespace

class TemplateCompiler {
 public:
  TemplateCompiler(Escape literals, Escape values, const Names& names)
      : literals_(literals), escape_(values), names_(names) {}

  Result<Template> compile(std::string_view text) {
    const std::size_t whole = text.size();
    bool alone = false;
    while (true) {
      const std::size_t begin = text.find(opening);
      add_literal(text.substr(0, begin), literals_);
      if (begin == npos) break;
      const std::size_t end = end_of_expression(text, begin);
      if (end == npos) {
        return Error{fmt::format("'{{{{' without its '}}}}' in {}", in_quotes(text.substr(begin)))};
      }
      expression_ = text.substr(begin, end - begin);
      alone = expression_.size() == whole;
      if (const auto added = add_expression(); !added) return added.error();
      text.remove_prefix(end);
    }
    result_.bare_ = alone && lone_bare_;
    return std::move(result_);
  }

 private:
  using Kind = Template::Kind;
  using Segment = Template::Segment;

  Error error(std::string_view what) const {
    return Error{fmt::format("{}: {}", in_quotes(expression_), what)};
  }

  Result<void> add_expression() {
    words_.clear();
    if (auto split = split_words(expression_.substr(2, expression_.size() - 4)); !split) {
      return split;
    }
    auto escape = escape_;
    bool text = false;
    if (words_.size() >= 2 && words_[words_.size() - 2].text == "|" &&
        !words_[words_.size() - 2].quoted) {
      const std::string filter = words_.back().text;
      if (filter != "raw" && filter != "string") {
        return error("behind '|' stands raw (as it is) or string (quoted in JSON)");
      }
      if (filter == "raw") escape = as_it_is();
      text = filter == "string";
      words_.resize(words_.size() - 2);
    }
    if (words_.empty()) return error("there is nothing between the braces");
    number_ = false;
    if (const auto added = add_value(escape); !added) return added;
    lone_bare_ = !text && (number_ || (escape == Escape::none && escape_ == Escape::json));
    return {};
  }

  // A value must not end its line, nor the line of the request.
  Escape as_it_is() const {
    if (escape_ == Escape::percent) return Escape::url;
    return escape_ == Escape::header ? Escape::header : Escape::none;
  }

  Result<void> split_words(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
      if (is_blank(text[at])) {
        ++at;
        continue;
      }
      if (text[at] == '|') {
        words_.push_back({"|", false});
        ++at;
        continue;
      }
      const bool in_quotes = text[at] == '\'' || text[at] == '"';
      std::size_t end = at + 1;
      if (in_quotes) {
        end = text.find(text[at], at + 1);
        if (end == npos) return error("a quote is not closed");
        words_.push_back({std::string(text.substr(at + 1, end - at - 1)), true});
        at = end + 1;
        continue;
      }
      while (end < text.size() && !is_blank(text[end]) && text[end] != '|') ++end;
      words_.push_back({std::string(text.substr(at, end - at)), false});
      at = end;
    }
    return {};
  }

  Result<void> add_value(Escape escape) {
    const Word& first = words_.front();
    if (first.quoted) {
      if (words_.size() > 1) return error("a text in quotes stands alone");
      add_literal(first.text, escape);
      return {};
    }
    if (first.text == "uniform") return add_uniform();
    if (first.text == "choice") return add_choice(escape);
    if (first.text == "now") return add_now();
    if (words_.size() > 1) {
      return error(fmt::format("{} is not a function; {}", in_quotes(first.text), functions));
    }
    if (first.text == "uuid") return add(Kind::uuid);
    if (first.text == "user" || first.text == "iteration") {
      number_ = true;
      return add(first.text == "user" ? Kind::user : Kind::iteration);
    }
    return add_name(first.text, escape);
  }

  void add_literal(std::string_view text, Escape escape) {
    std::string escaped;
    append_escaped(text, escape, escaped);
    result_.append_literal(escaped);
  }

  Result<void> add(Kind kind) {
    Segment segment;
    segment.kind = kind;
    result_.segments_.push_back(segment);
    return {};
  }

  Result<void> add_uniform() {
    const auto low = words_.size() == 3 ? read_decimal(words_[1].text) : std::nullopt;
    const auto high = words_.size() == 3 ? read_decimal(words_[2].text) : std::nullopt;
    if (!low || !high) {
      return error("write two numbers, e.g. {{uniform 1 100}} or {{uniform 0.5 2.0}}");
    }
    Segment segment;
    segment.digits = static_cast<std::uint8_t>(std::max(low->digits, high->digits));
    segment.kind = segment.digits > 0 ? Kind::decimal : Kind::integer;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
    const double scale = std::pow(10.0, segment.digits);
    for (const auto& bound : {*low, *high}) {
      const double size = std::abs(static_cast<double>(bound.scaled)) * scale;
      if (size > static_cast<double>(most)) return error("the numbers are too large");
    }
    segment.low = scaled_to(*low, segment.digits);
    const std::int64_t last = scaled_to(*high, segment.digits);
    if (last < segment.low) return error("the first number is above the second");
    segment.count = static_cast<std::uint64_t>(last - segment.low) + 1;
    number_ = true;
    result_.segments_.push_back(segment);
    return {};
  }

  Result<void> add_choice(Escape escape) {
    if (words_.size() == 1) return error("name a list, or the choices: {{choice red green}}");
    Segment segment;
    segment.kind = Kind::choice;
    segment.at = static_cast<std::uint32_t>(result_.choices_.size());
    if (words_.size() == 2) {
      const auto list = names_.lists.find(words_[1].text);
      if (list == names_.lists.end()) return error(unknown("list", words_[1].text, list_names()));
      if (list->second.empty()) return error("the list is empty");
      for (const auto& text : list->second) add_choice_text(text, escape);
    } else {
      for (std::size_t i = 1; i < words_.size(); ++i) add_choice_text(words_[i].text, escape);
    }
    segment.size = static_cast<std::uint32_t>(result_.choices_.size()) - segment.at;
    result_.segments_.push_back(segment);
    return {};
  }

  void add_choice_text(std::string_view text, Escape escape) {
    append_escaped(text, escape, result_.choices_.emplace_back());
  }

  Result<void> add_now() {
    if (words_.size() == 1) return add(Kind::now);
    const std::string& unit = words_[1].text;
    if (words_.size() > 2 || (unit != "seconds" && unit != "milliseconds")) {
      return error("write {{now}}, {{now seconds}} or {{now milliseconds}}");
    }
    number_ = true;
    return add(unit == "seconds" ? Kind::now_seconds : Kind::now_milliseconds);
  }

  Result<void> add_name(const std::string& name, Escape escape) {
    if (const auto constant = names_.constants.find(name); constant != names_.constants.end()) {
      add_literal(constant->second, escape);
      return {};
    }
    const auto variable = names_.variable(name);
    if (!variable) return error(unknown_name(name));
    Segment segment;
    segment.kind = Kind::variable;
    segment.escape = escape;
    segment.at = *variable;
    result_.use(*variable);
    result_.segments_.push_back(segment);
    return {};
  }

  std::string unknown_name(const std::string& name) const {
    if (names_.lists.contains(name)) {
      return fmt::format("{0} is a list: write {{{{choice {0}}}}}", name);
    }
    if (const auto known = of_feeder(name)) return *known;
    auto candidates = names_.variables;
    for (const auto& [constant, text] : names_.constants) candidates.push_back(constant);
    for (const auto* function : {"uniform", "choice", "uuid", "user", "iteration", "now"}) {
      candidates.emplace_back(function);
    }
    return unknown("name", name, candidates);
  }

  // What is wrong with the name of a feeder, or of a column that it does not have.
  std::optional<std::string> of_feeder(const std::string& name) const {
    const std::size_t dot = name.find('.');
    const auto feeder = names_.feeders.find(name.substr(0, dot));
    if (feeder == names_.feeders.end()) return {};
    const std::string columns = fmt::format("{}", fmt::join(feeder->second, ", "));
    if (dot == npos) {
      return fmt::format("{0} is a feeder: write {{{{{0}.{1}}}}}; it has {2}", name,
                         feeder->second.front(), columns);
    }
    const auto meant = nearest(name.substr(dot + 1), feeder->second);
    return fmt::format(
        "the feeder {} has no column {}; {}", in_quotes(feeder->first),
        in_quotes(name.substr(dot + 1)),
        meant ? fmt::format("did you mean {}?", in_quotes(*meant)) : "it has " + columns);
  }

  std::vector<std::string> list_names() const {
    std::vector<std::string> result;
    for (const auto& [name, list] : names_.lists) result.push_back(name);
    return result;
  }

  static std::string unknown(std::string_view what, const std::string& name,
                             const std::vector<std::string>& candidates) {
    const auto meant = nearest(name, candidates);
    if (meant)
      return fmt::format("unknown {} {}; did you mean {}?", what, in_quotes(name),
                         in_quotes(*meant));
    if (what == "list")
      return fmt::format("unknown list {}; define it in \"variables\"", in_quotes(name));
    return fmt::format("unknown name {}; {}", in_quotes(name), functions);
  }

  static constexpr std::string_view functions =
      "there are uniform, choice, uuid, user, iteration, now, what is in \"variables\" and what "
      "steps extract";

  const Escape literals_;
  const Escape escape_;  // of values
  const Names& names_;
  Template result_;
  std::string_view expression_;
  std::vector<Word> words_;
  bool number_ = false;
  bool lone_bare_ = false;
};

Result<Template> Template::compile(std::string_view text, Escape literals, Escape values,
                                   const Names& names) {
  return TemplateCompiler(literals, values, names).compile(text);
}

std::string without_expressions(std::string_view text, std::string_view with) {
  std::string result;
  while (true) {
    const std::size_t begin = text.find(opening);
    result.append(text.substr(0, begin));
    const std::size_t end = begin == npos ? npos : end_of_expression(text, begin);
    if (end == npos) return result;
    result.append(with);
    text.remove_prefix(end);
  }
}

}  // namespace dyno::scenario
