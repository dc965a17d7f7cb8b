#!/usr/bin/env python3
"""Measures BM25 over texts: scores compared with a brute force, and the time of a query compared with bm25s,
tantivy and Lucene.

    VENV/bin/python Benchmarks/text.py SPARSESTORE TEXTS [--queries FILE] [--qrels FILE] [--changes 10000]
        [--lucene JAR] [--real-time] [--json FILE]

TEXTS is JSON Lines, {"id", "content"}, plain or zstd. Queries are JSON Lines, {"id", "content"}; without them, 300 short
passages of the texts are the queries. VENV has numpy, zstandard, bm25s and tantivy; JAR is that of lucene-core (Debian:
liblucene8-java) and needs Java 11. All engines get the same tokens, those of `sparsestore encode`, and use k1 = 0.9, b = 0.4
where they can (tantivy has 1.2 and 0.75). One thread each, alternating rounds. The times of bm25s and tantivy include a call from
Python; those of Lucene and of ours do not.
"""

import argparse
import io
import json
import math
import os
import random
import statistics
import subprocess
import tempfile
import time

K1, B = 0.9, 0.4
LIMIT = 10
ROUNDS = 3


def lines(path: str):
    if path.endswith(".zst"):
        import zstandard

        return io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(open(path, "rb")), encoding="utf-8")
    return open(path, encoding="utf-8")


def texts(path: str) -> dict[str, str]:
    return {str(row["id"]): " ".join(row["content"].split()) for row in map(json.loads, lines(path))}


def short_passages(documents: dict[str, str], count: int) -> dict[str, str]:
    chance, names, found = random.Random(3), list(documents), {}
    while len(found) < count:
        words = documents[chance.choice(names)].split()
        begin = chance.randint(0, max(0, len(words) - 8))
        found[str(len(found))] = " ".join(words[begin : begin + chance.randint(2, 8)])
    return found


class Store:
    """Our store, and the commands that fill and search it."""

    def __init__(self, tool: str, folder: str):
        self.tool, self.folder, self.path, self.prefix = tool, folder, os.path.join(folder, "texts.sparse"), []

    def run(self, *words: str, text: str | None = None) -> str:
        return subprocess.run(
            [*self.prefix, self.tool, *words], input=text, capture_output=True, text=True, check=True).stdout

    def tokens(self, all: list[str]) -> list[dict[str, float]]:
        output = self.run("encode", "--encoder", "bm25:english", text="".join(line + "\n" for line in all))
        return [json.loads(line) for line in output.split("\n")[:-1]]

    def load(self, rows, *options: str) -> dict:
        file = os.path.join(self.folder, "rows.jsonl")
        with open(file, "w") as output:
            output.writelines(json.dumps({"id": name, "content": text}) + "\n" for name, text in rows)
        return json.loads(
            self.run("load", self.path, file, "--text", "content", "--encoder", "bm25:english", "--json", *options))

    def ask(self, queries: str, *options: str) -> dict:
        return json.loads(self.run("eval", self.path, "--queries", queries, "--recall", "exact", "--json", *options))

    def ranking(self, queries: str) -> dict[str, list[tuple[str, float]]]:
        run = os.path.join(self.folder, "run.trec")
        self.ask(queries, "--run", run, "--limit", "100")
        found: dict[str, list[tuple[str, float]]] = {}
        for line in open(run):
            query, _, document, _, score, _ = line.split()
            found.setdefault(query, []).append((document, float(score)))
        os.remove(run)
        return found


def brute_force(vectors: dict[str, dict[str, float]], queries: dict[str, dict[str, float]]):
    """Returns, for each query, the score of each document that has one of its terms."""
    lengths = {name: sum(vector.values()) for name, vector in vectors.items()}
    average = sum(lengths.values()) / len(lengths)
    postings: dict[str, list[tuple[str, float]]] = {}
    for name, vector in vectors.items():
        for term, count in vector.items():
            postings.setdefault(term, []).append((name, count))
    for query, terms in queries.items():
        scores: dict[str, float] = {}
        for term, weight in terms.items():
            found = postings.get(term, [])
            idf = math.log(1 + (len(vectors) - len(found) + 0.5) / (len(found) + 0.5))
            for name, count in found:
                share = count * (K1 + 1) / (count + K1 * (1 - B + B * lengths[name] / average))
                scores[name] = scores.get(name, 0) + weight * idf * share
        yield query, scores


