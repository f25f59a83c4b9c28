#include "dyno/http/uri.h"

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

std::string resolved(std::string_view base, std::string_view reference) {
  return resolve_reference(split_uri(base), split_uri(reference)).text();
}

// RFC 3986, sections 5.4.1 and 5.4.2: all of them, the strict reading of "http:g".
TEST(Uri, ResolvesTheExamplesOfTheRfc) {
  constexpr std::string_view base = "http://a/b/c/d;p?q";
  const struct {
    const char* reference;
    const char* target;
  } examples[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http:g"},
  };
  for (const auto& [reference, target] : examples) {
    EXPECT_EQ(resolved(base, reference), target) << reference;
  }
}

TEST(Uri, ResolvesAgainstABaseWithoutAPath) {
  EXPECT_EQ(resolved("http://a", "g"), "http://a/g");
  EXPECT_EQ(resolved("http://a?q", "?y"), "http://a?y");
  EXPECT_EQ(resolved("http://a/x", "//b:80/y/../z"), "http://b:80/z");
}

TEST(Uri, SplitsIntoItsComponents) {
  const Uri uri = split_uri("https://user@[::1]:8443/p/q?r=s?t#u#v");
  EXPECT_EQ(uri.scheme, "https");
  EXPECT_EQ(uri.authority, "user@[::1]:8443");
  EXPECT_EQ(uri.path, "/p/q");
  EXPECT_EQ(uri.query, "r=s?t");
  EXPECT_EQ(uri.fragment, "u#v");
  EXPECT_EQ(split_uri("1:2").scheme, std::nullopt);
  EXPECT_EQ(split_uri("a/b:c").path, "a/b:c");
}

TEST(Uri, TakesDotSegmentsOutAsTheRfcShows) {
  EXPECT_EQ(remove_dot_segments("/a/b/c/./../../g"), "/a/g");
  EXPECT_EQ(remove_dot_segments("mid/content=5/../6"), "mid/6");
}

TEST(Uri, ARequestTargetHasNothingThatEndsARequestLine) {
  EXPECT_EQ(request_target(split_uri("http://a")), "/");
  EXPECT_EQ(request_target(split_uri("http://a?x=1#f")), "/?x=1");
  EXPECT_EQ(request_target(split_uri("/a b\xc3\xa9?c\td%20")), "/a%20b%C3%A9?c%09d%20");
}

}  // namespace
}  // namespace dyno::http
