"""The run's curve: a line a validation in curve.csv, drawn in curve.png."""

import csv
from pathlib import Path


def append(path: Path, row: dict[str, object]) -> None:
    """One more line of a CSV file whose columns are the keys of its first row."""
    columns = list(row)
    if path.exists():
        with open(path, newline="") as file:
            columns = next(csv.reader(file))
        if set(row) - set(columns):
            rewrite(path, columns := columns + [c for c in row if c not in columns])
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)


def rewrite(path: Path, columns: list[str]) -> None:
    """Gives the file more columns, empty in its old lines (a style or family that came later)."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def draw(source: Path, target: Path) -> None:
    """Exact match over images seen: synthetic styles, development corpora."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with open(source, newline="") as file:
        rows = list(csv.DictReader(file))
    figure, axes = pyplot.subplots(figsize=(8, 5))
    labels = {
        "styles": "synthetic styles",
        "corpus": "corpora",
        "tall": "corpora, 64 rows",
        "whole": "corpora, all images",
    }
    for column, label in labels.items():
        points = [(int(r["images"]) / 1000, float(r[column]) * 100) for r in rows if r.get(column)]
        if points:
            axes.plot(*zip(*points), marker="o" if column == "whole" else None, label=label)
    axes.set(xlabel="thousand images seen", ylabel="exact match, %", ylim=(0, 100))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(target, dpi=100, bbox_inches="tight")
    pyplot.close(figure)
