#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/clock.h"
#include "dyno/record/names.h"
#include "dyno/report/report.h"

namespace dyno::report {

using record::CaseRecord;
using record::RunRecord;
using record::SuiteRecord;
using record::Verdict;
using record::VerdictKind;

namespace {

// XML 1.0 knows no control characters but tab and line ends.
std::string xml_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\n':
        result += "&#10;";
        break;
      case '\t':
        result += "&#9;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          result += c;
        } else {
          result += '?';
        }
    }
  }
  return result;
}

struct TestCase {
  std::string name;
  std::string element;  // "failure", "error", "skipped"; empty: passed
  std::string message;
};

struct TestSuite {
  std::string name;
  double seconds = 0;
  UtcTime started{};
  std::vector<TestCase> cases;
};

TestCase test_case(const Verdict& verdict) {
  const auto element =
      verdict.kind == VerdictKind::fail                                              ? "failure"
      : verdict.kind == VerdictKind::not_applicable                                  ? "skipped"
      : verdict.kind == VerdictKind::invalid || verdict.kind == VerdictKind::no_data ? "error"
                                                                                     : "";
  return {verdict.target, element, verdict.message};
}

std::string render(const TestSuite& suite, const TestCase& item) {
  const auto open = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                xml_escaped(suite.name), xml_escaped(item.name));
  if (item.element.empty()) {
    return fmt::format("{}>\n      <system-out>{}</system-out>\n    </testcase>\n", open,
                       xml_escaped(item.message));
  }
  return fmt::format("{}>\n      <{} message=\"{}\"/>\n    </testcase>\n", open, item.element,
                     xml_escaped(item.message));
}

std::size_t count(const TestSuite& suite, std::string_view element) {
  return static_cast<std::size_t>(
      std::count_if(suite.cases.begin(), suite.cases.end(),
                    [&](const TestCase& item) { return item.element == element; }));
}

std::string render(const TestSuite& suite) {
  auto text = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\" timestamp=\"{}\">\n",
      xml_escaped(suite.name), suite.cases.size(), count(suite, "failure"), count(suite, "error"),
      count(suite, "skipped"), suite.seconds, to_iso8601(suite.started));
  for (const auto& item : suite.cases) text += render(suite, item);
  return text + "  </testsuite>\n";
}

std::string render(const std::vector<TestSuite>& suites) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& suite : suites) text += render(suite);
  return text + "</testsuites>\n";
}

double seconds(Duration length) { return static_cast<double>(length.count()) / 1e9; }

TestSuite test_suite(const CaseRecord& item, UtcTime started) {
  TestSuite suite{item.name, seconds(item.length), started, {}};
  for (const auto& verdict : item.verdicts) suite.cases.push_back(test_case(verdict));
  if (!suite.cases.empty()) return suite;
  const auto element = item.exit == ExitStatus::pass   ? ""
                       : item.exit == ExitStatus::fail ? "failure"
                                                       : "error";
  suite.cases.push_back({item.name, element, item.message});
  return suite;
}

TestSuite test_suite(const record::Comparison& comparison, UtcTime started) {
  TestSuite suite{"comparison with " + comparison.base, 0, started, {}};
  for (const auto& figure : comparison.figures) {
    using record::Change;
    const auto element =
        !figure.accepted.empty()                                                        ? ""
        : figure.change == Change::regressed                                            ? "failure"
        : figure.change == Change::missing || figure.change == Change::errored          ? "error"
        : figure.change == Change::inconclusive || figure.change == Change::no_baseline ? "skipped"
                                                                                        : "";
    suite.cases.push_back({figure.subject + " " + figure.figure, element, figure.message});
  }
  return suite;
}

}  // namespace

std::string junit(const RunRecord& record) {
  auto item = record::summarise(record, {}, "");
  if (item.verdicts.empty()) item.message = "the run was held to no targets";
  return render({test_suite(item, record.started)});
}

std::string junit(const SuiteRecord& suite) {
  std::vector<TestSuite> suites;
  for (const auto& item : suite.cases) suites.push_back(test_suite(item, suite.started));
  for (const auto& missing : suite.missing_cases) {
    suites.push_back(
        {missing, 0, suite.started, {{missing, "error", "expected, but it did not run"}}});
  }
  if (suite.comparison) suites.push_back(test_suite(*suite.comparison, suite.started));
  return render(suites);
}

std::string junit(const record::Comparison& comparison, UtcTime started) {
  return render({test_suite(comparison, started)});
}

}  // namespace dyno::report
