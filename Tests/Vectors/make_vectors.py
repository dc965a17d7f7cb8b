#!/usr/bin/env python3
"""Writes the test vectors of FORMAT.md, from FORMAT.md alone and in another language.

    python3 -m venv venv && venv/bin/pip install xxhash zstandard
    venv/bin/python Tests/Vectors/make_vectors.py                # writes the .txt files beside this script
    venv/bin/python Tests/Vectors/make_vectors.py --examples     # prints the worked examples of FORMAT.md

The tests decode each value with the library, compare it with what stands in ExampleValues.swift, and encode it again.
"""

import hashlib
import math
import random
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import xxhash
import zstandard

TABLES = dict(
    meta=1, ids=2, documents=3, multivectors=4, vocabulary=5, statistics=6, segments=7, tombstones=8,
    dictionaries=9, changes=10)
KINDS = dict(
    store=1, manifest=2, bookmark=3, identifier=4, document=5, termID=6, termName=7, statisticsPage=8,
    statisticsDelta=9, segmentDirectory=10, segmentChunk=11, tombstonePage=12, dictionary=13, segmentDocuments=14,
    segmentForward=15, tuning=16, segmentTags=17, segmentOrder=18, multivector=19, multivectorCodec=20, claim=21,
    retired=22, blockIndex=23, blockDirectory=24, attributeSchema=25, segmentColumn=26, multivectorSettings=28,
    encoder=29)

PARTS = dict(directory=1, chunk=2, documents=3, forward=4, forwardChunk=5, tags=6, order=7, blockDirectory=8,
    blockLists=9, blockPlaces=10, blockLines=11, column=12)
SHORT, PACKED, DENSE = 0, 1, 2
LEVEL_BOUNDS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def zigzag(value):
    return varint((value << 1) ^ (value >> 63) if value < 0 else value << 1)


class Fields:
    """A body as a list of (bytes, what they are)."""

    def __init__(self):
        self.parts = []

    def add(self, code, value, what):
        data = value if code == "bytes" else struct.pack("<" + code, value)
        self.parts.append((data, what))
        return self

    def bytes(self):
        return b"".join(data for data, _ in self.parts)


def markdown_lines(parts):
    lines = []
    for data, what in parts:
        chunks = [data[i:i + 16] for i in range(0, len(data), 16)]
        if not data:
            continue
        if len(data) > 16 and not any(data):
            chunks = [None]
        for index, chunk in enumerate(chunks):
            text = f"00*{len(data)}" if chunk is None else chunk.hex(" ")
            lines.append(f"{text:<47} # {what}" if index == 0 and what else text)
    return lines


class Example:
    def __init__(self, name, kind, table, key, body):
        self.name, self.kind, self.table, self.key, self.body = name, kind, table, key, body
        data = body.bytes()
        self.rest = struct.pack("<BBHI", KINDS[kind], 1, 0, len(data)) + data
        seed = xxhash.xxh64(key, seed=TABLES[table]).intdigest()
        self.checksum = struct.pack("<Q", xxhash.xxh64(self.rest, seed=seed).intdigest())
        self.value = self.checksum + self.rest

    def markdown(self):
        lines = [f"```hex {self.name}", f"# table {self.table}", f"# key {self.key.hex(' ')}"]
        head = [
            (self.checksum, "checksum"), (self.rest[:1], f"kind {KINDS[self.kind]}"), (self.rest[1:2], "version 1"),
            (self.rest[2:4], "flags"), (self.rest[4:8], f"bodyLength {len(self.rest) - 8}")]
        lines += markdown_lines(head + self.body.parts)
        return "\n".join(lines + ["```"])


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def code_of(weight, maximum):
    """The nearest of 0...255, halves up, as single precision has it."""
    return min(255, math.floor(f32(weight * f32(255 / maximum)) + 0.5))


def levels_of(pairs):
    """The level of each component of one document."""
    mass = heavier = 0.0
    for _, weight in pairs:
        mass = f32(mass + weight)
    levels = [0] * len(pairs)
    for index in sorted(range(len(pairs)), key=lambda index: (-pairs[index][1], index)):
        levels[index] = sum(heavier >= f32(f32(bound) * mass) for bound in LEVEL_BOUNDS)
        heavier = f32(heavier + pairs[index][1])
    return levels


def segment_key(segment, part, index=0):
    return struct.pack(">IBI", segment, PARTS[part], index)


def chunk_value(name, key, data):
    length = sum(len(part) for part, _ in data.parts)
    body = (Fields().add("B", 0, "codec: raw").add("bytes", bytes(3), "reserved")
        .add("I", length, f"originalLength {length}").add("bytes", bytes(24), "reserved"))
    body.parts += data.parts
    return Example(name, "segmentChunk", "segments", key, body)


