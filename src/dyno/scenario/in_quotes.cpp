#include "dyno/scenario/in_quotes.h"

#include "dyno/scenario/json_text.h"

namespace dyno::scenario {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  const bool cut = text.size() > most;
  if (cut) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string result = "\"";
  append_json_escaped(text, result);
  return result += cut ? "…\"" : "\"";
}

std::string one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace dyno::scenario
