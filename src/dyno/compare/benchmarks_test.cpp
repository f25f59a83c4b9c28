// Files of Google Benchmark with all its habits. Those of fixtures/golden/google_benchmark are what
// Debian's 1.7.1 wrote of benchmark_gotchas.cpp (scripts/oracles/google_benchmark); what other
// versions write is given here as text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/compare/compare.h"
#include "dyno/compare/counters.h"
#include "dyno/compare/lenient_json.h"
#include "dyno/core/files.h"

namespace dyno::compare {
namespace {

using record::Change;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string golden(const std::string& name) {
  const auto text =
      read_file(DYNO_SOURCE_DIR "/fixtures/golden/google_benchmark/" + name + ".json");
  EXPECT_TRUE(text) << name;
  return text ? *text : "";
}

Process process_of(const std::string& text, const Reading& reading = {.counters = true}) {
  auto read = read_benchmarks(text, "b.json", reading);
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? std::move(*read) : Process{};
}

std::vector<std::string> benchmarks_of(const Process& process) {
  std::vector<std::string> names;
  for (const auto& [key, _] : process.figures) {
    if (key.second == "real_time") names.push_back(key.first);
  }
  return names;
}

Measured time_of(const Process& process, const std::string& name) {
  return process.figures.at({name, "real_time"});
}

std::string refusal(const std::string& text) {
  const auto read = read_benchmarks(text, "b.json");
  return read ? "" : read.error().message;
}

std::string row(const std::string& members) {
  return R"({"context": {}, "benchmarks": [{"name": "A", "iterations": 100, "real_time": 5,
             "time_unit": "ns")" +
         members + "}]}";
}

record::Comparison compared(const std::string& base, const std::string& head) {
  Side one{"base", {process_of(base)}};
  Side other{"head", {process_of(head)}};
  return compare(one, other, {});
}

Change change_of(const record::Comparison& comparison, const std::string& figure) {
  for (const auto& one : comparison.figures) {
    if (one.figure == figure) return one.change;
  }
  ADD_FAILURE() << figure << " is not compared";
  return Change::no_baseline;
}

TEST(GoogleBenchmark, OneRepetitionIsAFigure) {
  const auto process = process_of(golden("one_repetition"));
  EXPECT_THAT(benchmarks_of(process), ElementsAre("Plain/64"));
  EXPECT_GT(time_of(process, "Plain/64").value, 0);
}

TEST(GoogleBenchmark, ItsContextNamesNoBuildSoThatTheHostStandsForTheMachine) {
  const auto text = golden("one_repetition");
  EXPECT_THAT(text, HasSubstr("\"library_build_type\": \"debug\"")) << "whatever was built";
  EXPECT_EQ(process_of(text).machine, "\"bench\" with 2 CPUs");
}

TEST(GoogleBenchmark, RepetitionsAreOneMedianAndTheirAggregatesAreNotCounted) {
  const auto process = process_of(golden("repetitions"));
  EXPECT_EQ(benchmarks_of(process).size(), 5U) << "Plain/64 and four sizes of Fitted";
  EXPECT_TRUE(time_of(process, "Plain/64").error.empty());
}

TEST(GoogleBenchmark, InterleavedRowsBelongToTheirName) {
  const auto text = golden("interleaved");
  // Rows of one benchmark do not stand together.
  EXPECT_NE(golden("repetitions"), text);
  EXPECT_EQ(benchmarks_of(process_of(text)), benchmarks_of(process_of(golden("repetitions"))));
  const auto plain = time_of(process_of(text), "Plain/64");
  ASSERT_TRUE(plain.band);
  EXPECT_LE(plain.band->first, plain.value);
  EXPECT_GE(plain.band->second, plain.value);
}

TEST(GoogleBenchmark, WithAggregatesOnlyTheMedianIsTheFigure) {
  const auto text = golden("report_aggregates_only");
  EXPECT_THAT(text, Not(HasSubstr("\"iteration\"")));
  const auto process = process_of(text);
  EXPECT_THAT(benchmarks_of(process), ElementsAre("Plain/64", "Unit/us/2000"));
  EXPECT_FALSE(time_of(process, "Plain/64").band) << "nothing is known of the single ones";
  EXPECT_GT(time_of(process, "Unit/us/2000").value, 1000) << "from microseconds";
}

TEST(GoogleBenchmark, AggregatesOfTheDisplayOnlyLeaveTheRepetitions) {
  const auto plain = time_of(process_of(golden("display_aggregates_only")), "Plain/64");
  EXPECT_TRUE(plain.band);
}

// The coefficient of variation is a share, though its row says ns; a maximum is no median.
TEST(GoogleBenchmark, OtherAggregatesAreNoTimes) {
  const auto text = golden("statistics");
  EXPECT_THAT(text, HasSubstr("\"aggregate_unit\": \"percentage\""));
  EXPECT_THAT(text, HasSubstr("\"aggregate_name\": \"max\""));
  const auto process = process_of(text);
  EXPECT_THAT(benchmarks_of(process), ElementsAre("Statistics/64/repeats:3"));
  EXPECT_GT(time_of(process, "Statistics/64/repeats:3").value, 10);
}

TEST(GoogleBenchmark, AFittedComplexityIsNoBenchmark) {
  const auto text = golden("complexity");
  EXPECT_THAT(text, HasSubstr("\"aggregate_name\": \"BigO\""));
  EXPECT_THAT(text, HasSubstr("\"aggregate_name\": \"RMS\""));
  EXPECT_THAT(benchmarks_of(process_of(text)),
              ElementsAre("Fitted/1024", "Fitted/256", "Fitted/4096", "Fitted/64"));
}

TEST(GoogleBenchmark, NumbersThatAreNoneLeaveTheRestReadable) {
  const auto text = golden("no_numbers");
  EXPECT_THAT(text, HasSubstr(": NaN"));
  EXPECT_THAT(text, HasSubstr(": -Infinity"));
  const auto process = process_of(text);
  EXPECT_GT(time_of(process, "NoNumbers").value, 0);
  EXPECT_EQ(process.figures.at({"NoNumbers", "instructions"}).value, 600);
  EXPECT_THAT(process.figures.at({"NoNumbers", "nan"}).error, HasSubstr("no number"));
  const auto comparison = compared(text, text);
  EXPECT_EQ(comparison.figures.size(), 2U) << "what is no number on both sides is not compared";
  EXPECT_THAT(comparison.notes, ::testing::Contains(AllOf(HasSubstr("no number on either side"),
                                                          HasSubstr("NoNumbers nan"))));
}

TEST(GoogleBenchmark, ARateThatBecameNoNumberIsErrored) {
  const auto comparison =
      compared(row(R"(, "items_per_second": 7)"), row(R"(, "items_per_second": NaN)"));
  EXPECT_EQ(change_of(comparison, "items_per_second"), Change::errored);
  EXPECT_EQ(exit_status(comparison), ExitStatus::invalid);
}

TEST(GoogleBenchmark, ATimeThatIsNoNumberIsErrored) {
  const auto process = process_of(
      R"({"benchmarks": [{"name": "A", "real_time": NaN}, {"name": "B", "real_time": -inf},
                         {"name": "C"}]})");
  for (const auto* name : {"A", "B", "C"}) {
    EXPECT_EQ(time_of(process, name).error, "it has no time") << name;
  }
}

