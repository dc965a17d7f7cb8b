#!/usr/bin/env bash
# Loads the sample collection of Examples/sample into a store of its own, asks it some questions, says why each hit
# matched, measures the answers and shows what the store holds. The store is removed at the end.
#
#   Scripts/demo.sh      `make demo` builds the command line first; SPARSESTORE may name another one
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/lib.sh

need_sparsestore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
store=$work/sample.sparse
sample=Examples/sample

say() { printf '\n== %s\n' "$*"; }

say "Load 240 paragraphs of Wikipedia, with SPLADE vectors, into one file"
echo "\$ sparsestore load sample.sparse $sample/documents.jsonl.zst"
"$sparsestore" load "$store" $sample/documents.jsonl.zst

ask() { # id of a question in the sample, options: the best two paragraphs, and which terms made their scores
    echo "\$ sparsestore search sample.sparse --queries queries.jsonl --query $1"
    "$sparsestore" search "$store" --queries $sample/queries.jsonl --query "$1" --limit 2 --explain
}

say "Ask questions; each hit says which terms it matched by, and how strongly"
echo "   (terms are WordPieces; the model also adds words that neither text holds)"
ask 432 | sed '/^How it was found/,$d'
ask 48 | sed '/^How it was found/,$d'

say "The same with the plan: how the answer was found"
ask 168

say "Measure 50 questions against exact answers and human judgements"
echo "\$ sparsestore eval sample.sparse --queries queries.jsonl --truth truth.bin \\"
echo "      --qrels qrels.tsv --recall exact"
"$sparsestore" eval "$store" --queries $sample/queries.jsonl --truth $sample/truth.bin \
    --qrels $sample/qrels.tsv --recall exact

say "What the store holds"
echo "\$ sparsestore stats sample.sparse"
"$sparsestore" stats "$store"
echo
echo "The paragraphs are from XQuAD (CC BY-SA 4.0): see $sample/README.md."
