#include "dyno/http/redirect.h"

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

using Kind = Redirect::Kind;

Redirect redirect(int status, const std::string& location, const std::string& method = "GET",
                  bool tls = false, const std::string& host = "shop:8000") {
  return read_redirect(status, "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\n\r\n",
                       method + " /a/b?c=d HTTP/1.1\r\nHost: " + host + "\r\n\r\n", tls);
}

TEST(Redirect, FiveStatusesAreRedirects) {
  for (const int status : {301, 302, 303, 307, 308}) EXPECT_TRUE(is_redirect(status));
  for (const int status : {200, 300, 304, 305, 306, 399, 404}) EXPECT_FALSE(is_redirect(status));
}

// RFC 9110, sections 15.4.2 to 15.4.9.
TEST(Redirect, MethodsChangeAsTheStatusSays) {
  const struct {
    int status;
    const char* method;
    const char* then;
  } table[] = {{301, "GET", "GET"},   {301, "POST", "GET"},  {301, "PUT", "PUT"},
               {301, "HEAD", "HEAD"}, {302, "POST", "GET"},  {302, "DELETE", "DELETE"},
               {303, "GET", "GET"},   {303, "POST", "GET"},  {303, "PUT", "GET"},
               {303, "HEAD", "HEAD"}, {307, "POST", "POST"}, {307, "PUT", "PUT"},
               {308, "POST", "POST"}, {308, "GET", "GET"}};
  for (const auto& [status, method, then] : table) {
    const Redirect to = redirect(status, "/x", method);
    EXPECT_EQ(to.method, then) << status << ' ' << method;
    EXPECT_EQ(to.keeps_body, std::string_view(method) == then) << status << ' ' << method;
  }
}

TEST(Redirect, LocationsWithinTheService) {
  const std::pair<const char*, const char*> table[] = {
      {"/x", "/x"},
      {"x", "/a/x"},
      {"../x?y#z", "/x?y"},
      {"?y", "/a/b?y"},
      {"http://shop:8000/x", "/x"},
      {"http://SHOP:8000", "/"},
      {"HTTP://shop:8000?q", "/?q"},
      {"//shop:8000/x", "/x"},
      {"http://user:secret@shop:8000/x", "/x"},
      {"/with space/\xc3\xa9", "/with%20space/%C3%A9"}};
  for (const auto& [location, target] : table) {
    const Redirect to = redirect(302, location);
    EXPECT_EQ(to.kind, Kind::here) << location;
    EXPECT_EQ(to.target, target) << location;
    EXPECT_EQ(to.place.find("secret"), std::string::npos);
  }
  EXPECT_EQ(redirect(302, "http://shop/x", "GET", false, "shop").kind, Kind::here);
  EXPECT_EQ(redirect(302, "http://shop:80/x", "GET", false, "shop").kind, Kind::here);
  EXPECT_EQ(redirect(302, "https://shop:443/x", "GET", true, "shop").kind, Kind::here);
  EXPECT_EQ(redirect(302, "http://[::1]:81/x", "GET", false, "[::1]:81").kind, Kind::here);
}

TEST(Redirect, LocationsElsewhere) {
  const std::pair<const char*, const char*> table[] = {
      {"http://shop/x", "http://shop/x"},
      {"http://shop:8001/x?token=secret#f", "http://shop:8001/x"},
      {"https://shop:8000/x", "https://shop:8000/x"},
      {"http://other:8000", "http://other:8000/"},
      {"//user:secret@other/x", "http://other/x"}};
  for (const auto& [location, place] : table) {
    const Redirect to = redirect(302, location);
    EXPECT_EQ(to.kind, Kind::elsewhere) << location;
    EXPECT_EQ(to.place, place);
  }
}

TEST(Redirect, LocationsThatLeadNowhere) {
  for (const char* const location : {"", "mailto:a@b", "http:", "http://", "ftp://shop/x",
                                     "http://shop:port/x", "javascript:alert(1)"}) {
    EXPECT_EQ(redirect(302, location).kind, Kind::nowhere) << location;
  }
  EXPECT_EQ(read_redirect(302, "HTTP/1.1 302 Found\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", false).kind,
            Kind::nowhere);
}

}  // namespace
}  // namespace dyno::http