TEST(GoogleBenchmark, CountersNamedLikeMembersOfARowAreTold) {
  const auto text = golden("like_members");
  EXPECT_LT(text.find("real_time"), text.rfind("\"real_time\": 7.77"));
  const auto process = process_of(text);
  EXPECT_THAT(benchmarks_of(process), ElementsAre("LikeMembers"));
  EXPECT_NE(time_of(process, "LikeMembers").value, 777777);
  EXPECT_TRUE(time_of(process, "LikeMembers").error.empty()) << "error_occurred is a counter here";
  EXPECT_EQ(process.figures.at({"LikeMembers", "counter real_time"}).value, 777777);
  EXPECT_EQ(process.figures.at({"LikeMembers", "counter iterations"}).value, 777777);
  EXPECT_EQ(process.figures.at({"LikeMembers", "error_occurred"}).value, 777777);
}

TEST(GoogleBenchmark, ErrorsAreNoTimesThoughTheProgramSucceeds) {
  const auto process = process_of(golden("failing"));
  EXPECT_EQ(time_of(process, "Failing").error, "the \"database\" is down");
  EXPECT_TRUE(time_of(process, "Plain/64").error.empty());
  const auto comparison = compared(golden("failing"), golden("failing"));
  EXPECT_EQ(exit_status(comparison), ExitStatus::invalid);
}

