// The figures of a history as series, one value a run, and the table of them by commit.
#pragma once

#include <string>
#include <vector>

#include "dyno/history/store.h"

namespace dyno::history {

// Which way a figure gets worse, as a person who operates the service sees it.
enum class Sense { lower_is_better, higher_is_better, neither };

// By the figure's name: rates, throughput and hits are better high; numbers of users, requests or
// threads are neither; all else is better low.
Sense sense_of(const std::string& figure);

struct FigureSeries {
  std::string subject;
  std::string figure;
  std::string unit;
  std::vector<double> values;  // of Chart::runs, NaN where a run has none
};

struct Chart {
  std::vector<HistoryRun> runs;
  std::vector<FigureSeries> series;
};

// The runs of one form (empty: that of the newest run), and the figures whose "subject figure"
// matches one of the globs (none: all). A value measured under another load or service than the
// newest of its subject is left out: it is not comparable.
Chart chart_of(const History& history, const std::string& form,
               const std::vector<std::string>& globs);

// A column of the table by commit. The subject and the figure are globs; the first series that
// matches is shown.
struct Column {
  std::string label;
  std::string subject;
  std::string figure;
};

// The p95 of every case as a whole, labelled with the case, for a table without columns of its own.
std::vector<Column> default_columns(const Chart& chart);

struct TableOptions {
  std::size_t commits = 20;  // the newest
  double warn = 0.05;        // worse than the commit before by more: ⚠️
  double fail = 0.10;        // by more: ❌
};

// A Markdown table, which is also fit for a console: one row a commit with the medians of its runs,
// each marked where it is worse than that of the commit before. With more than six columns the
// figures are the rows, and the newest six commits the columns. Says below what the marks mean.
std::string table_by_commit(const Chart& chart, const std::vector<Column>& columns,
                            const TableOptions& options);

}  // namespace dyno::history
