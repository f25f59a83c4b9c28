// What a request may ask of the oracle, and how it is read.
#include "dyno/selfcheck/discipline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/selfcheck/oracle_request.h"

namespace dyno::selfcheck {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

OracleRequest must_read(std::string_view input) {
  const auto request = read_request(input);
  EXPECT_TRUE(request.has_value());
  return request.value_or(OracleRequest{});
}

std::string with_headers(const Discipline& discipline) {
  std::string text = "GET / HTTP/1.1\r\nHost: here\r\n";
  for (const auto& [name, value] : headers_for(discipline)) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

TEST(OracleDiscipline, HeadersSayItAndAreReadBack) {
  for (const Discipline& discipline :
       {Discipline{}, Discipline{0ms, {5ms, 0ms, 0}, {}}, Discipline{0ms, {2ms, 20ms, 10}, {}},
        Discipline{1ms, {}, {1s, 10s, 4s}}, Discipline{7ns, {1ns, 2ns, 3}, {1ns, 2ns, 0ns}}}) {
    const auto request = must_read(with_headers(discipline));
    EXPECT_EQ(request.asked, discipline);
    EXPECT_THAT(request.refusal, IsEmpty());
  }
}

TEST(OracleDiscipline, WhatCannotBeMeantIsRefusedWithAnExample) {
  const auto refusal = [](std::string_view header) {
    return must_read("GET / HTTP/1.1\r\n" + std::string(header) + "\r\n\r\n").refusal;
  };
  EXPECT_THAT(refusal("oracle-delay: soon"), HasSubstr("'soon' is not understood; write e.g. 5ms"));
  EXPECT_THAT(refusal("Oracle-Delay: 1ms/2ms"), HasSubstr("2ms/20ms/10"));
  EXPECT_THAT(refusal("Oracle-Delay: 1ms/2ms/0"), HasSubstr("2ms/20ms/10"));
  EXPECT_THAT(refusal("Oracle-Delay: 1ms/2ms/3x"), HasSubstr("2ms/20ms/10"));
  EXPECT_THAT(refusal("Oracle-Work: -1ms"), HasSubstr("Oracle-Work"));
  EXPECT_THAT(refusal("Oracle-Freeze: 1s/1s/0s"), HasSubstr("shorter than its period"));
  EXPECT_THAT(refusal("Oracle-Freeze: 1s/2s"), HasSubstr("Oracle-Freeze"));
}

TEST(OracleRequest, EndsWithItsBody) {
  const std::string whole = "POST /x HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(read_request(whole.substr(0, n)).has_value()) << n;
  }
  const auto request = must_read(whole + "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(request.bytes, whole.size());
  EXPECT_FALSE(request.keep_alive);
  EXPECT_FALSE(read_request("GET / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n"));
}

}  // namespace
}  // namespace dyno::selfcheck
