// A request as it goes over the wire, as text that can still be changed: for what is sent again,
// elsewhere, or with cookies. What is sent once as it is goes straight through render.h.
#pragma once

#include <string>
#include <string_view>

namespace dyno::http {

std::string_view wire_method(std::string_view wire);
std::string_view wire_target(std::string_view wire);

// Request line and headers, with the empty line.
std::string_view wire_head(std::string_view wire);

// The lines of that name are replaced by one; an empty value leaves none.
void put_header(std::string& wire, std::string_view name, std::string_view value);

// The same headers for another method and target; a body goes with what describes it.
void readdress(std::string& wire, std::string_view method, std::string_view target, bool keep_body);

}  // namespace dyno::http
