#include "dyno/cli/watch.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/core/text.h"
#include "dyno/report/report.h"

namespace dyno::cli {

namespace {

constexpr Duration table_every = std::chrono::seconds{2};  // as Locust
constexpr double saturated = 0.9;                          // of the engine's cores
constexpr int intervals_to_be_sure = 3;

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

RunWatch::RunWatch(const Judged& judged, load::StopRequest& stop, Show show, std::uint32_t threads)
    : stop_(stop), show_(show), threads_(threads), breaches_(judged.set, judged.delays) {}

Result<void> RunWatch::write_history(const std::string& prefix, bool full) {
  const std::filesystem::path path = prefix + "_stats_history.csv";
  std::error_code ignored;  // opening tells
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  full_history_ = full;
  history_file_.open(path);
  history_file_ << report::LocustHistory::header() << std::flush;
  if (history_file_) return {};
  return Error{fmt::format("cannot write {}; check --csv", path.string())};
}

void RunWatch::start(const record::RunRecord& as_known) {
  breaches_.start(as_known);
  history_.emplace(as_known.started, as_known.windows, full_history_);
  cpu_ = cpu_seconds();
}

void RunWatch::progress(const load::Progress& progress) {
  const auto rows = history_->add(progress.point, progress.interval.cells(), progress.endpoints);
  if (history_file_.is_open()) history_file_ << rows << std::flush;
  if (breaches_.may_end() || show_ == Show::tables) breaches_.gather(progress);
  look_for_breaches(progress);
  look_at_engine(progress);
  if (show_ == Show::line) show_line(progress);
  if (show_ == Show::tables) show_table(progress);
}

void RunWatch::look_for_breaches(const load::Progress& progress) {
  const auto reason = breaches_.breach(progress);
  if (!reason) return;
  reason_ = *reason;
  fmt::print(stderr, "{}ending the run: {}\n",
             show_ == Show::line && is_terminal(STDERR_FILENO) ? "\r\033[K" : "", reason_);
  stop_.request(reason_.c_str());
}

// An engine that is busy all the time measures itself. The validity of the run is judged from the
// record in the end; this is for who is watching.
void RunWatch::look_at_engine(const load::Progress& progress) {
  const double now = cpu_seconds();
  const double seconds = std::chrono::duration<double>(progress.elapsed - seen_).count();
  const double share = seconds > 0.5 ? (now - cpu_) / seconds / threads_ : 0;
  cpu_ = now;
  seen_ = progress.elapsed;
  busy_ = share > saturated ? busy_ + 1 : 0;
  if (busy_ < intervals_to_be_sure || warned_) return;
  warned_ = true;
  fmt::print(stderr,
             "{}warning: the engine is the bottleneck: it uses {:.0f} % of its {} core{}; give it "
             "more (--threads {}) or ask for less load\n",
             show_ == Show::line && is_terminal(STDERR_FILENO) ? "\r\033[K" : "", share * 100,
             threads_, threads_ == 1 ? "" : "s", threads_ + 1);
}

void RunWatch::show_line(const load::Progress& progress) const {
  const bool live = is_terminal(STDERR_FILENO);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.elapsed).count();
  if (!live && (seconds == 0 || seconds % 10 != 0)) return;
  const auto length = static_cast<double>(std::max<std::int64_t>(progress.point.length.count(), 1));
  fmt::print(stderr, "{}{:>4} s{}  {} users  {:.0f} requests/s  p50 {}  p95 {}  {} failed{}",
             live ? "\r\033[K" : "", seconds,
             progress.planned > Duration::zero()
                 ? fmt::format(" of {:.0f}", static_cast<double>(progress.planned.count()) / 1e9)
                 : "",
             progress.point.users, static_cast<double>(progress.point.ok) * 1e9 / length,
             to_string(progress.point.p50), to_string(progress.point.p95), progress.failures,
             live ? "" : "\n");
  if (progress.draining && live) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

void RunWatch::show_table(const load::Progress& progress) {
  if (progress.elapsed - shown_ < table_every) return;
  shown_ = progress.elapsed;
  fmt::print(stderr, "{:.0f} s, {} users\n{}\n",
             std::chrono::duration<double>(progress.elapsed).count(), progress.point.users,
             report::console_table(breaches_.so_far()));
  std::fflush(stderr);
}

}  // namespace dyno::cli
