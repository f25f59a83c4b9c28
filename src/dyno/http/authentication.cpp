#include "dyno/http/authentication.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#include "dyno/core/files.h"

namespace dyno::http {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/").find(c) != std::string_view::npos;
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

Result<Credentials> basic(std::string_view name, std::string_view password) {
  if (name.find(':') != std::string_view::npos) {
    return Error{"the name of a user cannot contain a colon"};
  }
  if (std::any_of(name.begin(), name.end(), is_control) ||
      std::any_of(password.begin(), password.end(), is_control)) {
    return Error{"name and password cannot contain control characters"};
  }
  return Credentials("Basic " + base64(std::string(name).append(1, ':').append(password)));
}

Result<Credentials> bearer(std::string_view token) {
  const std::string_view body = token.substr(0, token.find_last_not_of('=') + 1);
  if (body.empty() || !std::all_of(body.begin(), body.end(), is_token_character)) {
    return Error{"a bearer token has letters, digits and -._~+/ only, with = at its end"};
  }
  return Credentials(std::string("Bearer ").append(token));
}

Result<std::string> secret_of(const std::string& text) {
  if (text.starts_with('@')) {
    auto content = read_file(text.substr(1));
    if (!content) return content.error();
    while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
    if (content->empty()) return Error{fmt::format("{}: the file is empty", text.substr(1))};
    return content;
  }
  if (text.starts_with("env:")) {
    const char* const value = std::getenv(text.c_str() + 4);
    if (!value || !*value) {
      return Error{fmt::format("the environment has no {}, or it is empty", text.substr(4))};
    }
    return std::string(value);
  }
  return text;
}

}  // namespace dyno::http