def compare(store: Store, file: str, vectors, queries) -> dict:
    """Compares our best 100 with the brute force. Returns the largest difference of a score, at a rank or of a
    document."""
    found, worst, hits, unequal = store.ranking(file), 0.0, 0, 0
    for query, scores in brute_force(vectors, queries):
        best = sorted(scores.values(), reverse=True)[:100]
        ours = found.get(query, [])
        unequal += len(ours) != len(best)
        for (document, score), expected in zip(ours, best):
            worst = max(worst, abs(score - expected), abs(score - scores.get(document, 0)))
        hits += len(ours)
    return {"queries": len(queries), "hits": hits, "answers of another length": unequal, "largest difference": worst}


class InPython:
    """An engine that is called from Python: `ask` returns the numbers of the documents that a query finds."""

    def __init__(self, ask, names: list[str], count: int):
        self.ask, self.names, self.count, self.process = ask, names, count, os.getpid()

    def times(self) -> list[float]:
        taken = []
        for position in range(self.count):
            began = time.perf_counter()
            self.ask(position)
            taken.append((time.perf_counter() - began) * 1e6)
        return taken

    def answers(self) -> list[list[str]]:
        return [[self.names[number] for number in self.ask(position)] for position in range(self.count)]


def bm25s_engine(vectors, queries):
    import bm25s

    names = {term: number for number, term in enumerate(sorted({term for vector in vectors.values() for term in vector}))}
    corpus = bm25s.tokenization.Tokenized(
        ids=[[names[term] for term, count in vector.items() for _ in range(int(count))] for vector in vectors.values()],
        vocab=names)
    engine = bm25s.BM25(method="lucene", k1=K1, b=B)
    engine.index(corpus, show_progress=False)
    asked = [[term for term, count in terms.items() for _ in range(int(count)) if term in names] for terms in queries]

    def ask(position: int):
        if not asked[position]:
            return []
        return engine.retrieve([asked[position]], k=LIMIT, show_progress=False, n_threads=0).documents[0]

    return InPython(ask, list(vectors), len(asked))


def tantivy_engine(vectors, queries):
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("number", fast=True)
    builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
    index = tantivy.Index(builder.build())
    names = {}

    def word(term: str) -> str:  # makes any token a single word
        return names.setdefault(term, f"t{len(names)}")

    writer = index.writer(num_threads=1)
    for number, vector in enumerate(vectors.values()):
        writer.add_document(tantivy.Document(
            number=number, body=" ".join(word(term) for term, count in vector.items() for _ in range(int(count)))))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    parsed = [index.parse_query(" ".join(map(word, terms)) or "nothing", ["body"]) for terms in queries]

    def ask(position: int):
        return [address for _, address in searcher.search(parsed[position], LIMIT, count=False).hits]

    engine = InPython(ask, list(vectors), len(parsed))
    engine.answers = lambda: [
        [engine.names[number] for number in searcher.fast_field_values("number", ask(position))]
        for position in range(len(parsed))]
    return engine


