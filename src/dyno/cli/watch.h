// What `dyno run` does while a run goes on: shows where it stands, ends it when a threshold that
// may end it is crossed, says when the engine itself is what is slow, and keeps what Locust's files
// tell second by second. Of the thread that called run().
#pragma once

#include <fstream>
#include <optional>
#include <string>

#include "dyno/cli/judged.h"
#include "dyno/harness/breach_watch.h"
#include "dyno/load/engine.h"
#include "dyno/record/run_record.h"
#include "dyno/report/locust_history.h"

namespace dyno::cli {

enum class Show {
  line,    // one line: rewritten on a terminal, every ten seconds in a log
  tables,  // Locust's: all endpoints every two seconds
  nothing,
};

class RunWatch {
 public:
  // `stop` is asked to end the run; both must outlive this.
  RunWatch(const Judged& judged, load::StopRequest& stop, Show show, std::uint32_t threads);

  // Writes PREFIX_stats_history.csv while the run goes on; `full`: with a row for each endpoint.
  // Before start(). Fails when the file cannot be written.
  Result<void> write_history(const std::string& prefix, bool full);

  void start(const record::RunRecord& as_known);
  void add(const harness::Readings& readings) { breaches_.add(readings); }
  void progress(const load::Progress& progress);

  // Whether a threshold has ended the run.
  bool aborted() const { return !reason_.empty(); }

  const report::LocustHistory& history() const { return *history_; }

 private:
  void look_for_breaches(const load::Progress& progress);
  void look_at_engine(const load::Progress& progress);
  void show_line(const load::Progress& progress) const;
  void show_table(const load::Progress& progress);

  load::StopRequest& stop_;
  const Show show_;
  const std::uint32_t threads_;
  bool full_history_ = false;
  std::ofstream history_file_;
  harness::BreachWatch breaches_;
  std::string reason_;
  std::optional<report::LocustHistory> history_;
  Duration shown_{};
  double cpu_ = 0;  // seconds of this process so far
  Duration seen_{};
  int busy_ = 0;  // intervals in a row
  bool warned_ = false;
};

}  // namespace dyno::cli