TEST(GoogleBenchmark, WhatSkipsItselfOnBothSidesIsNoFaultAndWhatBeganToIsMissing) {
  // As 1.8.0 and later write it.
  const std::string skipped =
      R"({"benchmarks": [{"name": "A", "run_name": "A", "run_type": "iteration",
      "skipped": true, "skip_message": "no GPU here"}, {"name": "B", "real_time": 3}]})";
  const std::string measured =
      R"({"benchmarks": [{"name": "A", "real_time": 3}, {"name": "B", "real_time": 3}]})";
  const auto both = compared(skipped, skipped);
  ASSERT_EQ(both.figures.size(), 1U);
  EXPECT_THAT(both.notes, ::testing::Contains(HasSubstr("no GPU here")));
  const auto began = compared(measured, skipped);
  EXPECT_EQ(began.figures[0].change, Change::missing);
  EXPECT_THAT(began.figures[0].message, HasSubstr("no GPU here"));
  EXPECT_EQ(compared(skipped, measured).figures[0].change, Change::added);
}

TEST(GoogleBenchmark, UnitsOfTimeAreConverted) {
  const auto process = process_of(golden("units"));
  const auto ns = time_of(process, "Unit/ns/2000").value;
  EXPECT_GT(ns, 100);
  for (const auto* name : {"Unit/us/2000", "Unit/ms/2000", "Unit/s/2000"}) {
    EXPECT_NEAR(time_of(process, name).value / ns, 1, 0.9) << name;
  }
  EXPECT_THAT(refusal(R"({"benchmarks": [{"name": "A", "real_time": 1, "time_unit": "min"}]})"),
              HasSubstr("benchmark 'A': 'min' is no unit of time"));
}

TEST(GoogleBenchmark, ATimeSetByHandIsTheTimeAndNoneIsAnError) {
  const auto process = process_of(golden("manual"));
  EXPECT_NEAR(time_of(process, "Manual/manual_time").value, 2500, 1);
  EXPECT_EQ(time_of(process, "ManualNothing/iterations:10/manual_time").error, "it has no time");
}

TEST(GoogleBenchmark, SuffixesAreOfTheName) {
  EXPECT_THAT(benchmarks_of(process_of(golden("suffixes"))),
              ElementsAre("Suffix/64/iterations:100", "Suffix/64/process_time",
                          "Suffix/64/real_time", "Suffix/64/repeats:2"));
}

TEST(GoogleBenchmark, AVanishedNameNamesTheOneThatCameForIt) {
  const auto comparison = compared(R"({"benchmarks": [{"name": "Parse/64", "real_time": 3}]})",
                                   R"({"benchmarks": [{"name": "Parse/65", "real_time": 3}]})");
  EXPECT_EQ(comparison.figures[0].change, Change::missing);
  EXPECT_THAT(comparison.figures[0].message, HasSubstr("The head has 'Parse/65'"));
}

TEST(GoogleBenchmark, ThreadsAreOfTheNameAndOtherThreadsAreAnotherLoad) {
  EXPECT_THAT(benchmarks_of(process_of(golden("counters"))),
              ElementsAre("Counters/threads:1", "Counters/threads:2"));
  const auto comparison = compared(row(R"(, "threads": 1)"), row(R"(, "threads": 2)"));
  EXPECT_EQ(comparison.figures[0].change, Change::no_baseline);
  EXPECT_THAT(comparison.figures[0].message, HasSubstr("1 thread against 2 threads"));
}

// They are summed over the threads unless they are averages; of one name they are so on both sides.
TEST(GoogleBenchmark, CountersComeWithTheirThreads) {
  const auto process = process_of(golden("counters"));
  EXPECT_EQ(process.figures.at({"Counters/threads:1", "summed"}).value, 5);
  EXPECT_EQ(process.figures.at({"Counters/threads:2", "summed"}).value, 10);
  EXPECT_EQ(process.figures.at({"Counters/threads:2", "per_thread"}).value, 5);
  const auto aggregated = process_of(golden("counters_aggregates"));
  EXPECT_EQ(aggregated.figures.at({"Counters/threads:2", "summed"}).value, 10);
}

