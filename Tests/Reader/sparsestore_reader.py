#!/usr/bin/env python3
"""A second reader of a store, written from FORMAT.md alone. Section numbers are FORMAT.md's.

    Tests/Reader/sparsestore_reader.py STORE            writes all that the store holds, as JSON Lines
    Tests/Reader/sparsestore_reader.py STORE --check    also makes every list, code, tag and frequency anew from the
                                                        documents, and compares
    Tests/Reader/sparsestore_reader.py TARGET FILE      makes FILE of the newest publication of a folder, compared throughout
    Tests/Reader/sparsestore_reader.py --can-run        exit code 0 when what it needs is installed

It needs lmdb and zstandard (Debian: python3-lmdb, python3-zstandard) and is made to be read, not to be fast. The exit code
is 1 and the last line of standard error says why when the store breaks a rule.
"""

import hashlib
import json
import math
import struct
import sys
from pathlib import Path

try:
    import lmdb
    import zstandard
except ImportError as missing:
    sys.exit(f"{missing}; install python3-lmdb and python3-zstandard, or pip install lmdb zstandard")

# 4: kinds; 5: tables
KINDS = {name: number for number, name in enumerate(
    ("store manifest bookmark identifier document termID termName statisticsPage statisticsDelta segmentDirectory "
     "segmentChunk tombstonePage dictionary segmentDocuments segmentForward tuning segmentTags segmentOrder multivector "
     "multivectorCodec claim retired blockIndex blockDirectory").split(), 1)}
KINDS.update(attributeSchema=25, segmentColumn=26, multivectorSettings=28, encoder=29)
TABLES = {name: number for number, name in enumerate(
    "meta ids documents multivectors vocabulary statistics segments tombstones dictionaries changes".split(), 1)}
PARTS = {1: "segmentDirectory", 2: "segmentChunk", 3: "segmentDocuments", 4: "segmentForward", 5: "segmentChunk",
         6: "segmentTags", 7: "segmentOrder", 12: "segmentColumn"}
BLOCK_PARTS = {8: "blockDirectory", 9: "segmentChunk", 10: "segmentChunk", 11: "segmentChunk"}
LINES_PER_CHUNK, SLOTS_PER_CHUNK, LINE_COMPONENTS = 1_023, 8_184, 21
TERMS_PER_PAGE, ORDINALS_PER_PAGE = 1016, 8192
LEVEL_BOUNDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
PAD = 65_535
INTEGER, NUMBER, BOOLEAN, STRING, DATE, INTEGERS, STRINGS = range(1, 8)
TYPES = ("integer", "number", "boolean", "string", "date", "integers", "strings")
MASK = (1 << 64) - 1


class Broken(Exception):
    """The store breaks a rule."""


def require(holds, rule):
    if not holds:
        raise Broken(rule)


