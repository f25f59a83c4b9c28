// Text with {{…}} in it, compiled once into literal pieces and generators, and rendered into the
// buffer of a caller: rendering parses nothing, formats nothing and allocates nothing once the
// buffer is large enough. docs/scenario.md describes what may stand between the braces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/random.h"
#include "dyno/core/result.h"

namespace dyno::scenario {

// What is done to text, so that it means the same where it is put.
enum class Escape : std::uint8_t {
  none,
  json,     // inside the quotes of a JSON string
  percent,  // in a path or a query: all but letters, digits and -._~
  url,      // a path with its query: only what can not stand in one (`| raw` in a path)
  header,   // control characters become spaces, so that no value can end its line
};

// What a template may refer to by name.
struct Names {
  std::map<std::string, std::vector<std::string>> lists;  // {{choice name}}
  std::map<std::string, std::string> constants;           // {{name}}, put in as it is compiled
  std::vector<std::string> variables;                     // {{name}}: where in RenderContext
  // {{name.column}}: for messages
  std::map<std::string, std::vector<std::string>> feeders{};

  std::optional<std::uint32_t> variable(std::string_view name) const;
};

struct RenderContext {
  Random& random;
  std::uint64_t user = 0;
  std::uint64_t iteration = 0;
  std::span<const std::string> variables{};  // as many as the Names had
  UtcTime (*wall_clock)() = utc_now;         // asked by {{now}} only
};

class Template {
 public:
  Template() = default;

  // `literals` is applied to what stands around the expressions, `values` to what they give. The
  // error says what is wrong, with the expression that it is wrong with.
  static Result<Template> compile(std::string_view text, Escape literals, Escape values,
                                  const Names& names);

  void append_literal(std::string_view text);
  void append(const Template& other);

  // Appends to `out`. Everything random is drawn from the context's generator, in the order of the
  // text.
  void render(const RenderContext& context, std::string& out) const;

  // Whether every rendering gives constant_text().
  bool constant() const { return segments_.empty() || (segments_.size() == 1 && literal(0)); }
  std::string_view constant_text() const { return literals_; }

  // Whether it is one expression and nothing else that is a number, or marked `| raw`: what stands
  // in JSON without quotes.
  bool bare() const { return bare_; }

  // The variables that it uses, each once.
  const std::vector<std::uint32_t>& variables() const { return variables_; }

 private:
  friend class TemplateCompiler;

  enum class Kind : std::uint8_t {
    literal,
    integer,
    decimal,
    choice,
    uuid,
    user,
    iteration,
    now,
    now_seconds,
    now_milliseconds,
    variable,
  };
  struct Segment {
    Kind kind = Kind::literal;
    Escape escape = Escape::none;
    std::uint8_t digits = 0;  // decimal: behind the point
    std::uint32_t at = 0;     // literal: in literals_; choice: in choices_; variable: its number
    std::uint32_t size = 0;   // literal: bytes; choice: how many
    std::int64_t low = 0;     // integer, decimal
    std::uint64_t count = 0;  // integer, decimal: how many values there are
  };

  bool literal(std::size_t segment) const { return segments_[segment].kind == Kind::literal; }
  void use(std::uint32_t variable);

  std::vector<Segment> segments_;
  std::string literals_;
  std::vector<std::string> choices_;  // escaped already
  std::vector<std::uint32_t> variables_;
  bool bare_ = false;
};

// `text` with `escape` applied, appended to `out`.
void append_escaped(std::string_view text, Escape escape, std::string& out);

// `text` with each {{…}} replaced by `with`: how a templated path is named.
std::string without_expressions(std::string_view text, std::string_view with);

}  // namespace dyno::scenario
