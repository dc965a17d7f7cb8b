#!/usr/bin/env python3
"""Compares the tokens, stems and weights of `sparsestore encode` with those of PyPI tokenizers and PyStemmer.

    VENV/bin/python Benchmarks/text_agreement.py SPARSESTORE VOCABULARY --texts FILE... [--queries FOLDER...]

VOCABULARY is the vocab.txt of a BERT model that ignores case. FILE holds texts as JSON Lines, {"id", "content"}, plain or zstd.
FOLDER has queries.jsonl with one text per line, queries_idf.csr and idf.f32. VENV has numpy, zstandard, tokenizers and PyStemmer.

Prints one line per comparison, and exits with 1 if anything differs:

- the set of WordPieces, without [UNK], of every text and of hard cases: other scripts, emoji, combining and zero-width marks,
  control characters, long words, 1 MiB without a space, and random code points;
- the stem of every word of the texts, in each language that both sides know. The analyzer folds a final sigma before it stems,
  and keeps a word whose stem is empty;
- the terms and weights of every query, against queries_idf.csr.
"""
import argparse
import io
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import Stemmer
import zstandard
from tokenizers import BertWordPieceTokenizer

sys.path.insert(0, str(Path(__file__).parent))
from collection import CSR  # noqa: E402

SCRIPTS = [
    (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x7FF), (0x800, 0x1FFF), (0x2000, 0x2FFF), (0x3000, 0xD7FF),
    (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20, 0x20), (0x61, 0x61)]


def contents(path: Path) -> list[str]:
    with open(path, "rb") as file:
        source = zstandard.ZstdDecompressor().stream_reader(file) if path.suffix == ".zst" else file
        return [json.loads(line)["content"] for line in io.TextIOWrapper(source, encoding="utf-8")]


def hard_cases() -> list[str]:
    generator = random.Random(1)
    cases = [
        "\u6f22\u5b57\u304b\u306a \ud55c\uad6d\uc5b4 \u4e2d\u6587abc", "\U0001F600\U0001F468\u200D\U0001F469 \u2764\uFE0F",
        "e\u0301 a\u0323\u0302 \u212B \u1E9E stra\u00dfe \u0130stanbul", "zero\u200bwidth\u200cnon\u200djoin\ufeffbom\u2060",
        "c\x00o\x01n\x02t\x7fr\x85o\x9fl\tt\rab", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202Ertl\u202C",
        "a" * 99, "a" * 100, "a" * 101, "\u00e9" * 101, "e\u0301" * 101, "x" * (1 << 20), "\u6f22" * 1000,
        "don't $5.00 +1 a_b a-b a\u2014b \u201cq\u201d ~`^<>=|", "\u00a0n\u2003e\u3000i\u2028l\u2029p\u1680o",
        "\ufb01 \u2460 \u00bd \u2167 \u01c4 \u0149", "\u0e20\u0e32\u0e29\u0e32 \u0939\u093f\u0928\u094d\u0926\u0940",
        "\uFFFD\uFFFE\uFFFF \ue000 \U000F0000", "##ing ## a##b", ""]
    for _ in range(3_000):
        spans = [generator.choice(SCRIPTS) for _ in range(generator.randint(1, 30))]
        cases.append("".join(chr(generator.randint(*span)) for span in spans))
    return cases


class Agreement:
    def __init__(self, tool: str):
        self.tool = tool
        self.differing = 0

    def encode(self, encoder: str, lines: list[str]) -> list[dict]:
        text = "".join(line.replace("\n", " ") + "\n" for line in lines)
        done = subprocess.run([self.tool, "encode", "--encoder", encoder], input=text.encode(), stdout=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(f"encode --encoder {encoder} ended with {done.returncode}")
        answers = done.stdout.decode().split("\n")[:-1]
        assert len(answers) == len(lines)
        return [json.loads(answer) for answer in answers]

    def report(self, what: str, pairs: list[tuple[object, object]], shown: list[str]) -> None:
        wrong = [index for index, (found, wanted) in enumerate(pairs) if found != wanted]
        self.differing += len(wrong)
        print(f"{what}: {len(pairs):,} compared, {len(wrong):,} differ", flush=True)
        for index in wrong[:5]:
            print(f"  {shown[index][:60]!r}: {pairs[index][0]!r:.200} instead of {pairs[index][1]!r:.200}")

    def pieces(self, what: str, vocabulary: Path, lines: list[str]) -> None:
        tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        found = self.encode(f"wordpiece:{vocabulary}", lines)
        wanted = [tokenizer.encode(line.replace("\n", " "), add_special_tokens=False).tokens for line in lines]
        self.report(f"WordPieces of {what}", [(set(a), set(b) - {"[UNK]"}) for a, b in zip(found, wanted)], lines)

    def stems(self, words: list[str]) -> None:
        for language in Stemmer.algorithms():
            if subprocess.run(
                    [self.tool, "encode", "--encoder", f"analyzer:{language}"], input=b"", capture_output=True).returncode:
                print(f"stems, {language}: not offered")
                continue
            stemmer = Stemmer.Stemmer(language)
            # A stop word has no term, and a word that the Unicode rules divide has several.
            pairs = [
                (next(iter(found)), stemmer.stemWord(word) or word, word)
                for word, found in zip(words, self.encode(f"analyzer:{language}", words)) if len(found) == 1]
            self.report(f"stems, {language}", [pair[:2] for pair in pairs], [pair[2] for pair in pairs])

    def queries(self, vocabulary: Path, folder: Path) -> None:
        lines = contents(folder / "queries.jsonl")
        numbers = {piece: row for row, piece in enumerate(vocabulary.read_text(encoding="utf-8").split("\n"))}
        file = CSR(str(folder / "queries_idf.csr"))
        pairs = []
        for row, found in enumerate(self.encode(f"wordpiece:{vocabulary},{folder / 'idf.f32'}", lines)):
            span = slice(file.pointers[row], file.pointers[row + 1])
            wanted = dict(zip(file.terms[span].tolist(), file.weights[span].tolist()))
            pairs.append(({numbers[term]: float(np.float32(weight)) for term, weight in found.items()}, wanted))
        self.report(f"IDF queries of {folder.name}", pairs, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("vocabulary", type=Path)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--queries", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    agreement = Agreement(options.tool)
    agreement.pieces("hard cases", options.vocabulary, hard_cases())
    words = set()
    for path in options.texts:
        lines = contents(path)
        agreement.pieces(f"{path.parent.name}/{path.name}", options.vocabulary, lines)
        words.update(
            word for line in lines for word in line.lower().replace("\u03c2", "\u03c3").split()
            if word.isalpha() and len(word) < 60)
    for folder in options.queries:
        agreement.queries(options.vocabulary, folder)
    agreement.stems(sorted(words))
    sys.exit(1 if agreement.differing else 0)


if __name__ == "__main__":
    main()
