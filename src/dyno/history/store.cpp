#include "dyno/history/store.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/files.h"
#include "dyno/core/text.h"

namespace dyno::history {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* history_schema = "dyno.history";
constexpr int history_version = 1;
constexpr auto longest_wait = std::chrono::seconds{10};
constexpr auto between_tries = std::chrono::milliseconds{20};

json to_json(const HistoryRun& run) {
  json subjects = json::array();
  for (const auto& subject : run.subjects) {
    json figures = json::object();
    for (const auto& [name, value] : subject.figures) {
      if (std::isfinite(value)) figures[name] = value;
    }
    subjects.push_back(
        {{"name", subject.name}, {"condition", subject.condition}, {"figures", figures}});
  }
  json left_out = json::array();
  for (const auto& one : run.left_out) left_out.push_back({{"name", one.name}, {"why", one.why}});
  return {{"schema", history_schema},
          {"schema_version", history_version},
          {"id", run.id},
          {"started", run.started},
          {"commit", run.commit},
          {"form", run.form},
          {"fingerprint", fingerprint(run.environment)},
          {"environment", run.environment},
          {"exit", static_cast<int>(run.exit)},
          {"subjects", subjects},
          {"left_out", left_out}};
}

// Throws json::exception.
HistoryRun run_of(const json& line) {
  HistoryRun run;
  run.id = line.at("id");
  run.started = line.at("started");
  run.commit = line.at("commit");
  run.form = line.at("form");
  run.environment = line.at("environment").get<Environment>();
  run.exit = static_cast<ExitStatus>(line.value("exit", 0));
  for (const auto& subject : line.at("subjects")) {
    run.subjects.push_back({subject.at("name"), subject.value("condition", std::string{}),
                            subject.at("figures").get<std::map<std::string, double>>()});
  }
  for (const auto& one : line.value("left_out", json::array())) {
    run.left_out.push_back({one.at("name"), one.at("why")});
  }
  return run;
}

// An open file, and on it the lock of who adds.
class Locked {
 public:
  explicit Locked(int descriptor) : descriptor_(descriptor) {}
  ~Locked() { ::close(descriptor_); }  // lets go of the lock too
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  // False when somebody else has it all the time; errno otherwise.
  bool lock() const {
    const auto end = std::chrono::steady_clock::now() + longest_wait;
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return false;
      if (std::chrono::steady_clock::now() >= end) return false;
      std::this_thread::sleep_for(between_tries);  // waits: for the lock of another process
    }
    return true;
  }

  // Whole or not at all.
  int append(std::string_view text) const {
    const auto before = ::lseek(descriptor_, 0, SEEK_END);
    int failure = 0;
    while (!text.empty() && failure == 0) {
      const auto written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno != EINTR) failure = errno;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (failure == 0 && ::fsync(descriptor_) != 0) failure = errno;
    if (failure != 0 && ::ftruncate(descriptor_, before) != 0) return failure;
    return failure;
  }

 private:
  int descriptor_;
};

Error cannot_add(const fs::path& file, int reason) {
  std::string_view advice;
  if (reason == ENOSPC || reason == EDQUOT) advice = "; free some space and add the run again";
  if (reason == EFBIG) advice = "; raise the limit on the size of files (ulimit -f)";
  if (reason == EACCES || reason == EROFS || reason == EPERM) advice = "; check its permissions";
  return Error{fmt::format("cannot add to {}: {}{}; the history is as it was", file.string(),
                           std::strerror(reason), advice)};
}

// Whether a whole line is of this run: what is torn does not count.
bool holds(std::string_view text, const std::string& id) {
  for (const auto line : lines_of(text)) {
    if (line.find(id) == std::string_view::npos) continue;
    const auto parsed = json::parse(line, nullptr, false);
    if (parsed.is_object() && parsed.value("id", json()) == id) return true;
  }
  return false;
}

}  // namespace

fs::path history_file(const fs::path& root, const std::string& fingerprint) {
  return root / (fingerprint + ".jsonl");
}

Result<Added> add_run(const fs::path& root, const HistoryRun& run) {
  const auto file = history_file(root, fingerprint(run.environment));
  std::error_code code;
  fs::create_directories(root, code);
  if (code) return cannot_add(file, code.value());
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot_add(file, errno);
  const Locked locked(descriptor);
  if (!locked.lock()) {
    if (errno != EWOULDBLOCK) return cannot_add(file, errno);
    return Error{
        fmt::format("cannot add to {}: another process has held it for {} s; see who with "
                    "lsof, and add the run again",
                    file.string(), longest_wait.count())};
  }
  const auto there = read_file(file);
  if (!there) return there.error();
  if (holds(*there, run.id)) return Added::already_there;
  // After a torn line, left by a machine that went down, the new one begins on a line of its own.
  const bool torn = !there->empty() && there->back() != '\n';
  const auto line = to_json(run).dump(-1, ' ', false, json::error_handler_t::replace);
  if (const int failure = locked.append((torn ? "\n" : "") + line + "\n"); failure != 0) {
    return cannot_add(file, failure);
  }
  return Added::added;
}

Result<History> read_history(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return text.error();
  History history{file, {}, {}};
  const auto lines = lines_of(*text);
  std::set<std::string> known;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const auto line = json::parse(lines[i], nullptr, false);
    const auto note = [&](const char* what) {
      history.notes.push_back(fmt::format("{}:{}: {}: left out", file.string(), i + 1, what));
    };
    if (!line.is_object()) {
      note(i + 1 == lines.size() ? "the last line is torn" : "the line is damaged");
      continue;
    }
    if (line.value("schema", json()) != history_schema) {
      note("no line of a history");
      continue;
    }
    if (const auto version = line.value("schema_version", json());
        version.is_number() && version > history_version) {
      return Error{
          fmt::format("{}:{}: version {} is later than this program's, {}: use a newer one",
                      file.string(), i + 1, version.dump(), history_version)};
    }
    try {
      auto run = run_of(line);
      if (known.insert(run.id).second) history.runs.push_back(std::move(run));
    } catch (const json::exception&) {
      note("the line is damaged");
    }
  }
  std::stable_sort(history.runs.begin(), history.runs.end(),
                   [](const auto& a, const auto& b) { return a.started < b.started; });
  return history;
}

Result<fs::path> find_history(const fs::path& root, const std::string& wanted) {
  std::vector<std::string> there;
  std::error_code code;
  for (fs::directory_iterator it(root, code), end; it != end; it.increment(code)) {
    if (it->path().extension() == ".jsonl") there.push_back(it->path().stem().string());
  }
  std::sort(there.begin(), there.end());
  const auto has = [&](const std::string& name) {
    return std::find(there.begin(), there.end(), name) != there.end();
  };
  if (there.empty()) {
    return Error{fmt::format("no history in {}; add a run: dyno history add results/runs/latest",
                             root.string())};
  }
  if (!wanted.empty()) {
    if (has(wanted)) return history_file(root, wanted);
    return Error{fmt::format("no history of {} in {}; there is {}", wanted, root.string(),
                             fmt::join(there, ", "))};
  }
  if (const auto own = fingerprint(current_environment()); has(own)) {
    return history_file(root, own);
  }
  if (there.size() == 1) return history_file(root, there.front());
  return Error{
      fmt::format("no history of this machine and build in {}; choose with --fingerprint: {}",
                  root.string(), fmt::join(there, ", "))};
}

}  // namespace dyno::history
