// An answer that is read as it comes: server-sent events, or the chunks of a chunked body.
//
//   auto stream = co_await user.open({.method = "POST", .path = "/v1/chat", .body = prompt},
//                                    {.event_timeout = 5s});
//   while (true) {
//     const http::Event* event = co_await stream.next();
//     if (!event || event->data == "[DONE]") break;
//     words += event->data;
//   }
//   stream.close();
//   user.check(stream.response(), !words.empty(), "an answer with text");
//
// Every event is recorded as it arrives: the first with the time since the request was sent, the
// others with the gap since the one before, and the tokens that RequestOptions::tokens finds in it.
// Events that one read brings arrived together: their gaps are zero. Nothing is read but in next():
// a journey that does something else meanwhile measures its own waiting.
// One stream of a user is open at a time; whatever the user requests next closes it.
#pragma once

#include <cstdint>
#include <memory>

#include "dyno/async/task.h"
#include "dyno/http/sse.h"
#include "dyno/load/response.h"

namespace dyno::load {

struct OpenStream;

// Records a stream as it is: the user does something else.
void end_stream(OpenStream& stream);

// Whether a status is a success.
bool accepts(const RequestOptions& options, int status);

class EventStream {
 public:
  explicit EventStream(std::unique_ptr<OpenStream> inside);
  EventStream(EventStream&&) noexcept;
  EventStream& operator=(EventStream&&) = delete;
  ~EventStream();  // closes it

  // The next event, which stays until the next call; null when there are no more: then
  // response().outcome says whether that was the end of the answer. An answer of type
  // text/event-stream is taken apart into events; any other gives its chunks as they were sent (at
  // most 1 MB each) or, without chunks, what each read brought, as `data` without a type. An answer
  // whose status is none of those accepted gives none; RequestOptions::want_body keeps its body.
  async::Task<const http::Event*> next();

  // The status is known from the beginning, likewise the headers with want_headers; the rest once
  // it is over or closed. Only then can User::check() judge it.
  const Response& response() const;

  // Accepted, and nothing has failed so far.
  bool ok() const { return response().ok(); }

  std::uint64_t events() const;  // so far, likewise below
  std::uint64_t tokens() const;

  // Ends it here, with the connection where more was to come: the journey has what it needs. That
  // is no failure.
  void close();

 private:
  std::unique_ptr<OpenStream> inside_;
};

}  // namespace dyno::load
