// Against files that hdr-histogram-js wrote: scripts/oracles/hdr.mjs makes them.
#include "dyno/metrics/hdr_encoding.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"

namespace dyno::metrics {
namespace {

using nlohmann::json;

json golden(const std::string& name) {
  auto result = read_json(std::filesystem::path(DYNO_SOURCE_DIR) / "fixtures/golden/histogram" /
                          (name + ".json"));
  return result ? *result : json();
}

Histogram recorded(const json& values) {
  Histogram histogram;
  for (const auto& [value, count] :
       values.get<std::vector<std::pair<std::int64_t, std::uint64_t>>>()) {
    histogram.record_n(Duration{value}, count);
  }
  return histogram;
}

std::string bytes_of(const std::string& base64) {
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : base64) {
    static const std::string digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (c == '=') break;
    group = group << 6 | static_cast<std::uint32_t>(digits.find(c));
    if ((bits += 6) >= 8) bytes += static_cast<char>(group >> (bits -= 8) & 0xff);
  }
  return bytes;
}

class HdrOracle : public ::testing::TestWithParam<const char*> {};

TEST_P(HdrOracle, FiguresAreTheOracles) {
  const auto expected = golden(GetParam());
  const auto histogram = recorded(expected.at("values"));
  EXPECT_EQ(histogram.count(), expected.at("count").get<std::uint64_t>());
  for (const auto& [percentile, value] :
       expected.at("percentiles").get<std::vector<std::pair<double, std::int64_t>>>()) {
    const auto clamped = std::clamp(Duration{value}, histogram.min(), histogram.max());
    EXPECT_EQ(histogram.percentile(percentile), clamped) << percentile;
  }
  // The oracle's mean comes from the middles of the cells, ours is exact.
  const auto mean = expected.at("mean").get<double>();
  EXPECT_NEAR(static_cast<double>(histogram.mean().count()), mean, mean * 1e-3 + 1);
  const auto stddev = expected.at("stddev").get<double>();
  EXPECT_NEAR(static_cast<double>(histogram.stddev().count()), stddev, mean * 1e-3 + 1);
}

TEST_P(HdrOracle, EncodingIsTheOraclesByteByByte) {
  const auto expected = golden(GetParam());
  EXPECT_EQ(encode_v2(recorded(expected.at("values"))), bytes_of(expected.at("v2")));
}

TEST_P(HdrOracle, WithTwoDigitsItIsTheOraclesOfTwoDigits) {
  const auto expected = golden(GetParam());
  EXPECT_EQ(encode_v2(recorded(expected.at("values")), 2), bytes_of(expected.at("v2_two_digits")));
}

TEST_P(HdrOracle, ReadsWhatTheOracleWrote) {
  const auto expected = golden(GetParam());
  const auto decoded = decode_v2_compressed(expected.at("v2_compressed").get<std::string>());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->buckets(), recorded(expected.at("values")).buckets());
}

TEST_P(HdrOracle, ReadsWhatItWrote) {
  const auto histogram = recorded(golden(GetParam()).at("values"));
  auto decoded = decode_v2_compressed(encode_v2_compressed(histogram));
  ASSERT_TRUE(decoded) << decoded.error().message;
  decoded->restore(histogram.totals());
  EXPECT_EQ(*decoded, histogram);
}

constexpr const char* cases[] = {"single_value",
                                 "zero_and_one",
                                 "constant",
                                 "boundaries",
                                 "one_to_ten_thousand_microseconds",
                                 "exponential_20ms",
                                 "log_uniform_1ns_to_1h",
                                 "bimodal",
                                 "huge_counts"};

INSTANTIATE_TEST_SUITE_P(Golden, HdrOracle, ::testing::ValuesIn(cases),
                         [](const auto& param) { return std::string(param.param); });

// DYNO_HDR_ORACLE names a folder with node_modules/hdr-histogram-js; skipped without it.
TEST(HdrEncoding, TheOracleReadsWhatWeWrote) {
  const char* folder = std::getenv("DYNO_HDR_ORACLE");
  if (folder == nullptr) GTEST_SKIP() << "DYNO_HDR_ORACLE is not set";
  for (const auto* name : cases) {
    const auto expected = golden(name);
    const auto command = std::string("node ") + DYNO_SOURCE_DIR + "/scripts/oracles/hdr.mjs " +
                         folder + " " + encode_v2_compressed(recorded(expected.at("values")));
    FILE* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string output(1 << 16, '\0');
    output.resize(std::fread(output.data(), 1, output.size(), pipe));
    ASSERT_EQ(pclose(pipe), 0);
    const auto read = parse_json(output, "oracle");
    ASSERT_TRUE(read) << output;
    EXPECT_EQ(read->at("count"), expected.at("count")) << name;
    EXPECT_EQ(read->at("percentiles"), expected.at("percentiles")) << name;
  }
}

TEST(HdrEncoding, AnEmptyHistogramRoundTrips) {
  const auto decoded = decode_v2_compressed(encode_v2_compressed(Histogram{}));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_TRUE(decoded->empty());
}

TEST(HdrEncoding, BrokenTextIsAnErrorThatSaysWhy) {
  Histogram histogram;
  histogram.record(std::chrono::milliseconds{5});
  const auto good = encode_v2_compressed(histogram);
  EXPECT_TRUE(good.starts_with("HISTFAAA")) << good;
  for (const auto& broken :
       {std::string(), std::string("???"), good.substr(0, 20), std::string("AAAA") + good,
        good.substr(0, good.size() - 8), std::string(5000, 'A')}) {
    const auto decoded = decode_v2_compressed(broken);
    ASSERT_FALSE(decoded) << broken;
    EXPECT_TRUE(decoded.error().message.starts_with("not an HdrHistogram V2 encoding: "));
  }
}

TEST(HdrEncoding, NoMutationOfTheBytesDoesHarm) {
  const auto good = encode_v2(recorded(golden("boundaries").at("values")));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int flip : {1, 0x80, 0xff}) {
      auto bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      const auto decoded = decode_v2(bytes);
      (void)decoded.ok();
    }
    const auto decoded = decode_v2(good.substr(0, i));
    EXPECT_FALSE(decoded) << i;
  }
}

}  // namespace
}  // namespace dyno::metrics
