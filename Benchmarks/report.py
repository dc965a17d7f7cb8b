"""Writes the results of compare.py as Markdown."""

from engines import ASKED, Ours
from sweeps import TARGETS, WITHIN


def fastest_peer(rows):
    return min(
        (row for row in rows if row["setting"] is not None and row["engine"] != Ours.name),
        key=lambda row: row["mean_us"], default=None)


def table(rows) -> list[str]:
    """Returns the lines of the table of one set and k."""
    lines = [
        "| recall at least | engine | setting | reached | mean us | p50 | p99 | mean, p99 over the fastest peer's "
        f"| over the fastest within {WITHIN} x our bytes | documents scored | postings |", "|---|" + "---|" * 10]
    for target in TARGETS:
        group = [row for row in rows if row["target"] == target]
        fastest, small = fastest_peer(group), fastest_peer([row for row in group if row.get("within")])
        for row in group:
            label = target if target == "exact" else f"{target:.2f}"
            if row["setting"] is None:
                lines.append(f"| {label} | {row['engine']} | not reached |" + " - |" * 8)
                continue

            def over(other) -> str:
                return ", ".join(f"{row[field] / other[field]:.2f}" for field in ("mean_us", "p99_us")) if other else "-"

            second = over(small) if small is not fastest else "the same"
            size = "" if row["within"] else f" ({row['bytes'] / 1e6:,.0f} MB)"
            scored = f"{row['documents_scored']:.0f}" if "documents_scored" in row else "-"
            postings = f"{row['postings']:,.0f}" if "postings" in row else "-"
            lines.append(
                f"| {label} | {row['engine']} | {row['setting']}{size} | {row['recall']:.4f} | {row['mean_us']:.0f} "
                f"| {row['p50_us']:.0f} | {row['p99_us']:.0f} | {over(fastest)} | {second} | {scored} | {postings} |")
    return lines


def markdown(result: dict) -> str:
    limits = result["limits"]
    lines = [
        f"{result['documents']} documents, {result['nonzeros'] / result['documents']:.0f} non-zeros each. "
        f"{result['rounds']} rounds; load average {result['load'][0]:.1f} at the beginning and {result['load'][1]:.1f} "
        "at the end of the run (the run itself is 1).", "",
        "| engine | version | built with | build CPU s | bytes on disk | bytes a document |", "|---|---|---|---|---|---|"]
    for row in result["engines"]:
        lines.append(
            f"| {row['engine']} | {row['version']} | {row['build']} | {row['cpu_seconds']:.1f} | {row['bytes']:,} "
            f"| {row['bytes'] / result['documents']:.0f} |")
    for name, files in result["sets"].items():
        for k in limits:
            rows = [row for row in result["rows"] if row["set"] == name and row["k"] == k]
            if rows:
                lines += ["", f"**{name}**: {files['count']} queries of {files['terms']:.0f} terms, k = {k}", ""]
                lines += table(rows)
    floors = ", ".join(f"{row['engine']} {row['mean_us']:.1f} us" for row in result["floors"])
    lines += ["", f"A call through Python with almost no work (one rare term) takes: {floors}."]
    lines += ["", "**Requested and reached recall**, on queries that the tuner has not seen.", "",
              "| requested | " + " | ".join(f"{name}, k = {k}" for name in result["sets"] for k in limits) + " |",
              "|---|" + "---|" * (len(result["sets"]) * len(limits))]
    for asked in ASKED:
        cells = []
        for name in result["sets"]:
            for k in limits:
                points = result["points"].get(f"{name}/{k}", {}).get(Ours.name, [])
                point = next((point for point in points if point["setting"]["recall"] == asked), None)
                cells.append(f"{point['recall']:.4f}" if point else "-")
        lines.append(f"| {asked} | " + " | ".join(cells) + " |")
    if any(result["ladder"].values()):
        lines += ["", "**The ladder**: what `tune` measured for each effort, on the queries it was given.", "",
                  "| queries | k | effort | recall | mean us | documents scored |", "|---|---|---|---|---|---|"]
        for name, points in result["ladder"].items():
            lines += [
                f"| {name} | {point['limit']} | {point['effort']} | {point['recall']:.4f} | {point['mean_us']:,.0f} "
                f"| {point['documents_scored']:.0f} |" for point in points]
    if result["cold"]:
        lines += ["", "**Time to the first answer**, k = 10 at 0.95: medians of "
                  f"{result['cold_rounds']} fresh processes.", "",
                  "| engine | page cache | first answer ms | p50 of the next 100 us | share of the file that stayed cached |",
                  "|---|---|---|---|---|"]
        for row in result["cold"]:
            first = row.get("process_ms", row.get("first_ms"))
            stayed = f"{row['stayed'] * 100:.1f} %" if "stayed" in row else "all"
            lines.append(f"| {row['engine']} | {'dropped' if row['evicted'] else 'warm'} | {first:.1f} "
                         f"| {row['next_p50_us']:.0f} | {stayed} |")
        lines += ["", "SparseStore is measured from the start of the process to its end, including reading the query file; its "
                  "p50 includes the first query. The peers are measured from opening the index in a running process, "
                  "without starting Python and importing the library, or Java."]
    return "\n".join(lines) + "\n"