def xxh64(data, seed=0):
    """github.com/Cyan4973/xxHash, doc/xxhash_spec.md."""
    p1, p2, p3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
    p4, p5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5

    def rotate(value, bits):
        return (value << bits | value >> (64 - bits)) & MASK

    def mix(lane, word):
        return rotate((lane + word * p2) & MASK, 31) * p1 & MASK

    position, length = 0, len(data)
    if length >= 32:
        lanes = [(seed + p1 + p2) & MASK, (seed + p2) & MASK, seed, (seed - p1) & MASK]
        stripes = length // 32
        words = struct.unpack_from(f"<{4 * stripes}Q", data)
        for first in range(0, 4 * stripes, 4):
            lanes = [mix(lane, word) for lane, word in zip(lanes, words[first:first + 4])]
        value = sum(rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            value = ((value ^ mix(0, lane)) * p1 + p4) & MASK
        position = 32 * stripes
    else:
        value = (seed + p5) & MASK
    value = (value + length) & MASK
    while position + 8 <= length:
        value = (rotate(value ^ mix(0, struct.unpack_from("<Q", data, position)[0]), 27) * p1 + p4) & MASK
        position += 8
    if position + 4 <= length:
        value = (rotate(value ^ struct.unpack_from("<I", data, position)[0] * p1 & MASK, 23) * p2 + p3) & MASK
        position += 4
    for byte in data[position:]:
        value = rotate(value ^ byte * p5 & MASK, 11) * p1 & MASK
    value = (value ^ value >> 33) * p2 & MASK
    value = (value ^ value >> 29) * p3 & MASK
    return value ^ value >> 32


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Body:
    """The bytes of a body, read from front to back; never past the end (12)."""

    def __init__(self, data, version=1):
        self.data, self.version, self.position = data, version, 0

    def take(self, count):
        require(count <= len(self.data) - self.position, "a length reaches past the end of its value")
        self.position += count
        return self.data[self.position - count:self.position]

    def fields(self, layout):
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def field(self, code):
        return self.fields(code)[0]

    def zeros(self, count):
        require(not any(self.take(count)), "I2: reserved bytes are zero")

    def varint(self, bits):
        value = shift = 0
        while True:
            byte = self.field("B")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                require((byte or not shift) and value < 1 << bits, "a varint is in its shortest form and fits")
                return value
            shift += 7

    def rest(self):
        return self.take(len(self.data) - self.position)

    def end(self):
        require(self.position == len(self.data), "nothing follows the last field")


def open_value(table, key, value, kind):
    """12, steps 1 to 6. The body."""
    require(len(value) >= 16, "a value has 16 bytes or more")
    checksum, stored_kind, version, flags, length = struct.unpack_from("<QBBHI", value)
    require(length == len(value) - 16, "bodyLength is the value's length less 16")
    seed = xxh64(key, TABLES[table])
    require(xxh64(value[8:], seed) == checksum, "the checksum fits the bytes, the key and the table")
    require(stored_kind == KINDS[kind], "the kind is the one the place asks for")
    require(1 <= version <= dict(blockDirectory=2, tuning=3).get(kind, 1) and flags == 0, "version and flags are known")
    return Body(value[16:], version)


def text(data, least, most):
    require(least <= len(data) <= most, "I14: the length of a string is within its limits")
    return data.decode("utf-8")


def frame_content(frame, limit, dictionary=None):
    """12, step 8. The content of one zstd frame."""
    parameters = zstandard.get_frame_parameters(frame)
    require(0 < parameters.content_size <= limit and not parameters.has_checksum and parameters.dict_id == 0,
            "a frame says its size, and has no checksum and no dictionary id")
    decoder = zstandard.ZstdDecompressor(
        dict_data=dictionary and zstandard.ZstdCompressionDict(dictionary), max_window_size=1 << 27)
    content = decoder.decompress(frame, max_output_size=parameters.content_size)
    require(len(content) == parameters.content_size, "a frame has the content it says")
    return content


class Store:
    def __init__(self, path):
        # 5: one file; the reader of a file that nobody writes needs no lock.
        self.environment = lmdb.open(path, subdir=False, readonly=True, lock=False, max_dbs=16)
        handles = {name: self.environment.open_db(name.encode(), create=False) for name in TABLES}
        self.transaction = self.environment.begin()
        self.entries = {
            name: [(bytes(key), bytes(value)) for key, value in self.transaction.cursor(db=handle)]
            for name, handle in handles.items()}
        self.values = {name: dict(entries) for name, entries in self.entries.items()}
        self.store = self.read_store()
        self.manifest = self.read_manifest()
        self.encoder = self.read_encoder()
        self.dictionaries = {
            struct.unpack(">I", key)[0]: open_value("dictionaries", key, value, "dictionary").rest()
            for key, value in self.entries["dictionaries"]}

    def value(self, table, key, kind):
        require(key in self.values[table], f"table {table} has the key {key!r}")
        return open_value(table, key, self.values[table][key], kind)

    def read_store(self):
        """6.1"""
        body = self.value("meta", b"store", "store")
        require(body.take(8) == b"SPARSEST", "I1: a store record begins with the magic SPARSEST")
        names = ("formatMajor", "formatMinor", "compatibleFeatures", "readOnlyCompatibleFeatures",
                 "incompatibleFeatures", "pageSize", "createdAt")
        record = dict(zip(names, body.fields("HHQQQIQ")), uuid=body.take(16).hex())
        body.end()
        # 11: what a reader refuses.
        require(record["formatMajor"] == 1, f"format {record['formatMajor']} is not known")
        require(record["incompatibleFeatures"] == 0, "features without which nothing can be read rightly")
        return record

    def read_manifest(self):
        """6.2"""
        body = self.value("meta", b"manifest", "manifest")
        names = ("generation", "nextDocument", "documents", "nonzeros", "termSpace", "profile")
        manifest = dict(zip(names, body.fields("QQQQBB")))
        require(manifest["profile"] in (0, 1), "I15: a profile has a known value")
        body.zeros(2)
        names = ("nextTerm", "nextSegment", "nextDictionary", "currentDictionary", "firstStatisticsDelta",
                 "nextStatisticsDelta", "bytesWritten", "bytesMerged", "count")
        manifest.update(zip(names, body.fields("IIIIQQQQI")))
        names = ("id", "kind", "reserved", "flags", "documents", "tombstones", "firstDocument", "lastDocument", "nonzeros",
                 "bytes", "changes", "reserved2", "changedAt")
        manifest["segments"] = [
            dict(zip(names, body.fields("IBBHIIQQQQIIQ"))) for _ in range(manifest.pop("count"))]
        body.end()
        for entry in manifest["segments"]:
            require(entry["kind"] == 1, "I6: a segment's kind is 1")
            require(entry.pop("reserved") == entry.pop("reserved2") == 0, "I2: reserved bytes are zero")
            require(entry["flags"] <= 1, "flags are known")
        return manifest

    def read_encoder(self):
        """6.13"""
        if b"encoder" not in self.values["meta"]:
            return None
        body = self.value("meta", b"encoder", "encoder")
        scoring = body.field("B")
        body.zeros(3)
        encoder = dict(zip(("k1", "b", "length", "fingerprint"), body.fields("ffQQ")), scoring=scoring)
        name, parameters = body.fields("HH")
        encoder["name"] = text(body.take(name), 1, 200)
        encoder["parameters"] = text(body.take(parameters), 0, 4_096)
        body.end()
        require(scoring in (0, 1), "I15: a scoring has a known value")
        in_range = 0 <= encoder["k1"] <= 1_000 and 0 <= encoder["b"] <= 1
        require(in_range if scoring else encoder["k1"] == encoder["b"] == encoder["length"] == 0,
                "I50: a BM25 encoder has parameters in their ranges, and other encoders have neither parameters nor a length")
        return encoder

    def read_meta(self):
        """6.3, 6.9"""
        for key, value in self.entries["meta"]:
            if key.startswith(b"bookmark:"):
                body = open_value("meta", key, value, "bookmark")
                yield "bookmark", dict(name=text(key[9:], 1, 200), hex=body.rest().hex())
            elif key == b"tuning":
                body = open_value("meta", key, value, "tuning")
                tuning = dict(zip(("generation", "documents", "queries"), body.fields("QQI")))
                names, layout = ("limit", "effort", "recall", "time", "scored"), "IBfff"
                tuning["bounds"] = []
                if body.version >= 2:
                    names, layout = ("limit", "class", "effort", "recall", "time", "scored"), "IBBfff"
                    tuning["bounds"] = bounds = [body.field("I") for _ in range(body.field("I"))]
                    least = 1 if body.version == 2 else 0
                    require(least <= len(bounds) <= 15, "a tuning has up to 15 bounds, and one or more in version 2")
                    require(all(low < high for low, high in zip([0] + bounds, bounds)), "I27: bounds ascend")
                tuning["points"] = points = [dict(zip(names, body.fields(layout))) for _ in range(body.field("I"))]
                if body.version == 3:
                    tuning["coldTimes"] = cold = [
                        dict(zip(("effort", "time"), body.fields("Bf"))) for _ in range(body.field("I"))]
                    efforts = [time["effort"] for time in cold]
                    require(1 <= len(cold) and efforts == sorted(set(efforts)), "I27: cold times ascend")
                body.end()
                require(all(point.get("class", 0) <= len(tuning["bounds"]) for point in points), "I27: classes are known")
                yield "tuning", tuning
            elif key == b"multivectors":
                self.check_multivectors(open_value("meta", key, value, "multivectorSettings"))
            elif key == b"blocks":
                pass  # BlockIndex reads it
            elif key == b"encoder":
                yield "encoder", self.encoder
            elif key == b"attributes":
                yield "schema", self.read_schema()
            elif key in (b"merge", b"encoding"):
                open_value("meta", key, value, "claim")
            elif key == b"retired":
                open_value("meta", key, value, "retired")
            elif key.startswith(b"codebook:"):
                open_value("meta", key, value, "multivectorCodec")
            else:
                require(key in (b"store", b"manifest"), "I3: a key of meta is one that section 5 names")

    def read_schema(self):
        """6.14: types by name."""
        schema = {}
        if b"attributes" in self.values["meta"]:
            body = self.value("meta", b"attributes", "attributeSchema")
            names = []
            for _ in range(body.field("I")):
                kind, length = body.fields("BB")
                require(1 <= kind <= 7, "I15: a type has a known value")
                names.append(body.take(length))
                schema[text(names[-1], 1, 100)] = TYPES[kind - 1]
            body.end()
            require(all(a < b for a, b in zip(names, names[1:])) and len(names) <= 1024, "I35: attributes ascend")
        return schema

    def check_multivectors(self, body):
        """7.1, I130 to I132; what the codecs keep is left alone."""
        dimension, encoding = body.fields("HB")
        body.zeros(1)
        codebook, _ = body.fields("II")
        require(codebook == 0 or b"codebook:" + struct.pack(">I", codebook) in self.values["meta"],
                "I132: each codebook that the settings name exists")
        said = list(body.fields("QQ"))
        encodings = {}
        for _ in range(body.field("I")):
            body.zeros(2)
            own_encoding = body.field("B")
            body.zeros(1)
            own_codebook, documents = body.fields("IQ")
            encodings[own_encoding, own_codebook] = documents
        body.end()
        require(list(encodings) == sorted(encodings), "I34: the encodings ascend")
        counted, counted_encodings = [0, 0], {}
        for key, value in self.entries["multivectors"]:
            require(key in self.values["documents"], "I130: each multivector belongs to a document")
            entry = open_value("multivectors", key, value, "multivector")
            own_encoding = entry.field("B")
            entry.zeros(1)
            own_dimension, tokens = entry.fields("HH")
            entry.zeros(2)
            own_codebook = entry.field("I")
            require(own_dimension == dimension, "I130: each multivector has the dimension of the settings")
            require(own_codebook == 0 or b"codebook:" + struct.pack(">I", own_codebook) in self.values["meta"],
                    "I132: each codebook that a multivector names exists")
            counted = [a + b for a, b in zip(counted, (tokens, len(value)))]
            own = own_encoding, own_codebook
            counted_encodings[own] = counted_encodings.get(own, 0) + 1
        require(counted == said and counted_encodings == encodings,
                "I131: the settings' counts are those of the entries")

    def read_identifiers(self):
        """6.4"""
        for key, value in self.entries["ids"]:
            body = open_value("ids", key, value, "identifier")
            yield text(key, 1, 500), body.field("Q")
            body.end()

    def read_vocabulary(self):
        """6.5: both directions."""
        numbers, names = {}, {}
        for key, value in self.entries["vocabulary"]:
            if key[:1] == b"\x01":
                body = open_value("vocabulary", key, value, "termID")
                numbers[text(key[1:], 1, 400)] = body.field("I")
                body.end()
            else:
                require(key[:1] == b"\x02" and len(key) == 5, "I3: a key has the length and prefix of its table")
                body = open_value("vocabulary", key, value, "termName")
                names[struct.unpack(">I", key[1:])[0]] = text(body.rest(), 1, 400)
        return numbers, names

    def read_frequencies(self):
        """6.6: pages and the deltas that wait."""
        frequencies = {}
        waiting = range(self.manifest["firstStatisticsDelta"], self.manifest["nextStatisticsDelta"])
        for key, value in self.entries["statistics"]:
            if key[:1] == b"\x01":
                require(len(key) == 5, "I3: a key has the length and prefix of its table")
                page = struct.unpack(">I", key[1:])[0]
                body = open_value("statistics", key, value, "statisticsPage")
                changes = enumerate(body.fields(f"{TERMS_PER_PAGE}I"), page * TERMS_PER_PAGE)
                changes = list(changes)
            else:
                require(key[:1] == b"\x02" and len(key) == 9, "I3: a key has the length and prefix of its table")
                require(struct.unpack(">Q", key[1:])[0] in waiting, "I106: only the deltas that wait are there")
                body = open_value("statistics", key, value, "statisticsDelta")
                changes, term = [], 0
                for index in range(body.field("I")):
                    gap = body.varint(32)
                    require(gap or not index, "I12: terms ascend strictly")
                    term += gap
                    zigzag = body.varint(64)
                    changes.append((term, zigzag >> 1 ^ -(zigzag & 1)))
            body.end()
            for term, change in changes:
                frequencies[term] = frequencies.get(term, 0) + change
        return {term: count for term, count in sorted(frequencies.items()) if count}

    def read_documents(self):
        """7"""
        for key, value in self.entries["documents"]:
            require(len(key) == 8, "I3: a key has the length of its table")
            body = open_value("documents", key, value, "document")
            (identifier_length, vector_encoding, payload_encoding, count, vector_length, payload_length, original_length,
             dictionary, tag_count, tags_length, attributes_length, attribute_count) = body.fields("HBBIIIIIHHHB")
            body.zeros(1)
            document = dict(number=struct.unpack(">Q", key)[0], id=text(body.take(identifier_length), 1, 500))
            vector, tags, attributes, payload = (
                body.take(length) for length in (vector_length, tags_length, attributes_length, payload_length))
            body.end()
            require(dictionary == 0 or dictionary in self.dictionaries, "I109: each dictionary that is named exists")
            require(vector_encoding in (0, 1) and payload_encoding in (0, 1, 2), "I15: an encoding has a known value")
            require(dictionary == 0 or payload_encoding == 2, "I21: a dictionary is named only when a frame uses it")
            document["terms"], document["weights"] = self.vector(Body(vector), count, "e" if vector_encoding == 1 else "f")
            body = Body(tags)
            document["tags"] = [text(body.take(body.varint(32)), 1, 200) for _ in range(tag_count)]
            body.end()
            encoded = [tag.encode() for tag in document["tags"]]
            require(all(a < b for a, b in zip(encoded, encoded[1:])), "I19: tags ascend strictly")
            document["attributes"] = self.attributes(Body(attributes), attribute_count)
            if payload_encoding == 2:
                payload = frame_content(payload, 67_108_864, self.dictionaries.get(dictionary))
            require(len(payload) == original_length, "I20: a payload has the length that is said")
            document["payload"] = payload.hex() if payload_encoding else None
            yield document

    @staticmethod
    def attributes(body, count):
        """6.14, 7: [type, value] by name."""
        def zigzag():
            value = body.varint(64)
            return value >> 1 ^ -(value & 1)

        def string():
            return text(body.take(body.varint(32)), 0, 200)

        def elements(read):
            length = body.varint(32)
            require(1 <= length <= 1024, "I36: a list has 1 to 1024 elements")
            return [read() for _ in range(length)]

        attributes, names = {}, []
        for _ in range(count):
            names.append(body.take(body.varint(32)))
            kind = body.field("B")
            require(1 <= kind <= 7, "I15: a type has a known value")
            if kind in (INTEGER, DATE):
                value = zigzag()
            elif kind == NUMBER:
                value = body.field("d")
                require(math.isfinite(value), "I36: a number is finite")
            elif kind == BOOLEAN:
                value = body.field("B")
                require(value <= 1, "I36: a Boolean is 0 or 1")
                value = bool(value)
            else:
                value = string() if kind == STRING else elements(zigzag if kind == INTEGERS else string)
            attributes[text(names[-1], 1, 100)] = [TYPES[kind - 1], value]
        body.end()
        require(count <= 64 and all(a < b for a, b in zip(names, names[1:])), "I35: attributes ascend")
        return attributes

    @staticmethod
    def vector(body, count, code):
        require(count <= 65_535, "I16: a document has at most 65535 terms")
        weights = list(body.fields(f"{count}{code}"))
        require(all(f32(1e-15) <= weight <= f32(1e15) for weight in weights), "I18: a weight is between 1e-15 and 1e15")
        terms, term = [], 0
        for index in range(count):
            gap = body.varint(32)
            require(gap or not index, "I12: terms ascend strictly")
            term += gap
            terms.append(term)
        body.end()
        return terms, weights

    def parts(self, number, kinds):
        """8: the values of a segment or a block index, by part, and their length."""
        parts, size = {part: [] for part in kinds}, 0
        for key, value in self.entries["segments"]:
            require(len(key) == 9, "I3: a key has the length of its table")
            owner, part, index = struct.unpack(">IBI", key)
            if owner == number:
                require(part in kinds, "I110, I121: there are no other parts")
                require(index == len(parts[part]), "8.3.1, 8.5.1: indices have no gaps")
                parts[part].append(open_value("segments", key, value, kinds[part]))
                size += len(value)
        return parts, size

    def marked(self, table, segment):
        """6.7: the dead or the changed ordinals."""
        dead = []
        for key, value in self.entries[table]:
            owner, page = struct.unpack(">II", key)
            if owner == segment:
                bits = int.from_bytes(open_value(table, key, value, "tombstonePage").take(1024), "little")
                dead += [page * ORDINALS_PER_PAGE + bit for bit in range(ORDINALS_PER_PAGE) if bits >> bit & 1]
        return sorted(dead)


def raw_chunk(body):
    """8.1, of a window or a block index: raw."""
    require(body.field("B") == 0, "chunks that are read where they lie are raw")
    body.zeros(3)
    length = body.field("I")
    body.zeros(24)
    data = body.rest()
    require(len(data) == length, "I22: the lengths of a chunk match its codec")
    return data


def code_of(weight, maximum):
    """8.3.2, codes: the f32 product of the weight and the f32 quotient 255 / maximum, to the nearest, halves up."""
    return min(255, math.floor(f32(weight * f32(255 / maximum)) + 0.5))


class Window:
    """8: one segment of the manifest."""

    # 8.3.3: by encoding, the bytes of a list of so many postings, in a window of so many documents.
    LIST_BYTES = {
        0: lambda count, _: 3 * count, 1: lambda count, _: (count + 7) // 8 * 24, 2: lambda _, documents: documents}

    def __init__(self, store, entry, documents):
        self.entry, self.id, self.encoder = entry, entry["id"], store.encoder
        parts, size = store.parts(self.id, PARTS)
        require(size == entry["bytes"], "I110: bytes is the length of all values of the segment")
        require(entry["flags"] in (0, 1), "flags are known")
        self.is_compact = entry["flags"] == 1
        require(all(len(parts[part]) == 1 for part in (1, 3)) and len(parts[7]) <= 1,
                "I110: each segment has all its parts")
        vectors = [len(parts[4]), bool(parts[5])]
        require(vectors == ([0, False] if self.is_compact else [1, True]), "I110: each segment has all its parts")
        self.chunks = [raw_chunk(body) if body.data[:1] == b"\0" else self.planes_chunk(body) for body in parts[2]]
        self.forward_chunks = [raw_chunk(body) for body in parts[5]]
        self.read_directory(parts[1][0])
        self.read_documents(parts[3][0], parts[7])
        if self.is_compact:
            self.vectors = [documents.get(number) for number in self.numbers]
        else:
            self.read_vectors(parts[4][0])
        self.tags = dict(tag for body in parts[6] for tag in self.read_tags(body))
        self.columns = dict(self.read_column(body) for body in parts[12])
        names = [name.encode() for name in self.columns]
        require(all(a < b for a, b in zip(names, names[1:])), "I35: columns ascend")
        self.dead = store.marked("tombstones", self.id)
        self.changed = set(store.marked("changes", self.id))
        require(len(self.changed) == entry["changes"], "I125: changes are as many as the entry says")
        require(len(self.dead) == entry["tombstones"], "I104: tombstones are as many as the entry says")

    def planes_chunk(self, body):
        """8.3.3, of the lists of a compact segment: originalLength and the frame."""
        require(body.field("B") == 1 and self.is_compact, "chunks of a window are raw, or lists in planes")
        body.zeros(3)
        length = body.field("I")
        body.zeros(24)
        frame = body.rest()
        require(0 < len(frame) < length <= 16_777_216, "I22: the lengths of a chunk match its codec")
        return length, frame

    def read_directory(self, body):
        """8.3.2, 8.3.3"""
        self.documents, terms, nonzeros, chunks, self.levels = body.fields("IIQIB")
        body.zeros(3)
        self.reference = body.field("f")
        body.zeros(4)
        has_impacts = self.encoder is not None and self.encoder["scoring"] == 1
        require(math.isfinite(self.reference) and (self.reference > 0) == has_impacts,
                "I24, 7.2: lists have a reference length where BM25 scores")
        require(self.levels in (1, 8) and chunks == len(self.chunks), "I24: a window's counts agree")
        self.terms = list(body.fields(f"{terms}I"))
        self.lists, places, end = [], [], (0, 0)
        for term in self.terms:
            maximum, offset, count, chunk, encoding = body.fields("fIIHB")
            body.zeros(1)
            ends = list(body.fields(f"{self.levels - 1}H")) + [count]
            averages = list(body.fields(f"{self.levels}B"))
            body.zeros(-(16 + 3 * self.levels - 2) % 4)
            require(offset % 8 == 0, "I25: a list is aligned")
            require(encoding in self.LIST_BYTES, "I15: a known encoding")
            require((chunk, offset) >= end, "I25: a list begins behind the one before")
            end = (chunk, offset + self.LIST_BYTES[encoding](count, self.documents))
            places.append((chunk, offset))
            self.lists.append(dict(
                segment=self.id, term=term, maximum=maximum, encoding=encoding, ends=ends, averages=averages))
        body.end()
        for index, chunk in enumerate(self.chunks):
            inside = [(one, offset) for one, (own, offset) in zip(self.lists, places) if own == index]
            if isinstance(chunk, tuple):
                self.read_planes(*chunk, inside)
            else:
                for one, offset in inside:
                    one["postings"] = self.postings(Body(chunk[offset:]), one["encoding"], one["ends"][-1], one["ends"])
        require(all(len(one["postings"]) == one["ends"][-1] for one in self.lists), "I25: a list has its postings")
        require(sum(len(one["postings"]) for one in self.lists) == nonzeros == self.entry["nonzeros"],
                "I24: nonzeros is the sum of all counts")
        require(self.documents == self.entry["documents"], "I110: the parts agree with the entry")

    def read_planes(self, length, frame, lists):
        """8.3.3, planes"""
        require(all(offset + self.LIST_BYTES[one["encoding"]](one["ends"][-1], self.documents) <= length
                    for one, offset in lists),
                "I25: a list lies inside its chunk")
        planes = Body(frame_content(frame, length))
        runs = []
        for one, _ in lists:
            one["postings"] = []
            if one["encoding"] != 2:
                runs += [(one, level, end - begin)
                         for level, (begin, end) in enumerate(zip([0] + one["ends"], one["ends"]))]
        total = sum(count for _, _, count in runs)
        gaps = [low | high << 8 for low, high in zip(planes.take(total), planes.take(total))]
        ordinals = []
        for _, _, count in runs:
            ordinal = -1
            for gap in gaps[len(ordinals):len(ordinals) + count]:
                ordinal = ordinal + gap + 1 & 0xFFFF
                ordinals.append(ordinal)
        codes = [planes.take(sum(count for _, own, count in runs if own == level)) for level in range(self.levels)]
        used, place = [0] * self.levels, 0
        for one, level, count in runs:
            own = codes[level][used[level]:used[level] + count]
            one["postings"] += zip(ordinals[place:place + count], own)
            used[level] += count
            place += count
        for one, _ in lists:
            if one["encoding"] == 2:
                one["postings"] = [(ordinal, code) for ordinal, code in enumerate(planes.take(self.documents)) if code]
        planes.end()

    def postings(self, body, encoding, count, ends):
        """Ordinal and code of each posting, in the order in which they stand; by ordinal where the list is dense."""
        if encoding == 0:
            ordinals = body.fields(f"{count}H")
            return list(zip(ordinals, body.fields(f"{count}B")))
        if encoding == 2:
            return [(ordinal, code) for ordinal, code in enumerate(body.take(self.documents)) if code]
        require(encoding == 1, "I15: an encoding byte has a known value")
        postings = []
        for _ in range((count + 7) // 8):
            postings += zip(body.fields("8H"), body.fields("8B"))
        require(all(pad == (PAD, 0) for pad in postings[count:]), "pads are 65,535 with code 0")
        return postings[:count]

    def read_documents(self, body, order):
        """8.2, 8.3.5"""
        base = body.field("Q")
        offsets = body.fields(f"{self.documents}I")
        body.end()
        require(all(a < b for a, b in zip(offsets, offsets[1:])), "I23: documents ascend strictly")
        ordinals = order[0].fields(f"{self.documents}H") if order else range(self.documents)
        require(sorted(ordinals) == list(range(self.documents)), "I29: an order is a permutation")
        self.numbers = [0] * self.documents
        for rank, ordinal in enumerate(ordinals):
            self.numbers[ordinal] = base + offsets[rank]
        require((base + offsets[0], base + offsets[-1]) == (self.entry["firstDocument"], self.entry["lastDocument"]),
                "I110: firstDocument and lastDocument are the lowest and the highest number")

    def read_vectors(self, body):
        """8.3.4"""
        self.vectors = []
        places = body.fields(f"{self.documents}I")
        body.end()
        full = len(self.forward_chunks[0]) if len(self.forward_chunks) > 1 else 1_048_576
        require(full in (65_472, 1_048_576) and all(len(chunk) == full for chunk in self.forward_chunks[:-1])
                and len(self.forward_chunks[-1]) <= full, "8.3.4: chunks but the last are full")
        units = full // 4
        for place in places:
            record = Body(self.forward_chunks[place // units][place % units * 4:])
            count, identifier_length = record.fields("HH")
            weights = list(record.fields(f"{count}f"))
            positions = record.fields(f"{count}{'I' if len(self.terms) > 65_536 else 'H'}")
            self.vectors.append(dict(
                id=text(record.take(identifier_length), 1, 500), terms=[self.terms[place] for place in positions],
                weights=weights))

    def read_tags(self, body):
        """8.4"""
        documents, count = body.fields("II")
        require(documents == self.documents, "I110: all parts are of the same number of documents")
        ends = [body.fields("II") for _ in range(count)]
        names = body.take(ends[-1][0])
        lists = body.take(ends[-1][1])
        body.end()
        name_begin = list_begin = 0
        for name_end, list_end in ends:
            data = lists[list_begin:list_end]
            if len(data) == (documents + 7) // 8:
                bits = int.from_bytes(data, "little")
                ordinals = [ordinal for ordinal in range(documents) if bits >> ordinal & 1]
            else:
                ordinals = list(struct.unpack(f"<{len(data) // 2}H", data))
            yield text(names[name_begin:name_end], 1, 200), ordinals
            name_begin, list_begin = name_end, list_end

    def read_column(self, body):
        """8.6: the name, and the type and values by ordinal."""
        documents, kind, presence, width = body.fields("IBBB")
        body.zeros(1)
        present, count, base, unit, string_count, text_length, name_length = body.fields("IIQQIIH")
        body.zeros(6)
        require(documents == self.documents, "I110: all parts are of the same number of documents")
        require(1 <= kind <= 7 and presence <= 2 and unit >= 1, "I15, I37: a column's fields are known")
        form = 0 if present == documents else 2 if 8 * present < documents else 1
        require(presence == form, "I37: the presence is in the shortest form")
        def align():
            body.zeros(-body.position % 8)

        name = text(body.take(name_length), 1, 100)
        align()
        ordinals = list(range(documents))
        if presence == 1:
            bits = int.from_bytes(body.take((documents + 7) // 8), "little")
            has_value = [bits >> ordinal & 1 for ordinal in ordinals]
        elif presence == 2:
            ordinals = list(body.fields(f"{present}H"))
        if presence != 1:
            has_value = [1] * len(ordinals)
        require(sum(has_value) == present, "I37: as many documents have a value as the column says")
        align()
        ends = list(range(1, len(ordinals) + 1))
        if kind in (INTEGERS, STRINGS):
            ends = list(body.fields(f"{len(ordinals)}I"))
        align()
        ranges = [body.fields("QQ") for _ in range((count + 1023) // 1024)]
        bits = int.from_bytes(body.take((count * width + 7) // 8), "little")
        codes = [bits >> index * width & (1 << width) - 1 for index in range(count)]
        align()
        string_ends = body.fields(f"{string_count}I")
        data = body.take(text_length)
        body.end()
        strings = [text(data[begin:end], 0, 200) for begin, end in zip((0, *string_ends), string_ends)]
        encoded = [string.encode() for string in strings]
        require(all(a < b for a, b in zip(encoded, encoded[1:])), "I38: strings ascend")

        def element(code):
            key = base + code * unit
            if kind in (STRING, STRINGS):
                return strings[code]
            if kind == BOOLEAN:
                return bool(key)
            if kind == NUMBER:
                return struct.unpack("<d", struct.pack("<Q", key ^ 1 << 63 if key >> 63 else key ^ MASK))[0]
            return (key ^ 1 << 63) - (1 << 64) * (key >> 63 == 0)

        valued, values, begin = [], {}, 0
        for index, end in enumerate(ends):
            if has_value[index]:
                own = [element(code) for code in codes[begin:end]]
                values[ordinals[index]] = own if kind in (INTEGERS, STRINGS) else own[0]
            valued += [has_value[index]] * (end - begin)
            begin = end
        require(begin == count, "I37: every code is of an entry")
        for block, said in enumerate(ranges):
            own = [code for code, is_there in list(zip(codes, valued))[1024 * block:1024 * (block + 1)] if is_there]
            require(said == (min(own, default=MASK), max(own, default=0)), "I38: a range is that of its codes")
        return name, (kind, values)

    def check_columns(self, documents):
        """I124"""
        expected = {}
        for ordinal, number in enumerate(self.numbers):
            document = documents.get(number)
            if document and ordinal not in self.dead and ordinal not in self.changed:
                for name, (kind, value) in document["attributes"].items():
                    expected.setdefault(name, {})[ordinal] = value
        skipped = set(self.dead) | self.changed
        for name, (kind, values) in self.columns.items():
            live = {ordinal: value for ordinal, value in values.items() if ordinal not in skipped}
            wanted = {
                ordinal: sorted(set(value), key=lambda one: one.encode() if isinstance(one, str) else one)
                if isinstance(value, list) else float(value) if kind == NUMBER else value
                for ordinal, value in expected.pop(name, {}).items()}
            require(live == wanted, f"I124: the column {name} is the documents'")
        require(not expected, "I124: each attribute has a column")

    def check(self, documents):
        """8.3.7: the segment is what its documents make it."""
        made = {}
        tags = {}
        gone = {ordinal for ordinal, vector in enumerate(self.vectors) if vector is None}
        require(gone <= set(self.dead), "I103: each place is a live document or dead")
        for ordinal, vector in enumerate(self.vectors):
            if vector is None:
                continue
            weights = self.impacts(vector["weights"])
            for term, weight, level in zip(vector["terms"], weights, self.levels_of(weights)):
                made.setdefault(term, []).append((level, ordinal, weight))
            document = documents.get(self.numbers[ordinal])
            require((document is None) == (ordinal in self.dead), "I103: each place is a live document or dead")
            if document:
                same = all(document[field] == vector[field] for field in ("id", "terms", "weights"))
                require(same, "I114: exact vectors are those of the documents")
                for tag in document["tags"] if ordinal not in self.changed else []:
                    tags.setdefault(tag, []).append(ordinal)
        skipped = set(self.dead) | self.changed
        live = {tag: [ordinal for ordinal in ordinals if ordinal not in skipped] for tag, ordinals in self.tags.items()}
        self.check_columns(documents)
        require({tag: ordinals for tag, ordinals in live.items() if ordinals} == tags, "I113: tags are the documents'")
        has_all = set(made) <= set(self.terms) if gone else sorted(made) == self.terms
        require(has_all, "I112: the directory has the terms of the documents")
        for one in self.lists:
            self.check_list(one, sorted(made.get(one["term"], [])), gone)

    def impacts(self, weights):
        """7.2, at the reference length; the weights themselves where BM25 does not score"""
        if not self.reference:
            return weights
        k1, b = self.encoder["k1"], self.encoder["b"]
        length = f32(sum(weights) / self.reference)
        norm = f32(k1 * f32(f32(1 - b) + f32(b * length)))
        return [f32(f32(count * f32(k1 + 1)) / f32(count + norm)) for count in weights]

    def check_list(self, one, expected, gone):
        maximum = one["maximum"]
        most = max((weight for _, _, weight in expected), default=0)
        require(most <= maximum if gone else most == maximum, "maximum is the largest weight")
        least = 1 if one["encoding"] == 2 else 0
        postings = [(ordinal, max(least, code_of(weight, maximum))) for _, ordinal, weight in expected]
        known = [posting for posting in one["postings"] if posting[0] not in gone]
        require(known == (sorted(postings) if least else postings), "I112: postings are the documents'")
        if gone and least:
            return  # of which level those of the others were, a dense list does not say
        for level in range(self.levels):
            own = [code for (_, code), (place, _, _) in zip(postings, expected) if place == level]
            if gone:
                held = one["postings"][one["ends"][level - 1] if level else 0:one["ends"][level]]
                require([code for ordinal, code in held if ordinal not in gone] == own, "I112: levels are the documents'")
                own = [code for _, code in held]
            begin = one["ends"][level - 1] if level else 0
            require(one["ends"][level] - begin == len(own), "ends say how many postings a level has")
            require(one["averages"][level] == (max(1, sum(own) // len(own)) if own else 0), "averages are means of codes")

    def levels_of(self, weights):
        if self.levels == 1:
            return [0] * len(weights)
        mass = heavier = 0.0
        for weight in weights:
            mass = f32(mass + weight)
        levels = [0] * len(weights)
        for index in sorted(range(len(weights)), key=lambda index: (-weights[index], index)):
            levels[index] = sum(heavier >= f32(f32(bound) * mass) for bound in LEVEL_BOUNDS)
            heavier = f32(heavier + weights[index])
        return levels


class BlockIndex:
    """6.12, 8.5"""

    def __init__(self, store):
        body = store.value("meta", b"blocks", "blockIndex")
        self.number, size, count = body.fields("IQI")
        self.sources = [body.fields("II") for _ in range(count)]
        body.end()
        ids = [segment for segment, _ in self.sources]
        require(ids and len(set(ids)) == len(ids), "I42: a block index has sources, each once")
        known = {entry["id"] for entry in store.manifest["segments"]}
        require(self.number not in known and max(ids + [self.number]) < store.manifest["nextSegment"],
                "I120: the number and the sources were given out")
        parts, held = store.parts(self.number, BLOCK_PARTS)
        require(held == size, "I121: bytes is the length of all values")
        require(len(parts[8]) == 1, "I121: the block index has all its parts")
        self.list_chunks, places, lines = ([raw_chunk(body) for body in parts[part]] for part in (9, 10, 11))
        self.read_directory(parts[8][0])
        self.begins, begin = [], 0
        for _, documents in self.sources:
            self.begins.append(begin)
            begin += documents
        require(0 < self.slots <= begin, "I43: slots are at most the documents of the sources")
        self.check_lengths(places, self.slots, SLOTS_PER_CHUNK, 8)
        self.check_lengths(lines, self.lines, LINES_PER_CHUNK, 64)
        self.places = [pair for chunk in places for pair in struct.iter_unpack("<II", chunk)]
        self.slot_of = {document: slot for slot, (_, document) in enumerate(self.places)}
        require(len(self.slot_of) == self.slots and max(self.slot_of) < begin, "I123: slots are of documents, one each")
        self.line_chunks = lines

    @staticmethod
    def check_lengths(chunks, elements, per_chunk, size):
        expected = [min(per_chunk, elements - first) * size for first in range(0, elements, per_chunk)]
        require([len(chunk) for chunk in chunks] == expected, "I43: chunks have the lengths that the counts ask for")

    def read_directory(self, body):
        """8.5.2"""
        count, self.slots, self.lines, chunks = body.fields("IIQI")
        body.zeros(12)
        require(chunks == len(self.list_chunks), "I43: counts agree")
        require(count <= (65_536 if body.version == 1 else 1_048_576), "14: the terms of a block index")
        self.terms, self.maxima, self.lists, end = [], [], [], (0, 0)
        for _ in range(count):
            term, maximum, chunk, offset, postings, blocks, columns, components = body.fields("IfIIIIII")
            require(not self.terms or self.terms[-1] < term, "I12: terms ascend strictly")
            self.terms.append(term)
            self.maxima.append(maximum)
            if postings == 0:
                require((chunk, offset, blocks, columns, components) == (0,) * 5, "I44: no list, and nothing of one")
                self.lists.append(None)
                continue
            require(offset % 8 == 0, "I44: a list is aligned")
            require((chunk, offset) >= end, "I44: a list begins behind the one before")
            end = (chunk, offset + 4 * postings + 2 * blocks + 6 * columns + (2 if blocks <= 256 else 3) * components)
            data = Body(self.list_chunks[chunk][offset:])
            self.lists.append(self.read_list(data, postings, blocks, columns, components))
        self.numbers = list(range(count)) if body.version == 1 else list(body.fields(f"{count}H"))
        body.end()

    @staticmethod
    def read_list(data, postings, blocks, columns, components):
        """8.5.3: slots, ends of blocks, and (number, block, code) of each component."""
        slots, ends = data.fields(f"{postings}I"), data.fields(f"{blocks}H")
        numbers, column_ends = data.fields(f"{columns}H"), data.fields(f"{columns}I")
        places = data.fields(f"{components}{'B' if blocks <= 256 else 'H'}")
        codes = data.fields(f"{components}B")
        for ascending, last in ((ends, postings), (column_ends, components)):
            require(all(a < b for a, b in zip(ascending, ascending[1:])) and (not ascending or ascending[0] > 0)
                    and (ascending[-1] if ascending else 0) == last, "I122: ends ascend to the last")
        found, begin = [], 0
        for number, end in zip(numbers, column_ends):
            found += [(number, place, code) for place, code in zip(places[begin:end], codes[begin:end])]
            begin = end
        require(found == sorted(set(found)) and all(place < blocks for _, place, _ in found), "I122: components ascend")
        require(len({(number, place) for number, place, _ in found}) == len(found), "I122: a component is there once")
        return dict(slots=list(slots), ends=list(ends), components=found)

    def document(self, slot):
        """8.5.4: the (number, code) pairs of the lines from a slot's place on."""
        place, components, more = self.places[slot][0], [], 1
        while more:
            line = self.line_chunks[place // LINES_PER_CHUNK][place % LINES_PER_CHUNK * 64:][:64]
            fields = struct.unpack("<21H21B", line[:63])
            components += [(number, code) for number, code in zip(fields[:21], fields[21:]) if code]
            more, place = line[63], place + 1
        return components

    def check(self, windows):
        """8.5.6"""
        windows = {window.id: window for window in windows}
        of = {term: position for position, term in enumerate(self.terms)}
        largest, explained, has_gap = [0.0] * len(self.terms), set(), False
        present = [windows.get(segment) for segment, _ in self.sources]
        most = LINES_PER_CHUNK * LINE_COMPONENTS
        for begin, (_, documents), window in zip(self.begins, self.sources, present):
            if window is None:
                if not has_gap:
                    explained.update(place for place, maximum in enumerate(self.maxima) if maximum >= largest[place])
                has_gap = True
                continue
            require(window.documents == documents, "I120: a source has as many documents as the segment")
            require(set(window.terms) <= set(of), "I121: each term of a source has an entry")
            for one in window.lists:
                place = of[one["term"]]
                largest[place] = max(largest[place], one["maximum"])
                if largest[place] == self.maxima[place]:
                    explained.add(place)
            for ordinal, vector in enumerate(window.vectors):
                if ordinal in window.dead or not vector["terms"]:
                    continue
                pairs = sorted(zip(vector["weights"], vector["terms"]), key=lambda pair: (-pair[0], pair[1]))
                expected = [(self.numbers[of[term]], max(1, code_of(weight, self.maxima[of[term]])))
                            for weight, term in pairs]
                require(begin + ordinal in self.slot_of, "I123: each live document has a slot")
                held = self.document(self.slot_of[begin + ordinal])
                require(held == expected[:most], "I123: lines are those of the live documents")
        require(len(explained) == len(self.terms), "I121: each maximum is the largest of the first n sources, for some n")
        for number, one in zip(self.numbers, self.lists):
            if one is None:
                continue
            require(max(one["slots"]) < self.slots and len(set(one["slots"])) == len(one["slots"]),
                    "I122: slots are there, each once")
            made, begin = [], 0
            for end in one["ends"]:
                documents = [self.document(slot) for slot in one["slots"][begin:end]]
                require(all(number in dict(document) or len(document) == most for document in documents),
                        "I122: each document has the term")
                block = {}
                for document in documents:
                    for other, code in document:
                        block[other] = max(block.get(other, 0), code)
                made.append(block)
                begin = end
            require(all(made[place].get(other) == code for other, place, code in one["components"]),
                    "I122: a summary has the largest codes of its block")


def dump(path, checking, write):
    store = Store(path)
    write("store", store.store)
    write("manifest", store.manifest)
    for name, record in store.read_meta():
        write(name, record)
    identifiers = dict(store.read_identifiers())
    numbers, names = store.read_vocabulary()
    frequencies = store.read_frequencies()
    documents = {document["number"]: document for document in store.read_documents()}
    windows = [Window(store, entry, documents) for entry in store.manifest["segments"]]
    for term, name in names.items():
        write("term", dict(number=term, name=name))
    write("frequencies", list(frequencies.items()))
    for document in documents.values():
        write("document", document)
    for window in windows:
        write("segment", dict(id=window.id, numbers=window.numbers, dead=window.dead, levels=window.levels))
        for one in window.lists:
            write("list", one)
        for ordinal, vector in enumerate(window.vectors):
            if vector is not None:
                vector = {field: vector[field] for field in ("id", "terms", "weights")}
                write("vector", dict(segment=window.id, ordinal=ordinal, **vector))
        for tag, ordinals in window.tags.items():
            write("tag", dict(segment=window.id, name=tag, ordinals=ordinals))
    blocks = BlockIndex(store) if b"blocks" in store.values["meta"] else None
    if blocks:
        write("blocks", dict(number=blocks.number, sources=blocks.sources, slots=blocks.slots, lines=blocks.lines))
        for term, number, maximum, one in zip(blocks.terms, blocks.numbers, blocks.maxima, blocks.lists):
            write("blockList", dict(term=term, number=number, maximum=maximum, list=one))
    if not checking:
        return
    require(identifiers == {document["id"]: number for number, document in documents.items()}, "I101: identifiers")
    require(len(documents) == store.manifest["documents"], "I102: documents")
    require(sum(len(one["terms"]) for one in documents.values()) == store.manifest["nonzeros"], "I102: nonzeros")
    if store.encoder and store.encoder["scoring"]:
        weights = [weight for document in documents.values() for weight in document["weights"]]
        require(all(weight == int(weight) for weight in weights) and sum(weights) == store.encoder["length"],
                "I140: weights are whole numbers, and the length is their sum")
    require(numbers == {name: term for term, name in names.items()}, "I107: the vocabulary, both ways")
    counted = {}
    for document in documents.values():
        for term in document["terms"]:
            counted[term] = counted.get(term, 0) + 1
    require(frequencies == dict(sorted(counted.items())), "I105: document frequencies")
    for window in windows:
        window.check(documents)
    if blocks:
        blocks.check(windows)
    places = [number for window in windows for ordinal, number in enumerate(window.numbers) if ordinal not in window.dead]
    require(sorted(places) == sorted(documents), "I103: each document is in exactly one segment")


def restore(target, file):
    """15: a file of the newest publication."""
    def sha256(data):
        return hashlib.sha256(data).digest()

    def chunk(hash, size):
        if hash == bytes(32):
            return bytes(size)
        digits = hash.hex()
        content = zstandard.ZstdDecompressor().decompress((target / "chunks" / digits[:2] / digits).read_bytes())
        require(len(content) == size and sha256(content) == hash, f"15: the chunk {digits} has the hash in its name")
        return content

    head = (target / "target").read_bytes()
    require(head[:16] == b"SPARSETG" + b"\1" + bytes(7), "15.1: magic and version")
    require(len(head) == 40 and xxh64(head[:32]) == struct.unpack("<Q", head[32:])[0], "15.1: the checksum")
    newest = max((target / "manifests").iterdir())
    manifest = newest.read_bytes()
    require(sha256(manifest).hex() == newest.name[21:], "15: a manifest has the hash in its name")
    require(manifest[:16] == b"SPARSEPB" + b"\1" + bytes(7), "15.2: magic and version")
    generation, transaction, _, _, pages, page_size, extent_pages, count = struct.unpack_from("<QQQQQIII", manifest, 32)
    require(manifest[16:32] == head[16:32] and generation == int(newest.name[:20]), "15.2: uuid and generation")
    extents, size = -(-pages // extent_pages), extent_pages * page_size
    require(count == -(-extents // 128) and len(manifest) == 88 + 32 * count, "15.2: the number of nodes")
    nodes = [chunk(manifest[at:at + 32], 4096) for at in range(88, len(manifest), 32)]
    hashes = [node[at:at + 32] for node in nodes for at in range(0, 4096, 32)]
    require(not any(map(any, hashes[extents:])), "15.2: zeros after the last extent")
    with open(file, "xb") as out:
        for hash in hashes[:extents]:
            out.write(chunk(hash, size))
        out.truncate(pages * page_size)
    with open(file, "rb") as made:
        first, second = made.read(page_size), made.read(page_size)
    mark = first[-56:]
    require(mark[:32] == b"SPARSEST COPY OF" + head[16:32], "15.2: the mark's magic and uuid")
    require(struct.unpack("<QQQ", mark[32:]) == (generation, transaction, xxh64(mark[:48] + first[:152] + second[:152])),
            "15.2: the mark fits the header pages")


def main():
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if "--can-run" in sys.argv:
        return
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    try:
        if len(arguments) == 2:
            return restore(Path(arguments[0]), arguments[1])
        dump(arguments[0], "--check" in sys.argv, lambda name, record: print(json.dumps({name: record})))
    except Broken as rule:
        sys.exit(f"the store breaks a rule: {rule}")


main()