TEST(GoogleBenchmark, CountersAreReadOnlyWhereAskedFor) {
  const auto process = process_of(golden("counters"), {});
  EXPECT_EQ(process.figures.size(), 2U);
}

TEST(GoogleBenchmark, TheTimeOfTheCpuWhereAskedFor) {
  const auto process = process_of(golden("one_repetition"), {.cpu_time = true});
  EXPECT_EQ(process.figures.size(), 1U);
  EXPECT_TRUE(process.figures.contains({"Plain/64", "cpu_time"}));
}

TEST(GoogleBenchmark, TwoOfOneNameAreToldApart) {
  const auto process = process_of(golden("twice"));
  EXPECT_THAT(benchmarks_of(process), ElementsAre("Twice/64", "Twice/64 #2"));
  EXPECT_GT(time_of(process, "Twice/64 #2").value, 3 * time_of(process, "Twice/64").value);
  EXPECT_THAT(lines_of(process.notes),
              ElementsAre(HasSubstr("several benchmarks are named 'Twice/64'")));
}

TEST(GoogleBenchmark, NamesMayHoldAnything) {
  EXPECT_THAT(benchmarks_of(process_of(golden("utf8"))), ElementsAre("Größe \"大\" \\ <int*>/64"));
  EXPECT_THAT(refusal("{\"benchmarks\": [{\"name\": \"Gr\xf6\xdf"
                      "e\", \"real_time\": 1}]}"),
              HasSubstr("b.json:1:"))
      << "Latin 1 is no JSON";
}

TEST(GoogleBenchmark, AFilterThatSelectsNothingLeavesAnEmptyFile) {
  EXPECT_THAT(golden("no_match"), IsEmpty());
  EXPECT_THAT(refusal(golden("no_match")), HasSubstr("b.json: the file is empty: did the process"));
}

TEST(GoogleBenchmark, NoBenchmarksAreAllMissing) {
  const std::string none =
      R"({"context": {"host_name": "bench", "num_cpus": 2}, "benchmarks": []})";
  EXPECT_THAT(benchmarks_of(process_of(none)), IsEmpty());
  const auto comparison = compared(golden("one_repetition"), none);
  EXPECT_EQ(comparison.figures.at(0).change, Change::missing);
  EXPECT_EQ(exit_status(comparison), ExitStatus::invalid);
}

TEST(GoogleBenchmark, AFileOfAKilledProcessSaysSo) {
  const auto whole = golden("repetitions");
  for (const auto size : {whole.size() / 3, whole.size() / 2, whole.size() - 3}) {
    EXPECT_THAT(refusal(whole.substr(0, size)), HasSubstr("the file ends early")) << size;
  }
  EXPECT_THAT(refusal(R"({"benchmarks": [{"name": }]})"), Not(HasSubstr("ends early")));
}

TEST(GoogleBenchmark, WarningsBeforeTheJsonAreNotRead) {
  const auto both = "***WARNING*** CPU scaling is enabled\nRun on (2 X 2596 MHz CPU s)\n" +
                    golden("one_repetition");
  EXPECT_THAT(benchmarks_of(process_of(both)), ElementsAre("Plain/64"));
  EXPECT_THAT(refusal("***WARNING***\n{\n\"benchmarks\": [x]}"), HasSubstr("b.json:3:"));
}

