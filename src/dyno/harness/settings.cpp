#include "dyno/harness/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dyno/core/text.h"
#include "dyno/http/redact.h"

namespace dyno::harness {

namespace {

template <typename T, std::size_t n>
using Choices = std::array<std::pair<std::string_view, T>, n>;

constexpr Choices<Form, 5> forms{{{"quick", Form::quick},
                                  {"standard", Form::standard},
                                  {"true", Form::standard},
                                  {"1", Form::standard},
                                  {"full", Form::full}}};
constexpr Choices<TargetMode, 2> modes{
    {{"inprocess", TargetMode::in_process}, {"spawn", TargetMode::spawned}}};
constexpr Choices<std::string_view, 3> sizes{
    {{"small", "small"}, {"medium", "medium"}, {"large", "large"}}};

Error bad(std::string_view name, std::string_view value, std::string_view wanted) {
  return Error{fmt::format("{}='{}': it must be {}", name, value, wanted)};
}

// Sets `to` by the variable's value; nothing happens when it is unset.
template <typename T, typename To, std::size_t n>
Result<void> choose(std::string_view name, std::string_view value, const Choices<T, n>& choices,
                    To& to) {
  if (value.empty()) return {};
  std::string names;
  for (const auto& [choice, meaning] : choices) {
    if (choice == value) {
      to = To{meaning};
      return {};
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", choice);
  }
  return bad(name, value, "one of " + names);
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

Result<void> read_numbers(const std::function<std::string(const char*)>& value,
                          Settings& settings) {
  if (const auto text = value("TEST_DURATION_SECONDS"); !text.empty()) {
    const auto seconds = parse_number(text);
    if (!seconds || *seconds <= 0 || *seconds > 86'400) {
      return bad("TEST_DURATION_SECONDS", text, "a number of seconds above 0, at most 86400");
    }
    settings.duration = Duration{static_cast<Duration::rep>(*seconds * 1e9)};
  }
  if (const auto text = value("MAX_CONCURRENT_USERS"); !text.empty()) {
    const auto users = whole_number(text);
    if (!users || *users == 0 || *users > 100'000) {
      return bad("MAX_CONCURRENT_USERS", text, "a whole number from 1 to 100000");
    }
    settings.max_users = static_cast<std::uint32_t>(*users);
  }
  if (const auto text = value("DYNO_SEED"); !text.empty()) {
    const auto seed = whole_number(text);
    if (!seed) return bad("DYNO_SEED", text, "a whole number");
    settings.seed = *seed;
  }
  return {};
}

Result<void> read_host(const std::string& variable, const std::string& host, std::string& to) {
  if (host.empty()) return {};
  if (!host.starts_with("http://") && !host.starts_with("https://")) {
    return bad(variable, http::redacted_address(host), "a URL such as http://127.0.0.1:8000");
  }
  to = host.substr(0, host.find_last_not_of('/') + 1);
  return {};
}

// DYNO_HOST, and DYNO_HOST_<SYSTEM> of whatever system there is.
Result<void> read_hosts(const std::function<std::string(const char*)>& value,
                        const std::vector<std::string>& names, Settings& settings) {
  constexpr std::string_view prefix = "DYNO_HOST_";
  if (const auto read = read_host("DYNO_HOST", value("DYNO_HOST"), settings.host); !read) {
    return read;
  }
  if (!settings.host.empty()) settings.mode = TargetMode::remote;
  for (const auto& name : names) {
    if (!name.starts_with(prefix) || value(name.c_str()).empty()) continue;
    std::string system = name.substr(prefix.size());
    std::transform(system.begin(), system.end(), system.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (const auto read = read_host(name, value(name.c_str()), settings.hosts[system]); !read) {
      return read;
    }
  }
  return {};
}

Result<void> read_insecure(const std::string& text, Settings& settings) {
  if (!text.empty() && text != "0" && text != "1") {
    return bad("DYNO_INSECURE", text, "1 (accept any certificate) or 0");
  }
  settings.http.tls.verify = text != "1";
  return {};
}

// Before the command that runs a case again. Secrets are in URLs only.
std::string given(const std::function<std::string(const char*)>& value,
                  const std::vector<std::string>& names) {
  std::vector<std::string> all{"PERFORMANCE_TEST_MODE",
                               "TEST_DURATION_SECONDS",
                               "MAX_CONCURRENT_USERS",
                               "DYNO_TARGET",
                               "DYNO_DATA",
                               "DYNO_SEED",
                               "DYNO_BILLING",
                               "DYNO_HOST"};
  std::copy_if(names.begin(), names.end(), std::back_inserter(all),
               [](const std::string& name) { return name.starts_with("DYNO_HOST_"); });
  all.insert(all.end(), {"DYNO_CACERT", "DYNO_INSECURE", "DYNO_DATABASE_URL", "DYNO_REDIS_URL",
                         "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "OPENAI_BASE_URL", "OPENAI_MODEL",
                         "DYNO_LLM_MAX_CALLS", "DYNO_LLM_MAX_COST", "DYNO_LLM_PRICE_INPUT",
                         "DYNO_LLM_PRICE_OUTPUT"});
  std::vector<std::string> words;
  for (const auto& name : all) {
    const auto text = value(name.c_str());
    if (text.empty()) continue;
    const bool is_url = name.ends_with("_URL") || name.starts_with("DYNO_HOST");
    words.push_back(name + "=" + for_shell(is_url ? http::redacted_address(text) : text));
  }
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

Result<Settings> read_settings(const ReadVariable& read, const std::vector<std::string>& names) {
  const auto value = [&](const char* name) {
    const char* text = read(name);
    return std::string(text == nullptr ? "" : text);
  };
  const auto path = [&](const char* name, std::filesystem::path otherwise) {
    const auto text = value(name);
    return text.empty() ? std::move(otherwise) : std::filesystem::path(text);
  };
  const std::filesystem::path source = DYNO_SOURCE_DIR;
  Settings settings;
  for (const auto& result :
       {choose("PERFORMANCE_TEST_MODE", value("PERFORMANCE_TEST_MODE"), forms, settings.form),
        choose("DYNO_TARGET", value("DYNO_TARGET"), modes, settings.mode),
        choose("DYNO_DATA", value("DYNO_DATA"), sizes, settings.data),
        read_numbers(value, settings), read_hosts(value, names, settings),
        read_insecure(value("DYNO_INSECURE"), settings)}) {
    if (!result) return result.error();
  }
  settings.http.tls.ca_file = value("DYNO_CACERT");
  settings.results = path("DYNO_RESULTS_DIR", source / "results" / "runs" / "unsorted");
  settings.targets = path("DYNO_TARGETS_DIR", source / "fixtures" / "targets");
  settings.data_cache = path("DYNO_DATA_CACHE", source / ".cache" / "data");
  settings.billing = path("DYNO_BILLING", {});
  if (!settings.billing.empty() && !std::filesystem::is_regular_file(settings.billing)) {
    return bad("DYNO_BILLING", settings.billing.string(), "an existing billing export (CSV)");
  }
  settings.given = given(value, names);
  return settings;
}

std::vector<std::string> variable_names() {
  std::vector<std::string> names;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

std::string host_of(const Settings& settings, const std::string& system) {
  const auto own = settings.hosts.find(system);
  return own == settings.hosts.end() ? settings.host : own->second;
}

std::string to_string(Form form) {
  switch (form) {
    case Form::quick:
      return "quick";
    case Form::standard:
      return "standard";
    case Form::full:
      return "full";
  }
  return "standard";
}

}  // namespace dyno::harness
