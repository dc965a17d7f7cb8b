"""Computes exact answers by brute force with numpy, and splits the queries of a comparison. For compare.py."""

import os
import sys

import numpy as np

from collection import CSR, TOLERANCE, Truth

CHUNK = 1 << 25  # nonzeros of a chunk of documents; a chunk needs about a gigabyte


def chunks(documents: CSR):
    """Yields the first row of each chunk of documents, and the row after its last."""
    first = 0
    while first < documents.rows:
        after = int(np.searchsorted(documents.pointers, documents.pointers[first] + CHUNK, "right")) - 1
        after = min(max(after, first + 1), documents.rows)
        yield first, after
        first = after


def by_term(documents: CSR, first: int, after: int):
    """Returns the rows and weights of a chunk, sorted by term, and the position of each term's first."""
    span = slice(documents.pointers[first], documents.pointers[after])
    narrow = np.uint16 if documents.columns <= 1 << 16 else np.int32  # numpy sorts 16 bits by radix
    terms = documents.terms[span].astype(narrow)
    order = np.argsort(terms, kind="stable")
    lengths = np.diff(documents.pointers[first:after + 1])
    rows = np.repeat(np.arange(after - first, dtype=np.int32), lengths)[order]
    starts = np.zeros(documents.columns + 1, np.int64)
    np.cumsum(np.bincount(terms, minlength=documents.columns), out=starts[1:])
    return rows, documents.weights[span][order], starts


def exact(documents: CSR, queries: CSR, depth: int):
    """Returns the rows and scores of the `depth` best documents of each query. The lower row wins a tie. Places
    without a document that scores above zero have a score of zero."""
    found = [(np.empty(0, np.int64), np.empty(0)) for _ in range(queries.rows)]
    for first, after in chunks(documents):
        rows, weights, starts = by_term(documents, first, after)
        for number in range(queries.rows):
            scores = np.zeros(after - first)
            for term, weight in zip(*queries.row(number)):
                if term < documents.columns:
                    span = slice(starts[term], starts[term + 1])
                    scores[rows[span]] += float(weight) * weights[span]
            kept_rows, kept_scores = found[number]
            least = kept_scores[-1] if len(kept_scores) == depth else 0
            better = np.flatnonzero(scores > least)
            if len(better) > 4 * depth:
                cut = np.partition(scores[better], -depth)[-depth]
                better = better[scores[better] >= cut]
            kept_rows = np.concatenate([kept_rows, better + first])
            kept_scores = np.concatenate([kept_scores, scores[better]])
            order = np.lexsort((kept_rows, -kept_scores))[:depth]
            found[number] = kept_rows[order], kept_scores[order]
    all_rows, all_scores = np.zeros((queries.rows, depth), "<u4"), np.zeros((queries.rows, depth), "<f4")
    for number, (kept_rows, kept_scores) in enumerate(found):
        all_rows[number, :len(kept_rows)], all_scores[number, :len(kept_rows)] = kept_rows, kept_scores
    return all_rows, all_scores


def truth_of(queries: str, given: str, documents: str, base: str, most: int) -> Truth:
    """Returns answers that are deep enough for k = `most`. If the given file is not, they are computed, kept next to
    `base`, and checked against the file."""
    known = Truth(given) if given else None
    if known and known.rows.shape[1] >= most:
        return known
    asked, collection = CSR(queries), CSR(documents, mapped=True)
    # A little deeper than k, so that the documents that tie with the k-th are in it.
    depth = min(most + most // 20 + 10, collection.rows)
    path = f"{base}-truth-{asked.rows}-{depth}"
    if not os.path.exists(path):
        rows, scores = exact(collection, asked, depth)
        with open(path + ".part", "wb") as file:
            np.array([asked.rows, depth], "<u4").tofile(file)
            rows.tofile(file)
            scores.tofile(file)
        os.replace(path + ".part", path)
    deep = Truth(path)
    if known:
        shared = min(depth, known.rows.shape[1])
        difference = np.abs(deep.scores[:len(known.rows), :shared] - known.scores[:, :shared]).max()
        if difference > TOLERANCE:
            sys.exit(f"{given}: its scores differ from those of a brute force by {difference}")
    return deep


def split(given, documents: str, work: str, most: int, limit=None) -> dict:
    """Splits the queries, every fifth for tuning and the others for measuring, and writes the files for the cold
    runs. A set is NAME=QUERIES[,TRUTH]. With a limit, only so many queries are used, spread over the file."""
    sets = {}
    for argument in given:
        name, files = argument.split("=", 1)
        queries, _, truth = files.partition(",")
        base = os.path.join(work, name)
        sets[name] = {part: f"{base}-{part}" for part in ("tuning", "queries", "truth", "one", "hundred")}
        asked, answers = CSR(queries), truth_of(queries, truth, documents, base, most)
        count = min(asked.rows, len(answers.rows))
        used = np.unique(np.linspace(0, count - 1, min(limit or count, count)).astype(int)).tolist()
        measured = [number for place, number in enumerate(used) if place % 5]
        asked.write_rows(used[::5], sets[name]["tuning"])
        asked.write_rows(measured, sets[name]["queries"])
        answers.write_rows(measured, sets[name]["truth"])
        asked.write_rows(measured[:1], sets[name]["one"])
        asked.write_rows(measured[:101], sets[name]["hundred"])
        lengths = [len(asked.row(number)[0]) for number in measured]
        sets[name] |= {"count": len(measured), "terms": sum(lengths) / len(lengths)}
    return sets