TEST(GoogleBenchmark, FilesOfVersionsBeforeRunTypesAreRead) {
  // 1.4.1 and earlier: no run_name, no run_type; what a row is, its name tells.
  const auto process = process_of(R"({"context": {"num_cpus": 2}, "benchmarks": [
    {"name": "A/8", "iterations": 10, "real_time": 3, "cpu_time": 3, "time_unit": "us"},
    {"name": "A/8", "iterations": 10, "real_time": 5, "cpu_time": 5, "time_unit": "us"},
    {"name": "A/8", "iterations": 10, "real_time": 4, "cpu_time": 4, "time_unit": "us"},
    {"name": "A/8_mean", "iterations": 3, "real_time": 99, "time_unit": "us"},
    {"name": "A/8_median", "iterations": 3, "real_time": 99, "time_unit": "us"},
    {"name": "A/8_stddev", "iterations": 3, "real_time": 1, "time_unit": "us"},
    {"name": "B_mean", "iterations": 3, "real_time": 9, "time_unit": "us"},
    {"name": "B_median", "iterations": 3, "real_time": 8, "time_unit": "us"},
    {"name": "B_stddev", "iterations": 3, "real_time": 1, "time_unit": "us"},
    {"name": "geometric_mean", "iterations": 3, "real_time": 2, "time_unit": "us"},
    {"name": "A_BigO", "cpu_coefficient": 1.0, "real_coefficient": 1.0, "big_o": "N"},
    {"name": "A_RMS", "rms": 0.03}]})");
  EXPECT_THAT(benchmarks_of(process), ElementsAre("A/8", "B", "geometric_mean"));
  EXPECT_EQ(time_of(process, "A/8").value, 4000);
  EXPECT_EQ(time_of(process, "B").value, 8000);
}

TEST(GoogleBenchmark, AFrequencyThatWasNotFixedIsNoted) {
  EXPECT_THAT(
      lines_of(process_of(R"({"context": {"cpu_scaling_enabled": true}, "benchmarks": []})").notes),
      ElementsAre(HasSubstr("frequency")));
}

TEST(GoogleBenchmark, OfRatesMoreIsBetter) {
  const auto fewer =
      compared(row(R"(, "items_per_second": 100)"), row(R"(, "items_per_second": 50)"));
  EXPECT_TRUE(fewer.figures.at(0).more_is_better);
  EXPECT_EQ(fewer.figures.at(0).figure, "items_per_second");
  EXPECT_NEAR(*fewer.figures.at(0).ratio, 0.5, 1e-9);
}

// A pause of 26 ms in 816 iterations reads as 32 us each.
TEST(GoogleBenchmark, APauseOfTheMachineIsNoGrossChange) {
  const auto times = [](std::uint64_t iterations, const std::vector<double>& repetitions) {
    std::string rows;
    for (const auto time : repetitions) {
      rows += fmt::format(R"({}{{"name": "A", "iterations": {}, "real_time": {},
                                "time_unit": "ns"}})",
                          rows.empty() ? "" : ", ", iterations, time);
    }
    return R"({"context": {}, "benchmarks": [)" + rows + "]}";
  };
  const auto change = [&](const std::string& base, const std::string& head) {
    return change_of(compared(base, head), "real_time");
  };
  const auto base = times(35376, {761});
  const auto paused = times(816, {32207});
  EXPECT_EQ(change(base, paused), Change::inconclusive);
  EXPECT_EQ(change(paused, base), Change::inconclusive) << "no improvement either";
  EXPECT_EQ(change(times(816, {755, 761, 770}), times(816, {32207, 760, 765})),
            Change::inconclusive);
  EXPECT_EQ(change(times(816, {755, 761, 770}), times(816, {32207, 32100, 32300})),
            Change::regressed);
  EXPECT_EQ(change(base, times(35376, {32207})), Change::regressed) << "over a second";
}

TEST(GoogleBenchmark, WhatIsCountedIsComparedExactly) {
  const auto allocates = [](const std::string& n) { return row(", \"allocs_per_iter\": " + n); };
  const auto more = compared(allocates("3"), allocates("4"));
  EXPECT_EQ(change_of(more, "allocs_per_iter"), Change::regressed);
  EXPECT_EQ(exit_status(more), ExitStatus::fail) << "one process is enough";
  EXPECT_EQ(change_of(compared(allocates("4"), allocates("3")), "allocs_per_iter"),
            Change::improved);
  EXPECT_EQ(change_of(compared(allocates("3"), allocates("3")), "allocs_per_iter"),
            Change::equivalent);
  EXPECT_EQ(change_of(compared(allocates("0"), allocates("2")), "allocs_per_iter"),
            Change::regressed);
  // What is spread over the iterations depends on their number.
  EXPECT_EQ(change_of(compared(allocates("3.01"), allocates("3.02")), "allocs_per_iter"),
            Change::inconclusive);
}

