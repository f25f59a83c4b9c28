"""Tables of what was measured. Ratios are taken within each round, then their median, so that a drift of the machine
does not pass for a difference between tools. On a virtual machine the host moves the CPUs near each other and apart, and
a request then costs half as much again whatever sent it: seconds are compared in which the CPUs stood the same."""
import statistics

COLUMNS = ("requests/s", "CPU s per million", "near", "far", "with the target's", "× floor (least to most)", "× wrk", "peak MB", "p50 ms", "p99 ms", "p99.9 ms", "errors")


def figure(value):
    if value is None:
        return "–"
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 100 else f"{value:.3g}"


def median(rows, key):
    values = [row[key] for row in rows if row.get(key) is not None]
    return statistics.median(values) if values else None


def ratios(rows, base, keys=("near_per_million", "far_per_million")):
    """Of each round in which both are, by the first of `keys` that both have."""
    of_round = {row["round"]: row for row in base}
    result = []
    for row in rows:
        other = of_round.get(row["round"], {})
        key = next((key for key in keys if row.get(key) and other.get(key)), None)
        if key:
            result.append(row[key] / other[key])
    return result


def spread(values):
    if not values:
        return "–"
    middle = f"{statistics.median(values):.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f} to {max(values):.2f})"


def table(head, rows):
    return ["| " + " | ".join(map(str, cells)) + " |" for cells in (head, ["---"] * len(head), *rows)]


def of_tool(rows, name):
    return [row for row in rows if row["tool"] == name]


def point_table(rows, names):
    floor, wrk = of_tool(rows, "floor"), of_tool(rows, "wrk")
    lines = []
    for name in names:
        mine = of_tool(rows, name)
        if mine:
            lines.append([name, figure(median(mine, "rps")), figure(median(mine, "cpu_per_million")), figure(median(mine, "near_per_million")),
                          figure(median(mine, "far_per_million")),
                          figure(median(mine, "both_per_million")), spread(ratios(mine, floor)),
                          spread(ratios(mine, wrk)), figure(median(mine, "peak_mb")),
                          *(figure(median(mine, key)) for key in ("p50", "p99", "p999", "errors"))])
    return table(("tool", *COLUMNS), lines)


def markdown(points, rows, left_out, machine_line, command):
    lines = ["# Load generators beside each other", "",
             f"`{command}` on {machine_line}. Medians over the rounds; CPU is the generator's whole process tree's; "
             "*near* and *far* are the cheapest quarter of the seconds of a run in which the CPUs were so; ratios are of these.", ""]
    for point in points:
        mine = [row for row in rows if (row["section"], row["users"]) == (point.section, point.users)]
        lines += [f"## {point.label()}", ""]
        if mine:
            lines += point_table(mine, point.tools)
            disturbed = sum(1 for row in mine if row["disturbed"])
            lines += ["", f"{len({row['round'] for row in mine})} rounds, {len(mine)} runs; in {disturbed} others used the machine."]
        for name, reason in left_out.get(point, {}).items():
            lines.append(f"{name} was left out: {reason}.")
        lines.append("")
    return "\n".join(lines)
