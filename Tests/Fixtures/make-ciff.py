#!/usr/bin/env python3
"""Writes the inverted index of CIFFTests: Tests/Fixtures/make-ciff.py (needs ciff-toolkit)."""
import gzip
from pathlib import Path

from ciff_toolkit.ciff_pb2 import DocRecord, Header, Posting, PostingsList
from ciff_toolkit.write import CiffWriter

FILE = Path(__file__).parent / "matrices" / "ciffToolkit.ciff"

# Documents by term: the first document's number, then gaps.
INDEX = {"bird": [(0, 3), (2, 1)], "engine": [(1, 7)], "swift": [(0, 300), (1, 2), (1, 65_535)]}
IDS = ["MED-1", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "3"]

writer = CiffWriter(FILE)
writer.write_header(Header(
    version=1, num_postings_lists=len(INDEX), num_docs=len(IDS), total_postings_lists=len(INDEX), total_docs=len(IDS),
    total_terms_in_collection=65_848, average_doclength=21_949.333, description="made by ciff-toolkit"))
writer.write_postings_lists(
    PostingsList(term=term, df=len(postings), cf=sum(tf for _, tf in postings),
                 postings=[Posting(docid=gap, tf=tf) for gap, tf in postings])
    for term, postings in INDEX.items())
writer.write_documents(
    DocRecord(docid=number, collection_docid=name, doclength=10) for number, name in enumerate(IDS))
writer.close()
with gzip.GzipFile(f"{FILE}.gz", "wb", mtime=0) as file:
    file.write(FILE.read_bytes())
