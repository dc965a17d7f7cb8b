#!/usr/bin/env python3
"""Makes a larger JSON Lines file from a small one, with copies that have new ids and slightly different weights.

    zstd -dc Examples/sample/documents.jsonl.zst | Scripts/expand-sample.py COPIES [SEED] > documents.jsonl

Line n of the output (from 0) has the id "n", so that the length of a prefix determines its documents.
"""

import json
import random
import sys


def main() -> None:
    copies, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    originals = [json.loads(line) for line in sys.stdin if line.strip()]
    number = 0
    for _ in range(copies):
        for original in originals:
            factor = 0.5 + chance.random()
            vector = {term: round(weight * factor, 4) or 0.0001 for term, weight in original["vector"].items()}
            json.dump({**original, "id": str(number), "vector": vector}, sys.stdout)
            sys.stdout.write("\n")
            number += 1


main()
