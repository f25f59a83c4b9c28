#include "dyno/load/endpoints.h"

#include <string>

#include <gtest/gtest.h>

namespace dyno::load {
namespace {

TEST(EndpointMemory, TellsNamesApartThatLookAlike) {
  Endpoints endpoints;
  EndpointMemory memory(endpoints);
  const auto first = memory.id("GET", "/a/x");
  const auto second = memory.id("GET", "/b/x");  // as long, and ends alike
  const auto third = memory.id("PUT", "/a/x");
  EXPECT_NE(first, second);
  EXPECT_NE(first, third);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(memory.id("GET", "/a/x"), first);
    EXPECT_EQ(memory.id("GET", "/b/x"), second);
    EXPECT_EQ(memory.id("PUT", "/a/x"), third);
  }
  EXPECT_EQ(endpoints.size(), 3u);
}

TEST(EndpointMemory, KnowsANameByItsTextAndNotByItsPlace) {
  Endpoints endpoints;
  EndpointMemory memory(endpoints);
  std::string name = "/one";
  const auto one = memory.id("GET", name);
  name = "/two";
  const auto two = memory.id("GET", name);
  EXPECT_NE(one, two);
  EXPECT_EQ(memory.id("GET", "/one"), one);
}

TEST(EndpointMemory, EndlessNamesAreCountedAsOne) {
  Endpoints endpoints;
  EndpointMemory memory(endpoints);
  for (int i = 0; i < 2000; ++i) memory.id("GET", "/item/" + std::to_string(i));
  EXPECT_TRUE(endpoints.overflowed());
  EXPECT_EQ(endpoints.size(), Endpoints::most + 1);
  EXPECT_EQ(memory.id("GET", "/item/1900"), memory.id("GET", "/item/1901"));
  EXPECT_NE(memory.id("GET", "/item/1"), memory.id("GET", "/item/2"));
}

}  // namespace
}  // namespace dyno::load