TEST(GoogleBenchmark, WhatSchedulingMayDecideIsNotComparedExactly) {
  const auto file = [](const std::string& rows) { return R"({"benchmarks": [)" + rows + "]}"; };
  const auto one = [](const std::string& allocations, int iterations, int threads) {
    return fmt::format(
        R"({{"name": "A", "run_type": "iteration", "iterations": {}, "threads": {},
            "real_time": 3, "time_unit": "us", "allocs_per_iter": {}}})",
        iterations, threads, allocations);
  };
  const auto why = [&](const std::string& base, const std::string& head) {
    for (const auto& figure : compared(file(base), file(head)).figures) {
      if (figure.figure != "allocs_per_iter") continue;
      return to_string(figure.change) + ": " + figure.message;
    }
    return std::string("no such figure");
  };
  // Over many iterations of one thread a whole number says that each counted as much.
  EXPECT_THAT(why(one("3", 16, 1), one("4", 16, 1)), StartsWith("regressed"));
  EXPECT_THAT(why(one("3", 1, 1), one("4", 1, 1)),
              AllOf(StartsWith("inconclusive"), HasSubstr("counted only once in the base")));
  EXPECT_THAT(why(one("3", 16, 4), one("4", 16, 4)), HasSubstr("counted only once in the base"));
  const auto twice = one("3", 1, 4) + "," + one("3", 1, 4);
  EXPECT_THAT(why(twice, one("4", 1, 4)), StartsWith("regressed"));
  const auto varying = one("3", 1, 4) + "," + one("5", 1, 4) + "," + one("3", 1, 4);
  EXPECT_THAT(why(varying, one("4", 1, 4)),
              AllOf(StartsWith("inconclusive"), HasSubstr("not the same every time in the base")));
  EXPECT_THAT(why(twice, varying), HasSubstr("not the same every time in the head"));
}

TEST(GoogleBenchmark, ACounterOfNoKnownDirectionIsNotedAndJudgedOnRequest) {
  const auto base = row(R"(, "hits": 9)");
  const auto head = row(R"(, "hits": 7)");
  const auto comparison = compared(base, head);
  EXPECT_EQ(comparison.figures.size(), 1U);
  EXPECT_THAT(comparison.notes, ::testing::Contains(HasSubstr("--more-is-better hits")));
  const Reading reading{.counters = true, .more = {"hi*"}};
  const auto judged =
      compare({"base", {process_of(base, reading)}}, {"head", {process_of(head, reading)}}, {});
  EXPECT_EQ(judged.figures.at(0).figure, "hits");
  EXPECT_TRUE(judged.figures.at(0).more_is_better);
}

TEST(Counters, AreToldByTheirNames) {
  EXPECT_EQ(kind_of_counter("bytes_per_second").better, Better::more);
  EXPECT_EQ(kind_of_counter("MB/s").better, Better::more);
  EXPECT_EQ(kind_of_counter("qps").better, Better::more);
  EXPECT_TRUE(kind_of_counter("instructions").counted);
  EXPECT_TRUE(kind_of_counter("Allocs").counted);
  EXPECT_FALSE(kind_of_counter("max_bytes_used").counted);
  EXPECT_EQ(kind_of_counter("p99_ns").better, Better::less);
  EXPECT_EQ(kind_of_counter("latency.p50-ms").scale, 1e6);
  EXPECT_EQ(kind_of_counter("hits").better, Better::unknown);
  EXPECT_EQ(kind_of_counter("returns").better, Better::unknown)
      << "it ends with ns, but no word does";
  EXPECT_EQ(kind_of_counter("").better, Better::unknown);
}

TEST(LenientJson, ChangesNothingInTexts) {
  const std::string text =
      R"({"a": "NaN, \"inf\" \\", "b": [nan, -NaN, 1e5, true], "b": {"b": 1}})";
  EXPECT_EQ(
      with_valid_json(text),
      R"json({"a": "NaN, \"inf\" \\", "b": [null, null, 1e5, true], "b (again)": {"b": 1}})json");
  EXPECT_EQ(with_valid_json("\"ends in a \\"), "\"ends in a \\");
  EXPECT_EQ(with_valid_json(""), "");
}

}  // namespace
}  // namespace dyno::compare
