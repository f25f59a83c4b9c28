// A step made ready for one destination: its request line, the headers that all requests have and
// its own, compiled into the bytes that are sent.
#pragma once

#include <cstddef>
#include <string>

#include "dyno/http/destination.h"
#include "dyno/scenario/model.h"

namespace dyno::scenario {

class WireRequest {
 public:
  WireRequest() = default;

  // The step's own headers replace those of the destination that have the same name.
  WireRequest(const Step& step, const http::Destination& destination);

  // Appends the whole request. `out` may hold something already.
  void render(const RenderContext& context, std::string& out) const;

  // The path with its query in what render() appended to an empty text.
  std::string_view path(std::string_view rendered) const;

 private:
  std::size_t path_at_ = 0;
  Template line_;  // method, base path and path
  Template head_;  // the rest, up to the number of Content-Length when the body varies, else all
  Template body_;
  bool body_varies_ = false;
};

}  // namespace dyno::scenario
