// For tests: what requests of one kind look like, many taken together, so that those of two
// programs can be compared which draw their numbers differently.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace journeys {

struct Range {
  double low = 0;
  double high = 0;
};

// The texts that stand in one place, with # for each number in them and what range it is from; a
// UUID is <uuid>.
using Texts = std::map<std::string, std::vector<Range>>;

// By place: "method", "path", "query page", "header accept" (but for Host and Content-Length),
// "body /items/0/name" of JSON, and otherwise "body".
using Shape = std::map<std::string, Texts>;

void note(Shape& shape, const std::string& place, std::string_view text);

// A whole request as it was sent.
void note_request(Shape& shape, const std::string& request);

// The same texts, and ranges whose ends are a tenth of their width apart or less.
bool same(const Texts& a, const Texts& b);

std::string to_text(const Texts& texts);

}  // namespace journeys
