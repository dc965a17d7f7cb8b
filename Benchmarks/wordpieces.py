#!/usr/bin/env python3
"""Measures BM25 over the WordPieces of texts, for collections whose queries are known as WordPieces only.

    VENV/bin/python Benchmarks/wordpieces.py SPARSESTORE VOCABULARY FOLDER [--texts FILE]

FOLDER has queries_idf.csr, whose terms are line numbers of VOCABULARY (the vocab.txt of a BERT model), qrels.tsv, and the texts
as JSON Lines, {"id", "content"}, plain or zstd (texts.jsonl.zst by default). Each term of a query counts once. VENV has numpy,
zstandard and tokenizers. Prints the JSON object of `sparsestore eval`.
"""
import argparse
import io
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import zstandard
from tokenizers import BertWordPieceTokenizer

sys.path.insert(0, str(Path(__file__).parent))
from collection import CSR  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("vocabulary", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--texts", type=Path)
    options = parser.parse_args()
    path = options.texts or options.folder / "texts.jsonl.zst"
    file = open(path, "rb")
    texts = io.TextIOWrapper(
        zstandard.ZstdDecompressor().stream_reader(file) if path.suffix == ".zst" else file, encoding="utf-8")
    pieces = options.vocabulary.read_text(encoding="utf-8").split("\n")
    tokenizer = BertWordPieceTokenizer(str(options.vocabulary), lowercase=True)
    with tempfile.TemporaryDirectory() as place:
        documents, queries, store = (f"{place}/{name}" for name in ("documents.jsonl", "queries.jsonl", "w.sparse"))
        with open(documents, "w", encoding="utf-8") as output:
            for line in texts:
                row = json.loads(line)
                counts = Counter(tokenizer.encode(row["content"], add_special_tokens=False).tokens)
                if counts:
                    output.write(json.dumps({"id": str(row["id"]), "vector": counts}) + "\n")
        asked = CSR(str(options.folder / "queries_idf.csr"))
        with open(queries, "w", encoding="utf-8") as output:
            for row in range(asked.rows):
                terms = asked.terms[asked.pointers[row]:asked.pointers[row + 1]]
                output.write(json.dumps({"id": str(row), "vector": {pieces[term]: 1 for term in terms}}) + "\n")
        # The record of an encoder makes the store score by BM25, whatever its terms are.
        subprocess.run(
            [options.tool, "load", store, documents, "--encoder", "bm25:none", "--quiet", "--json"], check=True,
            stdout=subprocess.DEVNULL)
        subprocess.run(
            [options.tool, "eval", store, "--queries", queries, "--qrels", options.folder / "qrels.tsv", "--recall", "exact",
             "--weighting", "idf", "--json"], check=True)


if __name__ == "__main__":
    main()
