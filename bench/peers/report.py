"""Tables of what was measured: ratios are taken within each round, then their median, so that a drift of the machine
does not pass for a difference between tools. On a virtual machine the host moves the CPUs near each other and apart,
and a request then costs half as much again whatever sent it: runs are compared where the CPUs stood the same, and one
in whose course they moved counts in no figure."""
import statistics

COLUMNS = ("requests/s", "CPU s per million", "undisturbed", "with the target's", "× floor (least to most)", "× wrk", "peak MB", "p50 ms", "p99 ms", "p99.9 ms", "errors")


def figure(value):
    if value is None:
        return "–"
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 100 else f"{value:.3g}"


def median(rows, key):
    values = [row[key] for row in rows if row.get(key) is not None]
    return statistics.median(values) if values else None


def ratios(rows, base, key="quiet_per_million"):
    """Of each round in which both are, with the CPUs placed the same."""
    of_round = {(row["round"], row["placement"]): row[key] for row in base if row.get(key)}
    return [row[key] / of_round[row["round"], row["placement"]] for row in rows
            if row.get(key) and (row["round"], row["placement"]) in of_round]


def spread(values):
    if not values:
        return "–"
    middle = f"{statistics.median(values):.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f} to {max(values):.2f})"


def table(head, rows):
    return ["| " + " | ".join(map(str, cells)) + " |" for cells in (head, ["---"] * len(head), *rows)]


def of_tool(rows, name):
    return [row for row in rows if row["tool"] == name and not row["apart"]]


def point_table(rows, names):
    floor, wrk = of_tool(rows, "floor"), of_tool(rows, "wrk")
    lines = []
    for name in names:
        mine = of_tool(rows, name)
        if mine:
            lines.append([name, figure(median(mine, "rps")), figure(median(mine, "cpu_per_million")), figure(median(mine, "quiet_per_million")),
                          figure(median(mine, "both_per_million")), spread(ratios(mine, floor)),
                          spread(ratios(mine, wrk)), figure(median(mine, "peak_mb")),
                          *(figure(median(mine, key)) for key in ("p50", "p99", "p999", "errors"))])
    return table(("tool", *COLUMNS), lines)


def markdown(points, rows, left_out, machine_line, command):
    lines = ["# Load generators beside each other", "",
             f"`{command}` on {machine_line}. Medians over the rounds; CPU is the generator's whole process tree's; "
             "*undisturbed* is the cheapest quarter of all stretches of a second in a run, and what the ratios are of.", ""]
    for point in points:
        mine = [row for row in rows if (row["section"], row["users"]) == (point.section, point.users)]
        lines += [f"## {point.label()}", ""]
        if mine:
            lines += point_table(mine, point.tools)
            apart, disturbed = (sum(1 for row in mine if row[key]) for key in ("apart", "disturbed"))
            lines += ["", f"{len({row['round'] for row in mine})} rounds, {len(mine)} runs: in {apart} the host moved the CPUs (left out), in "
                      f"{disturbed} others used the machine."]
        for name, reason in left_out.get(point, {}).items():
            lines.append(f"{name} was left out: {reason}.")
        lines.append("")
    return "\n".join(lines)