class Lucene:
    """Lucene in a process of its own, whose clock measures it. Its compiler gets 20 seconds of queries first."""

    def __init__(self, jar: str, vectors, queries):
        self.folder = tempfile.TemporaryDirectory()
        self.java = subprocess.Popen(
            ["java", "-cp", jar, os.path.join(os.path.dirname(__file__), "LuceneBM25.java"), self.folder.name, str(K1),
             str(B), str(LIMIT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        self.process, self.count = self.java.pid, len(queries)
        for rows in (vectors.items(), enumerate(queries)):
            for name, vector in rows:
                tokens = (term for term, count in vector.items() for _ in range(int(count)))
                self.java.stdin.write("\t".join([str(name), *tokens]) + "\n")
            self.java.stdin.write("\n")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            self.times()

    def command(self, word: str, lines: int) -> list[str]:
        self.java.stdin.write(word + "\n")
        self.java.stdin.flush()
        return [self.java.stdout.readline().rstrip("\n") for _ in range(lines)]

    def times(self) -> list[float]:
        return [float(one) for one in self.command("times", 1)[0].split()]

    def answers(self) -> list[list[str]]:
        return [line.split("\t") if line else [] for line in self.command("answers", self.count)]

    def close(self):
        self.java.stdin.close()
        self.java.wait()


def prioritize(process: int, on: bool) -> None:
    """Gives all threads of a process real-time priority on core 1, or takes it away."""
    policy, cores = (["-f", "-p", "10"], "1") if on else (["-o", "-p", "0"], f"0-{os.cpu_count() - 1}")
    subprocess.run(["taskset", "-a", "-c", "-p", cores, str(process)], check=True, capture_output=True)
    subprocess.run(["chrt", "-a", *policy, str(process)], check=True, capture_output=True)


def ndcg(answers: dict[str, list[str]], qrels: str) -> float:
    """nDCG@10 of the queries that have judgments."""
    judged: dict[str, dict[str, int]] = {}
    for query, *_, document, grade in (line.split() for line in open(qrels) if line.strip()):
        judged.setdefault(query, {})[document] = int(grade)
    values = []
    for query, grades in judged.items():
        if query not in answers:
            continue
        ideal = sum(grade / math.log2(rank + 2) for rank, grade in enumerate(sorted(grades.values(), reverse=True)[:10]))
        gained = sum(
            grades.get(document, 0) / math.log2(rank + 2) for rank, document in enumerate(answers[query][:10]))
        values.append(gained / ideal if ideal else 0)
    return statistics.mean(values)


def summary(taken: list[float]) -> dict:
    ordered = sorted(taken)
    return {
        "mean us": round(statistics.mean(taken), 1), "p50": round(ordered[len(ordered) // 2], 1),
        "p99": round(ordered[int(len(ordered) * 0.99)], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tool")
    parser.add_argument("texts")
    parser.add_argument("--queries")
    parser.add_argument("--qrels")
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--lucene", help="the class path of Lucene, to measure it as well")
    parser.add_argument("--real-time", action="store_true", help="time with real-time priority on core 1; needs root")
    parser.add_argument("--json")
    options = parser.parse_args()
    documents = texts(options.texts)
    questions = texts(options.queries) if options.queries else short_passages(documents, 300)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(options.tool, folder)
        file = os.path.join(folder, "queries.tsv")
        with open(file, "w") as output:
            output.writelines(f"{name}\t{text}\n" for name, text in questions.items())
        loaded = store.load(documents.items())
        vectors = {name: vector for name, vector in zip(documents, store.tokens(list(documents.values()))) if vector}
        queries = dict(zip(questions, store.tokens(list(questions.values()))))
        result = {
            "documents": len(vectors), "documents a second": loaded["documents_per_second"],
            "fresh": compare(store, file, vectors, queries)}
        if options.qrels:
            result["ndcg"] = store.ask(file, "--qrels", options.qrels)["ndcg"]
        asked = list(queries.values())
        engines = {"bm25s": bm25s_engine(vectors, asked), "tantivy": tantivy_engine(vectors, asked)}
        if options.lucene:
            engines["Lucene"] = Lucene(options.lucene, vectors, asked)
        if options.qrels:
            result["ndcg of others"] = {
                name: round(ndcg(dict(zip(queries, engine.answers())), options.qrels), 4)
                for name, engine in engines.items()}
        rounds: dict[str, list] = {name: [] for name in ["SparseStore", *engines]}
        store.prefix = ["chrt", "-f", "10", "taskset", "-c", "1"] if options.real_time else []
        for _ in range(ROUNDS):
            ours = store.ask(file, "--limit", str(LIMIT), "--warmup")
            rounds["SparseStore"].append({"mean us": ours["mean_us"], "p50": ours["p50_us"], "p99": ours["p99_us"]})
            for name, engine in engines.items():
                if options.real_time:
                    prioritize(engine.process, True)
                rounds[name].append(summary(engine.times()))
                if options.real_time:
                    prioritize(engine.process, False)
        store.prefix = []
        if options.lucene:
            engines["Lucene"].close()
        result["latency"] = {
            name: {key: round(statistics.median(one[key] for one in all), 1) for key in all[0]}
            for name, all in rounds.items()}
        chance, done, names = random.Random(9), 0, list(documents)
        while done < options.changes:
            changed = [(chance.choice(names), documents[chance.choice(names)]) for _ in range(1_500)]
            store.load(changed, "--no-build", "--batch", "300")
            for (name, _), vector in zip(changed, store.tokens([text for _, text in changed])):
                if vector:
                    vectors[name] = vector
            removed = chance.sample(sorted(vectors), min(500, len(vectors) // 4))
            store.run("remove", store.path, *removed)
            for name in removed:
                del vectors[name]
            done += len(changed) + len(removed)
        result[f"after {done} changes"] = compare(store, file, vectors, queries)
        store.run("build", store.path)
        result["after a build"] = compare(store, file, vectors, queries)
        store.run("verify", store.path, "--deep")
    text = json.dumps(result, indent=1)
    print(text)
    if options.json:
        with open(options.json, "w") as output:
            output.write(text + "\n")


main()
