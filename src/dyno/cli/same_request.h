// The one request that all users of `dyno run --url` make over and over: rendered once, by whoever
// is first. Of one run.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

#include "dyno/http/message.h"
#include "dyno/load/user.h"

namespace dyno::cli {

class SameRequest {
 public:
  SameRequest(std::string method, std::string path, std::string body)
      : method_(std::move(method)), path_(std::move(path)), body_(std::move(body)) {
    request_.method = method_;
    request_.path = path_;
    request_.body = body_;
    if (!body_.empty()) request_.content_type = "application/json";
  }
  SameRequest(const SameRequest&) = delete;
  SameRequest& operator=(const SameRequest&) = delete;

  // For who renders it each time; not beside of().
  const http::Request& described() const { return request_; }

  // With its bytes. Any thread.
  const http::Request& of(const load::User& user) {
    if (!rendered_.load(std::memory_order_acquire)) {
      const std::lock_guard lock(mutex_);
      if (!rendered_.load(std::memory_order_relaxed)) {
        wire_ = user.wire(request_);
        request_.wire = wire_;
        rendered_.store(true, std::memory_order_release);
      }
    }
    return request_;
  }

 private:
  const std::string method_;
  const std::string path_;
  const std::string body_;
  http::Request request_;
  std::mutex mutex_;
  std::string wire_;
  std::atomic<bool> rendered_{false};
};

}  // namespace dyno::cli
