#!/usr/bin/env bash
# Loads the sample collection of Examples/sample into a new store, runs some queries, explains each hit, measures the
# answers and shows statistics of the store. Prints every command before it runs, and keeps the store,
# .build/sample.sparse, so that you can try more commands.
#
#   Scripts/demo.sh      `make demo` builds the command line first; SPARSESTORE can name another one
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/lib.sh

need_sparsestore
store=.build/sample.sparse
sample=Examples/sample
encoder=wordpiece:$sample/vocab.txt.zst,$sample/idf.f32.zst
texts=.build/sample-texts.sparse
rm -f "$store" "$store-lock" "$texts" "$texts-lock"

say() { printf '\n== %s\n' "$*"; }

run() { # arguments of the command: prints it as it can be typed, and runs it
    printf '$'
    printf ' %q' "$sparsestore" "$@"
    printf '\n'
    "$sparsestore" "$@"
}

ask() { # id of a question in the sample: shows the best two paragraphs and the terms of their scores
    run search "$store" --queries $sample/queries.jsonl --query "$1" --limit 2 --explain
}

say "Load 240 paragraphs of Wikipedia, with SPLADE vectors, into one file"
run load "$store" $sample/documents.jsonl.zst --encoder $encoder

say "Ask questions: each hit lists the terms that matched and their contributions, and then how the answer was found"
echo "   (terms are WordPieces; the model also adds words that are in neither text)"
ask 432
ask 48
ask 168

say "Ask in plain words: the query has the model's WordPieces, weighted by a table"
run search "$store" 'Who won the Nobel Prize in Physics?' --limit 2 --highlight --encoder $encoder

say "Or index the texts themselves, with words, stems and BM25, in another store"
run load "$texts" $sample/documents.jsonl.zst --text content --encoder bm25:english --quiet
run search "$texts" 'Who won the Nobel Prize in Physics?' --limit 2 --highlight
run search "$texts" 'how do steam engines lose heat' --limit 2 --highlight

say "Measure 50 questions against exact answers and human judgments"
run eval "$store" --queries $sample/queries.jsonl --truth $sample/truth.bin --qrels $sample/qrels.tsv --recall exact

say "Show what the store contains"
run stats "$store"

say "Now try your own query"
echo "   $sparsestore search $store --terms '{\"nobel\": 1.2, \"prize\": 1}'"
echo
echo "The paragraphs are from XQuAD (CC BY-SA 4.0): see $sample/README.md."
