#include "dyno/http/authentication.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::http {
namespace {

using testing::HasSubstr;
using testing::Not;

// RFC 4648, section 10.
TEST(Authentication, Base64OfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
}

// RFC 7617, sections 2 and 2.1.
TEST(Authentication, BasicOfTheRfc) {
  EXPECT_EQ(basic("Aladdin", "open sesame")->header(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(basic("test", "123\xc2\xa3")->header(), "Basic dGVzdDoxMjPCow==");
  EXPECT_EQ(basic("a", "b:c")->header(), "Basic " + base64("a:b:c"));
  EXPECT_EQ(basic("", "")->header(), "Basic Og==");
}

TEST(Authentication, BasicRefusesWhatItCannotSay) {
  for (const auto& [name, password] :
       {std::pair{"a:b", "topsecret"}, {"a\n", "topsecret"}, {"a", "topsecret\x7f"}}) {
    const auto refused = basic(name, password);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, Not(HasSubstr("topsecret")));
  }
}

TEST(Authentication, Bearer) {
  EXPECT_EQ(bearer("mF_9.B5f-4.1JqM")->header(), "Bearer mF_9.B5f-4.1JqM");  // RFC 6750, 2.1
  EXPECT_EQ(bearer("ab+/~==")->header(), "Bearer ab+/~==");
  for (const char* const token : {"", "=", "a b", "a\r\nX: y", "a=b", "t\xc3\xa9"}) {
    const auto refused = bearer(token);
    ASSERT_FALSE(refused.ok()) << token;
  }
  EXPECT_THAT(bearer("topsecret;").error().message, Not(HasSubstr("topsecret")));
}

TEST(Authentication, NoCredentialsAreEmpty) {
  EXPECT_TRUE(Credentials().empty());
  EXPECT_FALSE(basic("a", "b")->empty());
}

TEST(Authentication, SecretsComeFromFilesAndTheEnvironment) {
  const auto file = std::filesystem::path(testing::TempDir()) / "dyno_secret_of_test";
  std::ofstream(file) << "from a file\r\n\n";
  EXPECT_EQ(secret_of("@" + file.string()).value(), "from a file");
  std::ofstream(file, std::ios::trunc) << "\n";
  EXPECT_THAT(secret_of("@" + file.string()).error().message, HasSubstr("empty"));
  std::filesystem::remove(file);
  EXPECT_FALSE(secret_of("@" + file.string()).ok());

  ::setenv("DYNO_TEST_SECRET", "from the environment", 1);
  EXPECT_EQ(secret_of("env:DYNO_TEST_SECRET").value(), "from the environment");
  ::setenv("DYNO_TEST_SECRET", "", 1);
  EXPECT_THAT(secret_of("env:DYNO_TEST_SECRET").error().message, HasSubstr("DYNO_TEST_SECRET"));
  ::unsetenv("DYNO_TEST_SECRET");
  EXPECT_FALSE(secret_of("env:DYNO_TEST_SECRET").ok());
  EXPECT_EQ(secret_of("as it is").value(), "as it is");
}

}  // namespace
}  // namespace dyno::http
