// From a request as its caller describes it to the bytes that are sent.
#pragma once

#include <string>
#include <string_view>

#include "dyno/http/destination.h"
#include "dyno/http/message.h"

namespace dyno::http {

// The bytes of a request, appended to `out`.
void render(const Request& request, const Destination& destination, std::string& out);

// Its head alone, with its empty line; `extra` are further header lines.
void render_head(const Request& request, const Destination& destination, std::string_view extra,
                 std::string& out);

// "name: value\r\n".
void append_header(std::string& out, std::string_view name, std::string_view value);

}  // namespace dyno::http