class Window:
    """A window of documents, (identifier, [(term, weight)]) by ordinal, as the format lays it out."""

    def __init__(self, segment, documents, levels=None, encoding=None):
        self.segment, self.documents = segment, documents
        self.levels = levels or (1 if len(documents) < 1024 else 8)
        self.encoding = encoding
        self.postings = {}
        for ordinal, (_, pairs) in enumerate(documents):
            for (term, weight), level in zip(pairs, levels_of(pairs)):
                level = level if self.levels > 1 else 0
                self.postings.setdefault(term, []).append((level, ordinal, weight))
        self.terms = sorted(self.postings)
        self.entries, self.chunks = [], [Fields()]
        for term in self.terms:
            self.add_list(term, sorted(self.postings[term]))
        if not self.chunks[-1].parts:
            self.chunks.pop()

    def add_list(self, term, postings):
        count, chunk = len(postings), self.chunks[-1]
        offset = len(chunk.bytes())
        if offset % 8:
            chunk.add("bytes", bytes(-offset % 8), "to a multiple of 8")
            offset += -offset % 8
        maximum = max(weight for _, _, weight in postings)
        encoding = self.encoding
        if encoding is None:
            encoding = DENSE if self.levels > 1 and count > len(self.documents) // 6 else SHORT if count < 8 else PACKED
        codes = [max(encoding == DENSE, code_of(weight, maximum)) for _, _, weight in postings]
        ordinals = [ordinal for _, ordinal, _ in postings]
        if encoding == DENSE:
            of = dict(zip(ordinals, codes))
            chunk.add("bytes", bytes(of.get(o, 0) for o in range(len(self.documents))), f"term {term}: codes")
        elif encoding == SHORT:
            chunk.add("bytes", struct.pack(f"<{count}H", *ordinals), f"term {term}: ordinals")
            chunk.add("bytes", bytes(codes), "codes")
        else:
            ordinals += [65_535] * (-count % 8)
            for first in range(0, count, 8):
                chunk.add("bytes", struct.pack("<8H", *ordinals[first:first + 8]), f"term {term}: ordinals of a pack")
                chunk.add("bytes", bytes((codes + [0] * 8)[first:first + 8]), "codes")
        ends, averages = [], []
        for level in range(self.levels):
            own = [code for code, posting in zip(codes, postings) if posting[0] == level]
            ends.append((ends[-1] if ends else 0) + len(own))
            averages.append(max(1, sum(own) // len(own)) if own else 0)
        self.entries.append((term, maximum, offset, count, len(self.chunks) - 1, encoding, ends, averages))
        if len(chunk.bytes()) >= 256 << 10:
            self.chunks.append(Fields())

    def directory(self, name="segmentDirectory"):
        nonzeros = sum(len(postings) for postings in self.postings.values())
        body = (Fields().add("I", len(self.documents), f"documents {len(self.documents)}")
            .add("I", len(self.terms), f"{len(self.terms)} terms").add("Q", nonzeros, f"nonzeros {nonzeros}")
            .add("I", len(self.chunks), f"chunks {len(self.chunks)}").add("B", self.levels, f"levels {self.levels}")
            .add("bytes", bytes(3), "reserved").add("f", 0.0, "referenceLength: none").add("bytes", bytes(4), "reserved"))
        for term in self.terms:
            body.add("I", term, f"term {term}")
        for term, maximum, offset, count, chunk, encoding, ends, averages in self.entries:
            (body.add("f", maximum, f"term {term}: maximum {maximum:g}").add("I", offset, f"offset {offset}")
                .add("I", count, f"count {count}").add("H", chunk, f"chunk {chunk}")
                .add("B", encoding, "encoding: " + ("short", "packed", "dense")[encoding]).add("B", 0, "reserved"))
            if self.levels > 1:
                body.add("bytes", struct.pack(f"<{self.levels - 1}H", *ends[:-1]), "ends")
            body.add("bytes", bytes(averages), "averages" if self.levels > 1 else "average")
            body.add("bytes", bytes(-(16 + 3 * self.levels - 2) % 4), "to a multiple of 4")
        return Example(name, "segmentDirectory", "segments", segment_key(self.segment, "directory"), body)

    def list_chunks(self, name="listChunk"):
        for index, data in enumerate(self.chunks):
            yield chunk_value(name, segment_key(self.segment, "chunk", index), data)

    def planes_chunk(self, name):
        """The only chunk, of lists that are not dense, in planes: each a block of the frame, raw or one byte repeated."""
        runs = []
        for term, _, _, count, _, encoding, ends, _ in self.entries:
            postings = [(ordinal, code_of(weight, max(w for _, _, w in self.postings[term])))
                        for _, ordinal, weight in sorted(self.postings[term])]
            for level, (begin, end) in enumerate(zip([0] + ends, ends)):
                runs.append((level, postings[begin:end]))
        gaps = [ordinal - before - 1 & 0xFFFF for _, run in runs
                for before, (ordinal, _) in zip([-1] + [ordinal for ordinal, _ in run], run)]
        planes = [("low bytes of the gaps", bytes(gap & 255 for gap in gaps)),
                  ("high bytes", bytes(gap >> 8 for gap in gaps))]
        planes += [(f"codes of level {level}", bytes(code for own, run in runs if own == level for _, code in run))
                   for level in range(self.levels)]
        planes = [plane for plane in planes if plane[1]]
        original = sum(len(part) for part, _ in self.chunks[0].parts)
        body = (Fields().add("B", 1, "codec: planes").add("bytes", bytes(3), "reserved")
            .add("I", original, f"originalLength {original}").add("bytes", bytes(24), "reserved")
            .add("I", 0xFD2FB528, "zstd: magic").add("B", 0x20, "one segment, content size of a byte")
            .add("B", sum(len(data) for _, data in planes), f"{sum(len(data) for _, data in planes)} bytes"))
        for index, (what, data) in enumerate(planes):
            repeats = len(set(data)) == 1
            header = len(data) << 3 | repeats << 1 | (index == len(planes) - 1)
            body.add("bytes", struct.pack("<I", header)[:3], "block: " + ("one byte repeated" if repeats else "raw"))
            body.add("bytes", data[:1] if repeats else data, what + (f", {len(data)} times" if repeats else ""))
        return Example(name, "segmentChunk", "segments", segment_key(self.segment, "chunk"), body)

    def forward(self):
        """The table and the chunks."""
        wide = len(self.terms) > 65_536
        position = {term: index for index, term in enumerate(self.terms)}
        table, chunks, size = Fields(), [Fields()], 0
        for ordinal, (identifier, pairs) in enumerate(self.documents):
            record = forward_record(identifier, [(position[term], weight) for term, weight in pairs], wide)
            length = len(record.bytes())
            if size + length > 65_472:
                chunks[-1].add("bytes", bytes(65_472 - size), "to the chunk's end")
                chunks.append(Fields())
                size = 0
            place = (len(chunks) - 1) * 65_472 + size
            table.add("I", place // 4, f"ordinal {ordinal}: at {place}")
            chunks[-1].parts += record.parts
            size += length
        yield Example("segmentForward", "segmentForward", "segments", segment_key(self.segment, "forward"), table)
        for index, data in enumerate(chunks):
            yield chunk_value("forwardChunk", segment_key(self.segment, "forwardChunk", index), data)

    def order(self, ordinals):
        body = Fields()
        for rank, ordinal in enumerate(ordinals):
            body.add("H", ordinal, f"rank {rank}: ordinal {ordinal}")
        return Example("segmentOrder", "segmentOrder", "segments", segment_key(self.segment, "order"), body)


def forward_record(identifier, pairs, wide):
    record = (Fields().add("H", len(pairs), f"{len(pairs)} components").add("H", len(identifier), "identifierLength")
        .add("bytes", struct.pack(f"<{len(pairs)}f", *[weight for _, weight in pairs]), "weights")
        .add("bytes", struct.pack(f"<{len(pairs)}" + "HI"[wide], *[position for position, _ in pairs]), "positions")
        .add("bytes", identifier, "identifier"))
    padding = -len(record.bytes()) % 4
    return record.add("bytes", bytes(padding), "to a multiple of 4") if padding else record


class Blocks:
    """A block index of one segment: (ordinal, [(term, weight)]) by slot, and blocks of slots by term, as somebody chose
    them."""

    SHARE = 0.4

    def __init__(self, number, segment, size, slots, lists):
        self.number, self.segment, self.size, self.slots, self.lists = number, segment, size, slots, lists
        documents = [pairs for _, pairs in slots]
        self.terms = sorted({term for pairs in documents for term, _ in pairs})
        self.maxima = [
            max(weight for pairs in documents for term, weight in pairs if term == one) for one in self.terms]
        self.codes = []
        for pairs in documents:
            heaviest_first = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
            numbers = [self.terms.index(term) for term, _ in heaviest_first]
            self.codes.append([
                (number, max(1, code_of(weight, self.maxima[number])))
                for number, (_, weight) in zip(numbers, heaviest_first)])
        values = [self.directory(), *self.chunks()]
        self.bytes = sum(len(example.value) for example in values)

    def record(self):
        return Example("blockIndex", "blockIndex", "meta", b"blocks", Fields()
            .add("I", self.number, f"number {self.number}").add("Q", self.bytes, f"bytes {self.bytes}")
            .add("I", 1, "1 source").add("I", self.segment, f"segment {self.segment}")
            .add("I", self.size, f"documents {self.size}"))

    def summary(self, slots):
        """The largest codes of a block, the heaviest terms until they have their share of the sum."""
        largest = {}
        for slot in slots:
            for number, code in self.codes[slot]:
                largest[number] = max(largest.get(number, 0), code)
        weight = {number: code * self.maxima[number] / 255 for number, code in largest.items()}
        missing, kept = self.SHARE * sum(weight.values()), []
        for number in sorted(largest, key=lambda number: (-weight[number], number)):
            if missing <= 0:
                break
            missing -= weight[number]
            kept.append((number, largest[number]))
        return kept

    def list(self, term):
        """The fields of a term's list, and its entry's counts."""
        blocks = self.lists.get(term, [])
        slots = [slot for block in blocks for slot in block]
        columns = {}
        for index, block in enumerate(blocks):
            for number, code in self.summary(block):
                columns.setdefault(number, []).append((index, code))
        numbers = sorted(columns)
        components = [pair for number in numbers for pair in columns[number]]
        ends, column_ends = [], []
        for block in blocks:
            ends.append((ends[-1] if ends else 0) + len(block))
        for number in numbers:
            column_ends.append((column_ends[-1] if column_ends else 0) + len(columns[number]))
        fields = Fields()
        if blocks:
            (fields.add("bytes", struct.pack(f"<{len(slots)}I", *slots), f"term {term}: slots")
                .add("bytes", struct.pack(f"<{len(ends)}H", *ends), "ends of its blocks")
                .add("bytes", struct.pack(f"<{len(numbers)}H", *numbers), "columns: numbers of terms")
                .add("bytes", struct.pack(f"<{len(numbers)}I", *column_ends), "ends of the columns")
                .add("bytes", bytes(block for block, _ in components), "blocks of the components")
                .add("bytes", bytes(code for _, code in components), "codes of the components"))
        return fields, (len(slots), len(blocks), len(numbers), len(components))

    def directory(self):
        lines = sum(-(-len(codes) // 21) for codes in self.codes)
        body = (Fields().add("I", len(self.terms), f"{len(self.terms)} terms").add("I", len(self.slots), f"slots {len(self.slots)}")
            .add("Q", lines, f"lines {lines}").add("I", 1, "chunks 1").add("bytes", bytes(12), "reserved"))
        offset = 0
        for term, maximum in zip(self.terms, self.maxima):
            fields, counts = self.list(term)
            length = len(fields.bytes())
            begin = offset + -offset % 8 if length else 0
            (body.add("I", term, f"term {term}").add("f", maximum, f"maximum {maximum:g}").add("I", 0, "chunk 0")
                .add("I", begin, f"offset {begin}"))
            for count, name in zip(counts, ("postings", "blocks", "columns", "components")):
                body.add("I", count, f"{name} {count}")
            offset = begin + length if length else offset
        return Example(
            "blockDirectory", "blockDirectory", "segments", segment_key(self.number, "blockDirectory"), body)

    def chunks(self):
        lists = Fields()
        for term in self.terms:
            fields, _ = self.list(term)
            padding = -len(lists.bytes()) % 8
            if fields.parts and padding:
                lists.add("bytes", bytes(padding), "to a multiple of 8")
            lists.parts += fields.parts
        yield chunk_value("blockListsChunk", segment_key(self.number, "blockLists"), lists)
        places, lines, line = Fields(), Fields(), 0
        for slot, codes in enumerate(self.codes):
            ordinal = self.slots[slot][0]
            places.add("I", line, f"slot {slot}: line {line}").add("I", ordinal, f"document {ordinal}")
            parts = [codes[first:first + 21] for first in range(0, len(codes), 21)]
            for index, part in enumerate(parts):
                missing = 21 - len(part)
                (lines.add("bytes", struct.pack(f"<{len(part)}H", *[number for number, _ in part]),
                        f"slot {slot}: numbers of terms")
                    .add("bytes", bytes(2 * missing), "")
                    .add("bytes", bytes(code for _, code in part), "codes").add("bytes", bytes(missing), "")
                    .add("B", min(255, len(parts) - index - 1), f"{len(parts) - index - 1} more lines"))
            line += len(parts)
        yield chunk_value("blockPlacesChunk", segment_key(self.number, "blockPlaces"), places)
        yield chunk_value("blockLinesChunk", segment_key(self.number, "blockLines"), lines)


def block_examples():
    slots = [(3, [(5, 2.0), (300, 1.0)]), (0, [(5, 1.0)]), (2, [(5, 0.5), (301, 4.0)])]
    blocks = Blocks(9, 7, 4, slots, {5: [[0, 1], [2]], 300: [[0]]})
    yield blocks.record()
    yield blocks.directory()
    yield from blocks.chunks()


def window_examples():
    weights = [2, 1, 0.5, 0.25, 1.5, 0.75, 1.25, 1.75, 0.001]
    documents = [(f"d{ordinal}".encode(), [(5, weight)]) for ordinal, weight in enumerate(weights)]
    documents[3][1].append((300, 4.0))
    documents[7][1].append((300, 3.0))
    small = Window(4, documents)
    yield small.directory()
    yield from small.list_chunks()
    yield small.planes_chunk("listChunkPlanes")
    yield from small.forward()
    yield small.order([1, 0, 2, 4, 3, 5, 8, 6, 7])
    pairs = [(3.0, 1.0), (1.0, 3.0), (1.0, 1.0), (1.0, 11.0)]
    dense = Window(5, [(b"x", [(1, one), (2, two)]) for one, two in pairs], levels=8, encoding=DENSE)
    yield dense.directory("segmentDirectoryLevels")
    yield from dense.list_chunks("listChunkDense")
    yield chunk_value("forwardChunkWide", segment_key(6, "forwardChunk"),
        forward_record(b"doc-1", [(3, 0.5), (65_540, 2.0)], True))


@dataclass
class ObjectExample:
    """An object of a target, which has no value header."""
    name: str
    object: str
    fields: "Fields"

    def markdown(self):
        return "\n".join([f"```hex {self.name}", f"# object {self.object}", *markdown_lines(self.fields.parts), "```"])


def objects():
    uuid = bytes.fromhex("00112233445546778899aabbccddeeff")
    head = Fields().add("bytes", b"SPARSETG", "magic").add("H", 1, "version").add("bytes", bytes(6), "reserved")
    head.add("bytes", uuid, "uuid")
    yield ObjectExample("target", "target", head.add("Q", xxhash.xxh64_intdigest(head.bytes()), "checksum"))
    node = hashlib.sha256(bytes([1, 2, 3])).digest() + bytes(127 * 32)
    publication = (Fields().add("bytes", b"SPARSEPB", "magic").add("H", 1, "version").add("bytes", bytes(6), "reserved")
        .add("bytes", uuid, "uuid").add("Q", 42, "generation 42").add("Q", 57, "transaction 57")
        .add("Q", 1_767_225_600_000_000, "time 2026-01-01 00:00:00 UTC").add("Q", 5, "documents 5")
        .add("Q", 1_030, "pages 1030").add("I", 4_096, "pageSize 4096").add("I", 8, "extentPages 8").add("I", 2, "2 nodes")
        .add("bytes", bytes(4), "reserved").add("bytes", hashlib.sha256(node).digest(), "extents 0 to 127")
        .add("bytes", bytes(32), "extent 128: zeros"))
    name = f"manifests/{42:020}-{hashlib.sha256(publication.bytes()).hexdigest()}"
    yield ObjectExample("publication", name, publication)


def windows():
    """Whole windows: of one level, and of eight with an order."""
    rng = random.Random(20260102)
    for segment, count in [(1, 40), (2, 1030)]:
        documents, number, numbers = [], 1000, []
        for _ in range(count):
            number += 1 + rng.randrange(3)
            numbers.append(number)
            terms = {int(rng.random() ** 3 * 200) for _ in range(3)} | ({1000} if rng.random() < 0.4 else set())
            pairs = [(term, f32(rng.choice([1, 2, 2.5, rng.uniform(0.001, 3)]))) for term in sorted(terms)]
            documents.append((str(number).encode(), pairs))
        ordinals = list(range(count))
        if segment == 2:
            rng.shuffle(ordinals)
        placed = [None] * count
        for rank, ordinal in enumerate(ordinals):
            placed[ordinal] = documents[rank]
        window = Window(segment, placed)
        yield window.directory()
        yield from window.list_chunks()
        body = Fields().add("Q", numbers[0], "base")
        for number in numbers:
            body.add("I", number - numbers[0], "")
        yield Example("", "segmentDocuments", "segments", segment_key(segment, "documents"), body)
        yield from window.forward()
        if segment == 2:
            yield window.order(ordinals)


def is_half(weight):
    return weight <= 65_504 and struct.unpack("<e", struct.pack("<e", weight))[0] == weight


def vector_section(pairs, code):
    out = struct.pack(f"<{len(pairs)}{code}", *[weight for _, weight in pairs])
    previous = 0
    for term, _ in pairs:
        out += varint(term - previous)
        previous = term
    return out


def examples():
    uuid = bytes.fromhex("00112233445546778899aabbccddeeff")
    yield Example("store", "store", "meta", b"store", Fields()
        .add("bytes", b"SPARSEST", "magic").add("H", 1, "formatMajor").add("H", 0, "formatMinor")
        .add("Q", 0, "compatibleFeatures").add("Q", 0, "readOnlyCompatibleFeatures")
        .add("Q", 0, "incompatibleFeatures").add("I", 4096, "pageSize 4096")
        .add("Q", 1767225600, "createdAt 2026-01-01 00:00:00 UTC").add("bytes", uuid, "uuid"))
    yield Example("manifest", "manifest", "meta", b"manifest", Fields()
        .add("Q", 42, "generation 42").add("Q", 9, "nextDocument 9").add("Q", 5, "documents 5")
        .add("Q", 600, "nonzeros 600").add("B", 1, "termSpace: strings").add("B", 1, "profile: compact")
        .add("bytes", bytes(2), "reserved")
        .add("I", 321, "nextTerm 321").add("I", 4, "nextSegment 4").add("I", 2, "nextDictionary 2")
        .add("I", 1, "currentDictionary 1").add("Q", 3, "firstStatisticsDelta 3")
        .add("Q", 5, "nextStatisticsDelta 5").add("Q", 8192, "bytesWritten 8192")
        .add("Q", 4096, "bytesMerged 4096").add("I", 2, "2 segments")
        .add("I", 3, "id 3").add("B", 1, "kind: window").add("B", 0, "reserved").add("H", 1, "flags: compact")
        .add("I", 4, "documents 4").add("I", 1, "tombstones 1").add("Q", 0, "firstDocument 0")
        .add("Q", 5, "lastDocument 5").add("Q", 480, "nonzeros 480").add("Q", 4096, "bytes 4096")
        .add("I", 2, "changes 2").add("I", 0, "reserved").add("Q", 41, "changedAt 41")
        .add("I", 1, "id 1").add("B", 1, "kind: window").add("B", 0, "reserved").add("H", 0, "flags")
        .add("I", 2, "documents 2").add("I", 0, "tombstones 0").add("Q", 7, "firstDocument 7")
        .add("Q", 8, "lastDocument 8").add("Q", 120, "nonzeros 120").add("Q", 2048, "bytes 2048")
        .add("I", 0, "changes 0").add("I", 0, "reserved").add("Q", 0, "changedAt 0"))
    yield Example("bookmark", "bookmark", "meta", b"bookmark:kafka", Fields().add("bytes", b"offset=17", "the bytes"))
    yield Example("tuning", "tuning", "meta", b"tuning", Fields()
        .add("Q", 42, "generation 42").add("Q", 5, "documents 5").add("I", 100, "queries 100").add("I", 2, "2 points")
        .add("I", 10, "limit 10").add("B", 16, "the least effort").add("f", 0.75, "recall 0.75")
        .add("f", 2048, "postings 2048").add("f", 64, "scored 64")
        .add("I", 10, "limit 10").add("B", 255, "the exact search").add("f", 1, "recall 1")
        .add("f", 4096, "postings 4096").add("f", 128, "scored 128"))
    yield Example("claim", "claim", "meta", b"merge", Fields()
        .add("Q", 0x0123456789ABCDEF, "owner").add("Q", 6, "6 steps").add("I", 4321, "process 4321").add("I", 2, "2 sources")
        .add("I", 1, "1 staged").add("I", 3, "source 3").add("I", 1, "source 1").add("I", 4, "staged 4"))
    yield Example("retired", "retired", "meta", b"retired", Fields()
        .add("I", 2, "2 segments").add("I", 2, "segment 2").add("I", 0, "segment 0"))
    yield Example("encoder", "encoder", "meta", b"encoder", Fields()
        .add("B", 1, "scoring: BM25").add("bytes", bytes(3), "reserved").add("f", 1.5, "k1 1.5").add("f", 0.75, "b 0.75")
        .add("Q", 1234, "length 1234").add("Q", 0x0123456789ABCDEF, "fingerprint").add("H", 12, "nameLength 12")
        .add("H", 5, "parametersLength 5").add("bytes", b"bm25:english", "name").add("bytes", b"stems", "parameters"))
    yield Example("identifier", "identifier", "ids", b"doc-1", Fields().add("Q", 7, "number 7"))
    yield Example("termID", "termID", "vocabulary", b"\x01swift", Fields().add("I", 17, "term 17"))
    yield Example("termName", "termName", "vocabulary", b"\x02" + struct.pack(">I", 17),
        Fields().add("bytes", b"swift", "name"))
    page = [0] * 1016
    page[0], page[17] = 3, 258
    yield Example("statisticsPage", "statisticsPage", "statistics", b"\x01" + struct.pack(">I", 0), Fields()
        .add("I", 3, "term 0: 3 documents").add("bytes", bytes(64), "terms 1 to 16: none")
        .add("I", 258, "term 17: 258 documents").add("bytes", bytes(4 * 998), "terms 18 to 1015: none"))
    yield Example("statisticsDelta", "statisticsDelta", "statistics", b"\x02" + struct.pack(">Q", 3), Fields()
        .add("I", 3, "3 changes").add("bytes", varint(5), "term 5").add("bytes", zigzag(1), "+1")
        .add("bytes", varint(12), "gap 12: term 17").add("bytes", zigzag(-2), "-2")
        .add("bytes", varint(300), "gap 300: term 317").add("bytes", zigzag(64), "+64"))
    yield Example("segmentChunk", "segmentChunk", "segments", struct.pack(">IBI", 3, 2, 0), Fields()
        .add("B", 0, "codec: raw").add("bytes", bytes(3), "reserved").add("I", 5, "originalLength 5")
        .add("bytes", bytes(24), "reserved").add("bytes", b"chunk", "data"))
    yield Example("segmentDocuments", "segmentDocuments", "segments", struct.pack(">IBI", 3, 3, 0), Fields()
        .add("Q", 100, "base 100").add("I", 0, "rank 0: number 100").add("I", 1, "rank 1: number 101")
        .add("I", 7, "rank 2: number 107"))
    yield Example("segmentTags", "segmentTags", "segments", struct.pack(">IBI", 3, 6, 0), Fields()
        .add("I", 40, "documents 40").add("I", 2, "2 tags").add("I", 4, "nameEnd 4").add("I", 4, "listEnd 4")
        .add("I", 9, "nameEnd 9").add("I", 9, "listEnd 9").add("bytes", b"blogswift", "names")
        .add("bytes", struct.pack("<2H", 0, 9), "blog: ordinals 0 and 9")
        .add("bytes", bytes([0x02, 0x01, 0, 0, 0x80]), "swift: a bitmap of ordinals 1, 8 and 39"))
    yield from window_examples()
    yield from block_examples()
    yield from attribute_examples()
    yield Example("tombstonePage", "tombstonePage", "tombstones", struct.pack(">II", 3, 0), Fields()
        .add("bytes", b"\x02", "ordinal 1").add("bytes", bytes(1022), "").add("bytes", b"\x80", "ordinal 8191"))
    yield Example("dictionary", "dictionary", "dictionaries", struct.pack(">I", 1),
        Fields().add("bytes", b"sparse vectors", "the dictionary"))
    yield from multivector_examples()
    yield document("document", b"doc-1", [(3, 0.5), (17, f32(0.1)), (317, 2.0)], [b"blog", b"swift"], b"{}", 7,
        {b"lang": "de", b"open": True, b"price": 12.5, b"topics": ["b", "a"], b"year": 2024})
    yield document("documentHalf", b"doc-2", [(3, 0.5), (17, 1.25), (317, 2.0 ** -24)], [], None, 8)
    yield document("documentEmpty", b"doc-3", [], [b"draft"], None, 9)


F16, INT8, PQ32 = 0, 1, 2


def multivector(name, codec, tokens, dimension, data, codebook=0, number=7):
    body = (Fields().add("B", codec, "encoding: " + ("f16", "int8", "pq32")[codec]).add("B", 0, "reserved")
        .add("H", dimension, f"dimension {dimension}").add("H", tokens, f"{tokens} tokens").add("H", 0, "reserved")
        .add("I", codebook, f"codebook {codebook}" if codebook else "codebook: none").add("I", 0, "reserved"))
    body.parts += data.parts
    return Example(name, "multivector", "multivectors", struct.pack(">Q", number), body)


def nearest_code(value, scale):
    """Halves to even, as Python rounds."""
    return max(-127, min(127, round(f32(value / scale)))) if scale > 0 else 0


def multivector_examples():
    yield Example("multivectorSettings", "multivectorSettings", "meta", b"multivectors", Fields()
        .add("H", 3, "dimension 3").add("B", PQ32, "encoding: pq32").add("B", 0, "reserved")
        .add("I", 1, "codebook 1").add("I", 2, "nextCodebook 2").add("Q", 400, "tokens 400")
        .add("Q", 1760, "bytes 1760").add("I", 2, "2 encodings")
        .add("H", 0, "reserved").add("B", F16, "encoding: f16").add("B", 0, "reserved")
        .add("I", 0, "codebook: none").add("Q", 1, "documents 1")
        .add("H", 0, "reserved").add("B", PQ32, "encoding: pq32").add("B", 0, "reserved")
        .add("I", 1, "codebook 1").add("Q", 4, "documents 4"))
    rows = [[0.5, -1.0, 0.25], [3.0, 0.0, -0.75]]
    halves = Fields()
    for token, row in enumerate(rows):
        halves.add("bytes", struct.pack("<3e", *row), f"token {token}")
    yield multivector("multivector", F16, 2, 3, halves)
    scales = [f32(max(map(abs, row)) / 127) for row in rows]
    codes = Fields()
    for token, scale in enumerate(scales):
        codes.add("f", scale, f"token {token}: scale {max(map(abs, rows[token])):g} / 127")
    for token, row in enumerate(rows):
        numbers = [nearest_code(value, scales[token]) for value in row]
        codes.add("bytes", struct.pack("<3b", *numbers), f"token {token}: " + ", ".join(map(str, numbers)))
    yield multivector("multivectorInt8", INT8, 2, 3, codes)
    centroids = [[0.5, -1.0, 0.0], [2.0, 0.0, -1.0]]
    codewords = [[0.0] * 4 for _ in range(256)]
    codewords[1], codewords[255] = [0.0, 0.0, 0.25, 0.0], [1.0, 0.0, 0.25, 0.0]
    book = (Fields().add("H", 3, "dimension 3").add("H", 2, "2 centroids").add("bytes", bytes(4), "reserved"))
    for index, row in enumerate(centroids):
        book.add("bytes", struct.pack("<3f", *row), f"centroid {index}")
    book.add("bytes", bytes(16), "group 0: codeword 0").add("bytes", struct.pack("<4f", *codewords[1]), "codeword 1")
    book.add("bytes", bytes(16 * 253), "codewords 2 to 254")
    book.add("bytes", struct.pack("<4f", *codewords[255]), "codeword 255")
    yield Example("multivectorCodec", "multivectorCodec", "meta", b"codebook:" + struct.pack(">I", 1), book)
    yield multivector("multivectorPQ32", PQ32, 2, 3, Fields()
        .add("H", 0, "token 0: centroid 0").add("H", 1, "token 1: centroid 1")
        .add("bytes", b"\x01", "token 0: codeword 1").add("bytes", b"\xff", "token 1: codeword 255"), codebook=1)


INTEGER, NUMBER, BOOLEAN, STRING, DATE, INTEGERS, STRINGS = range(1, 8)


def attribute(value):
    """7, attributes: the type and the value. Dates are a class of their own and not among the examples."""
    def string(text):
        return varint(len(text.encode())) + text.encode()

    if isinstance(value, bool):
        return bytes([BOOLEAN, value])
    if isinstance(value, int):
        return bytes([INTEGER]) + zigzag(value)
    if isinstance(value, float):
        return bytes([NUMBER]) + struct.pack("<d", value)
    if isinstance(value, str):
        return bytes([STRING]) + string(value)
    if isinstance(value[0], int):
        return bytes([INTEGERS]) + varint(len(value)) + b"".join(map(zigzag, value))
    return bytes([STRINGS]) + varint(len(value)) + b"".join(map(string, value))


def attribute_examples():
    yield Example("attributeSchema", "attributeSchema", "meta", b"attributes", Fields()
        .add("I", 2, "2 attributes")
        .add("B", STRING, "type: string").add("B", 4, "nameLength 4").add("bytes", b"lang", "name")
        .add("B", INTEGER, "type: integer").add("B", 4, "nameLength 4").add("bytes", b"year", "name"))
    sign = 1 << 63
    yield Example("segmentColumn", "segmentColumn", "segments", segment_key(3, "column"), Fields()
        .add("I", 4, "documents 4").add("B", INTEGER, "type: integer").add("B", 1, "presence: bitmap")
        .add("B", 4, "width 4").add("B", 0, "reserved").add("I", 3, "present 3").add("I", 4, "count 4")
        .add("Q", 2020 ^ sign, "base: the key of 2020").add("Q", 4, "unit 4").add("I", 0, "strings 0")
        .add("I", 0, "textLength 0").add("H", 4, "nameLength 4").add("bytes", bytes(6), "reserved")
        .add("bytes", b"year", "name").add("bytes", bytes(4), "to a multiple of 8")
        .add("bytes", bytes([0b1101]), "presence: ordinals 0, 2 and 3").add("bytes", bytes(7), "to a multiple of 8")
        .add("Q", 0, "block 0: least code 0").add("Q", 4, "largest code 4")
        .add("bytes", bytes([0x01, 0x40]), "codes 1, none, 0, 4: 2024, -, 2020, 2036")
        .add("bytes", bytes(6), "to a multiple of 8"))
    yield Example("segmentColumnStrings", "segmentColumn", "segments",
        struct.pack(">IBI", 3, 12, 1), Fields()
        .add("I", 20, "documents 20").add("B", STRINGS, "type: list of strings").add("B", 2, "presence: ordinals")
        .add("B", 2, "width 2").add("B", 0, "reserved").add("I", 2, "present 2").add("I", 3, "count 3")
        .add("Q", 0, "base").add("Q", 1, "unit").add("I", 3, "strings 3").add("I", 4, "textLength 4")
        .add("H", 6, "nameLength 6").add("bytes", bytes(6), "reserved")
        .add("bytes", b"topics", "name").add("bytes", bytes(2), "to a multiple of 8")
        .add("bytes", struct.pack("<2H", 3, 17), "presence: ordinals 3 and 17")
        .add("bytes", bytes(4), "to a multiple of 8")
        .add("I", 2, "ends: entry 0 has 2 codes").add("I", 3, "entry 1 has 1")
        .add("Q", 0, "block 0: least code 0").add("Q", 2, "largest code 2")
        .add("bytes", bytes([0b011000]), "codes 0 and 2, 1").add("bytes", bytes(7), "to a multiple of 8")
        .add("I", 1, "ends of the strings").add("I", 2, "").add("I", 4, "").add("bytes", b"abcc", "a, b, cc"))


def document(name, identifier, pairs, tags, payload, number, attributes={}):
    attribute_section = b"".join(
        varint(len(key)) + key + attribute(value) for key, value in sorted(attributes.items()))
    tag_section = b"".join(varint(len(tag)) + tag for tag in tags)
    in_halves = all(is_half(weight) for _, weight in pairs)
    weights = vector_section(pairs, "e" if in_halves else "f")
    cut = (2 if in_halves else 4) * len(pairs)
    encoding = (1, "vectorEncoding: half") if in_halves else (0, "vectorEncoding: plain")
    stored = payload or b""
    body = (Fields()
        .add("H", len(identifier), f"identifierLength {len(identifier)}").add("B", *encoding)
        .add("B", 0 if payload is None else 1, "payloadEncoding: " + ("none" if payload is None else "raw"))
        .add("I", len(pairs), f"termCount {len(pairs)}").add("I", len(weights), f"vectorLength {len(weights)}")
        .add("I", len(stored), f"payloadLength {len(stored)}").add("I", len(stored), "payloadOriginalLength")
        .add("I", 0, "dictionary: none").add("H", len(tags), f"tagCount {len(tags)}")
        .add("H", len(tag_section), f"tagsLength {len(tag_section)}")
        .add("H", len(attribute_section), f"attributesLength {len(attribute_section)}")
        .add("B", len(attributes), f"attributeCount {len(attributes)}").add("B", 0, "reserved")
        .add("bytes", identifier, "identifier")
        .add("bytes", weights[:cut], "weights").add("bytes", weights[cut:], "terms: the first, then gaps")
        .add("bytes", tag_section, "tags").add("bytes", attribute_section, "attributes")
        .add("bytes", stored, "payload"))
    return Example(name, "document", "documents", struct.pack(">Q", number), body)


def documents():
    rng = random.Random(20260101)
    for number in range(24):
        count = [1, 2, 3, 4, 5, 8, 9, 120][number % 8]
        top = [200, 30_000, 2**32 - 1][number % 3]
        terms = sorted(rng.sample(range(top + 1), count))
        pairs = [(term, struct.unpack("<f", struct.pack("<f", rng.uniform(0.01, 3)))[0]) for term in terms]
        if number % 5 == 3:
            pairs = [(term, struct.unpack("<e", struct.pack("<e", weight))[0]) for term, weight in pairs]
        tags = sorted({f"tag-{rng.randrange(9)}".encode() for _ in range(number % 4)})
        payload = [None, b"", b"text", bytes(rng.randrange(256) for _ in range(90))][number % 4]
        yield document("document", f"id-{number}-\u00e9".encode(), pairs, tags, payload, number * 977)


def xxh64_lines():
    data, state = b"", 2654435761
    for _ in range(4200):
        data += bytes([state >> 56 & 255])
        state = state * 11400714785074694797 & (2**64 - 1)
    known = {(0, 0): 0xEF46DB3751D8E999, (1, 0): 0xE934A84ADB052768, (14, 0): 0x8282DCC4994E35C8,
             (222, 0): 0xB641AE8CB691C174, (0, 2654435761): 0xAC75FDA2929B17EF,
             (222, 2654435761): 0x20CB8AB7AE10C14A}
    for seed in (0, 1, 2654435761, 2**64 - 1):
        for length in [*range(0, 72), 95, 96, 97, 127, 128, 222, 255, 256, 1000, 4096, 4199]:
            value = xxhash.xxh64(data[:length], seed=seed).intdigest()
            assert known.get((length, seed), value) == value, (length, seed)
            yield f"{length} {seed:016x} {value:016x}"


def zstd_frames():
    """name, accept or reject, expected size, frame"""
    text = b"the quick brown fox jumps over the lazy dog " * 20
    plain = zstandard.ZstdCompressor(level=3, write_content_size=True).compress(text)
    yield "plain", "accept", len(text), plain
    yield "level-19", "accept", len(text), zstandard.ZstdCompressor(level=19).compress(text)
    incompressible = random.Random(1).randbytes(300)
    yield "raw-block", "accept", 300, zstandard.ZstdCompressor().compress(incompressible)
    yield "one-byte", "accept", 1, zstandard.ZstdCompressor().compress(b"x")
    yield "size-too-small", "reject", len(text) - 1, plain
    yield "size-too-large", "reject", len(text) + 1, plain
    yield "checksum", "reject", len(text), zstandard.ZstdCompressor(write_checksum=True).compress(text)
    yield "no-size", "reject", len(text), zstandard.ZstdCompressor(write_content_size=False).compress(text)
    yield "two-frames", "reject", len(text), plain + plain
    yield "garbage-after", "reject", len(text), plain + b"\0"
    skippable = struct.pack("<II", 0x184D2A50, 4) + b"skip"
    yield "skippable-before", "reject", len(text), skippable + plain
    yield "skippable-after", "reject", len(text), plain + skippable
    yield "skippable-only", "reject", 4, skippable
    yield "empty-frame", "reject", 0, zstandard.ZstdCompressor().compress(b"")
    yield "empty", "reject", 1, b""
    yield "gzip", "reject", 4, bytes.fromhex("1f8b0800000000000003")
    yield "legacy-magic", "reject", len(text), b"\x27" + plain[1:]
    yield "reserved-bit", "reject", len(text), plain[:4] + bytes([plain[4] | 8]) + plain[5:]
    bomb = zstandard.ZstdCompressor(level=3).compress(bytes(64 << 20))
    yield "bomb-64-MiB", "accept", 64 << 20, bomb
    yield "bomb-as-small", "reject", 100, bomb
    over = zstandard.ZstdCompressor(level=3).compress(bytes((64 << 20) + 1))
    yield "over-the-limit", "reject", (64 << 20) + 1, over
    # The same blocks in frames that are no single segment, and so say how far they may look back.
    for verdict, name, window in [
            ("accept", "2-to-20", 0x50), ("accept", "2-to-27", 0x88), ("reject", "over-2-to-27", 0x89),
            ("reject", "2-to-30", 0xA0), ("reject", "2-to-41", 0xF8)]:
        yield f"window-{name}", verdict, len(text), plain[:4] + bytes([0x40, window]) + plain[5:]
    dictionary = zstandard.ZstdCompressionDict(text * 4, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    with_dictionary = zstandard.ZstdCompressor(dict_data=dictionary).compress(text)
    yield "needs-dictionary", "reject", len(text), with_dictionary


def main():
    if "--examples" in sys.argv:
        for example in [*examples(), *objects()]:
            print(example.markdown() + "\n")
        return
    here = Path(__file__).parent
    note = "# Written by make_vectors.py. "
    (here / "xxh64.txt").write_text(note + "length, seed, hash of the sanity buffer's start\n"
        + "".join(line + "\n" for line in xxh64_lines()))
    (here / "zstd.txt").write_text(note + "name, verdict, size, frame\n"
        + "".join(f"{n} {verdict} {size} {frame.hex() or '-'}\n" for n, verdict, size, frame in zstd_frames()))
    (here / "windows.txt").write_text(note + "key, value\n"
        + "".join(f"{example.key.hex()} {example.value.hex()}\n" for example in windows()))
    (here / "documents.txt").write_text(note + "key, value\n"
        + "".join(f"{example.key.hex()} {example.value.hex()}\n" for example in documents()))


if __name__ == "__main__":
    main()
