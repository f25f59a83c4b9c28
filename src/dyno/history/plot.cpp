#include "dyno/history/plot.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/history/rank_test.h"
#include "dyno/record/figures.h"

namespace dyno::history {

namespace {

constexpr double width = 960;
constexpr double panel_height = 250;
constexpr double left = 78;
constexpr double right = 22;
constexpr double top = 62;  // title, and two rows of the labels of changes
constexpr double bottom = 34;
constexpr double label_width = 150;
constexpr double outside = 5;  // deviations from the nearest level at which a value is far outside
constexpr std::size_t many_points = 1500;

constexpr const char* worse_colour = "#b3261e";
constexpr const char* better_colour = "#1b6e3c";
constexpr const char* other_colour = "#5b5b66";

std::string in_xml(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '&') {
      result += "&amp;";
    } else if (c == '"') {
      result += "&quot;";
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      result += c;
    }
  }
  return result;
}

struct Level {
  std::size_t from = 0;
  std::size_t to = 0;
  double value = 0;
};

std::vector<Level> levels_of(const Panel& panel) {
  std::vector<Level> levels;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= panel.changes.size(); ++i) {
    const auto to = i < panel.changes.size() ? panel.changes[i].at : panel.values.size();
    std::vector<double> there;
    for (auto j = from; j < to; ++j) {
      if (std::isfinite(panel.values[j])) there.push_back(panel.values[j]);
    }
    if (!there.empty()) levels.push_back({from, to, median(there)});
    from = to;
  }
  return levels;
}

struct Range {
  double low = 0;
  double high = 1;
};

// What all but the values far outside fit into, with some room.
Range range_of(const Panel& panel, const std::vector<Level>& levels) {
  std::vector<double> off;
  for (const auto& level : levels) {
    for (auto i = level.from; i < level.to; ++i) {
      if (std::isfinite(panel.values[i])) off.push_back(std::abs(panel.values[i] - level.value));
    }
  }
  const auto limit = off.empty() ? 0 : outside * deviation_of_mad * median(off);
  Range range{INFINITY, -INFINITY};
  for (const auto& level : levels) {
    for (auto i = level.from; i < level.to; ++i) {
      const auto value = panel.values[i];
      if (!std::isfinite(value) || std::abs(value - level.value) > limit) continue;
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
    range.low = std::min(range.low, level.value);
    range.high = std::max(range.high, level.value);
  }
  if (!(range.low <= range.high)) return {0, 1};
  const auto room = std::max({(range.high - range.low) * 0.08, std::abs(range.high) * 0.01, 1e-12});
  return {range.low - room, range.high + room};
}

// 1, 2 or 5 times a power of ten, so that there are four to eight of them.
double tick_step(const Range& range) {
  const auto raw = (range.high - range.low) / 5;
  const auto power = std::pow(10, std::floor(std::log10(raw)));
  for (const auto factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) return factor * power;
  }
  return 10 * power;
}

class Drawing {
 public:
  Drawing(const Panel& panel, double offset)
      : panel_(panel),
        offset_(offset),
        levels_(levels_of(panel)),
        range_(range_of(panel, levels_)) {}

  std::string text() {
    axes();
    points();
    levels();
    changes();
    return std::move(svg_);
  }

 private:
  double x(double place) const {
    const auto last = std::max<double>(1, static_cast<double>(panel_.values.size()) - 1);
    return left + 6 + (width - left - right - 12) * place / last;
  }
  double y(double value) const {
    const auto share = (value - range_.low) / (range_.high - range_.low);
    return bottom_line() - (panel_height - top - bottom) * std::clamp(share, 0.0, 1.0);
  }
  double top_line() const { return offset_ + top; }
  double bottom_line() const { return offset_ + panel_height - bottom; }

  std::string label(std::size_t i) const {
    return i < panel_.labels.size() ? panel_.labels[i].substr(0, 12) : std::to_string(i);
  }

