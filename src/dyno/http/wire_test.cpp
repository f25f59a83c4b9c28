#include "dyno/http/wire.h"

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

constexpr std::string_view post =
    "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nX: 1\r\nx: 2\r\n"
    "Content-Length: 14\r\n\r\nX: body\r\n\r\nmore";

TEST(Wire, ReadsWhatARequestSays) {
  EXPECT_EQ(wire_method(post), "POST");
  EXPECT_EQ(wire_target(post), "/a?b");
  EXPECT_TRUE(wire_head(post).ends_with("Content-Length: 14\r\n\r\n"));
}

TEST(Wire, PutsOneHeaderInPlaceOfAll) {
  std::string wire(post);
  put_header(wire, "X", "3");
  EXPECT_EQ(wire,
            "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n"
            "X: 3\r\n\r\nX: body\r\n\r\nmore");
  put_header(wire, "X", "");
  EXPECT_EQ(wire,
            "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n"
            "\r\nX: body\r\n\r\nmore");
}

TEST(Wire, ReaddressesWithOrWithoutTheBody) {
  std::string kept(post);
  readdress(kept, "POST", "/c", true);
  EXPECT_EQ(kept, "POST /c" + std::string(post.substr(9)));
  std::string dropped(post);
  readdress(dropped, "GET", "/c", false);
  EXPECT_EQ(dropped, "GET /c HTTP/1.1\r\nHost: h\r\nX: 1\r\nx: 2\r\n\r\n");
}

}  // namespace
}  // namespace dyno::http