  void line(double x1, double y1, double x2, double y2, const std::string& style) {
    svg_ += fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" {}/>)"
                        "\n",
                        x1, y1, x2, y2, style);
  }

  void write(double at_x, double at_y, const std::string& words, const std::string& style) {
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", at_x, at_y, style,
                        in_xml(words));
  }

  void axes() {
    write(left, offset_ + 20, panel_.title, R"(font-size="14" font-weight="bold")");
    const auto step = tick_step(range_);
    for (auto value = std::ceil(range_.low / step) * step; value <= range_.high; value += step) {
      line(left, y(value), width - right, y(value), R"(stroke="#e3e3e8")");
      const auto shown = std::abs(value) < step / 1000 ? 0 : value;
      write(left - 6, y(value) + 4, record::value_to_string(shown, panel_.unit),
            R"(text-anchor="end" fill="#44444c")");
    }
    const auto count = panel_.values.size();
    const auto shown = std::min<std::size_t>(count, 7);
    for (std::size_t i = 0; i < shown; ++i) {
      const auto place = shown == 1 ? 0 : i * (count - 1) / (shown - 1);
      line(x(static_cast<double>(place)), bottom_line(), x(static_cast<double>(place)),
           bottom_line() + 4, R"(stroke="#88888f")");
      const auto* anchor = i + 1 == shown && shown > 1 ? "end" : i == 0 ? "start" : "middle";
      write(x(static_cast<double>(place)), bottom_line() + 17, label(place),
            fmt::format(R"(text-anchor="{}" fill="#44444c")", anchor));
    }
    line(left, bottom_line(), width - right, bottom_line(), R"(stroke="#88888f")");
  }

  void points() {
    const auto radius = panel_.values.size() > many_points ? 1.0 : 2.2;
    svg_ += "<g fill=\"#3d6fb4\" fill-opacity=\"0.55\">\n";
    for (std::size_t i = 0; i < panel_.values.size(); ++i) {
      const auto value = panel_.values[i];
      if (!std::isfinite(value)) continue;
      const auto at = x(static_cast<double>(i));
      const auto name = fmt::format("<title>{}: {}</title>", in_xml(label(i)),
                                    in_xml(record::value_to_string(value, panel_.unit)));
      if (value >= range_.low && value <= range_.high) {
        svg_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\">{}</circle>\n", at,
                            y(value), radius, name);
        continue;
      }
      const auto edge = y(value);
      const auto tip = value > range_.high ? -6 : 6;
      svg_ += fmt::format(
          "<path d=\"M{:.1f} {:.1f}l4 {}h-8z\" fill=\"#c77700\" fill-opacity=\"1\">{}</path>\n", at,
          edge + tip / 2.0, -tip, name);
    }
    svg_ += "</g>\n";
  }

  void levels() {
    for (const auto& level : levels_) {
      const auto to = std::min(level.to, panel_.values.size() - 1);
      line(x(static_cast<double>(level.from) - 0.4), y(level.value), x(static_cast<double>(to)),
           y(level.value), R"(stroke="#1c1c22" stroke-width="2")");
    }
  }

  void changes() {
    double row_end[2] = {-1e9, -1e9};  // where the last label of each row ends
    for (const auto& change : panel_.changes) {
      const bool up = change.after > change.before;
      const auto* colour = panel_.sense == Sense::neither                   ? other_colour
                           : up == (panel_.sense == Sense::lower_is_better) ? worse_colour
                                                                            : better_colour;
      const auto at = x(static_cast<double>(change.at) - 0.5);
      line(at, top_line() - 4, at, bottom_line(),
           fmt::format(R"(stroke="{}" stroke-width="1.5" stroke-dasharray="5 3")", colour));
      const auto from = std::min(at, width - right - label_width);
      const auto row = from >= row_end[0] ? 0 : from >= row_end[1] ? 1 : 2;
      if (row == 2) continue;  // the line alone: its label would lie on another
      row_end[row] = from + label_width;
      const auto size = change.change ? fmt::format("{:+.1f} %", *change.change * 100) : "";
      write(from, top_line() - 8 - 14 * row,
            fmt::format("{} {} at {}", up ? "▲" : "▼", size, label(change.at)),
            fmt::format(R"(fill="{}" font-weight="bold")", colour));
    }
  }

  const Panel& panel_;
  double offset_;
  std::vector<Level> levels_;
  Range range_;
  std::string svg_;
};

}  // namespace

std::string svg_of(const std::vector<Panel>& panels) {
  const auto height = panel_height * static_cast<double>(panels.size()) + 10;
  auto svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}")"
      " font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"11\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      width, height);
  double offset = 0;
  for (const auto& panel : panels) {
    svg += Drawing(panel, offset).text();
    offset += panel_height;
  }
  return svg + "</svg>\n";
}

}  // namespace dyno::history
