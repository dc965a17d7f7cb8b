import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// Damage to what segments hold.
extension PlantedDamage {
    static let contents =
        [
            PlantedDamage("a code of a short list", deep: ["I112"], quick: []) { copy in
                // The first list of the first segment.
                try changeList(copy, where: { $0.encoding == .short }) { bytes, entry in
                    bytes[2 * Int(entry.count)] ^= 1
                }
            },
            PlantedDamage("an ordinal of a short list", deep: ["I112"], quick: []) { copy in
                try changeList(copy, where: { $0.encoding == .short && $0.count > 1 }) { bytes, _ in bytes.swapAt(0, 2)
                }
            },
            PlantedDamage("a code of a dense list", .leveled, deep: ["I112"], quick: []) { copy in
                try changeList(copy, where: { $0.encoding == .dense }) { bytes, _ in
                    if let index = bytes.firstIndex(where: { $0 > 2 }) { bytes[index] -= 1 }
                }
            },
            PlantedDamage("a posting gone from a dense list", .leveled, deep: ["I112"], quick: []) { copy in
                try changeList(copy, where: { $0.encoding == .dense }) { bytes, _ in
                    if let index = bytes.firstIndex(where: { $0 > 0 }) { bytes[index] = 0 }
                }
            },
            PlantedDamage("a code of a packed list", .leveled, deep: ["I112"], quick: []) { copy in
                try changeList(copy, where: { $0.encoding == .packed }) { bytes, _ in bytes[16] ^= 1 }
            },
            PlantedDamage("a pad that names a document", .leveled, deep: ["I112"], quick: []) { copy in
                try changeList(copy, where: { $0.encoding == .packed && $0.count % 8 == 1 }) { bytes, _ in
                    let lane = bytes.count - WindowEntry.packBytes + 14
                    (bytes[lane], bytes[lane + 1]) = (3, 0)
                }
            },
            PlantedDamage("a maximum too high", .leveled, deep: ["I112"], quick: []) { copy in
                try changeEntry(copy) { $0[0] ^= 1 }
            },
            PlantedDamage("an average too high", .leveled, deep: ["I112"], quick: []) { copy in
                try changeEntry(copy) { $0[30] ^= 1 }
            },
            PlantedDamage("a level that ends elsewhere", .leveled, deep: ["I112"], quick: []) { copy in
                try changeEntry(copy) { $0[16] -= 1 }
            },
        ] + vectors

    private static let vectors = [
        PlantedDamage("a code of a compact window", .compact, deep: ["I112"], quick: []) { copy in
            // Of a live document: nothing is known of the others'.
            let place = try copy.store.read { snapshot in
                let member = try #require(snapshot.index.members.first)
                let directory = member.segment.directory
                let entries = (0..<directory.count).map(directory.entry)
                let list = try #require(entries.firstIndex { $0.encoding == .dense && $0.chunk == 0 })
                let postings = try member.segment.postings(at: list)
                let live = try #require(postings.ordinals.first { member.isLive(Int($0)) && $0 > 0 })
                return Int(entries[list].offset) + Int(live)
            }
            let segment = try copy.manifest().segments[0].id
            let directory = try #require(try copy.value(.segments, copy.segmentKey(segment, .directory)))
                .dropFirst(ValueHeader.size).map { $0 }
            var changed: [UInt8]?
            let key = copy.segmentKey(segment, .chunk)
            try copy.changeBody(.segments, key) { body in
                changed = try? body.withUnsafeBytes { bytes in
                    var data = try StoredLists.data(directory, 0, SegmentChunkHeader(body: bytes), Array(bytes))
                    data[place] ^= 2
                    return try StoredLists.body(directory, 0, data)
                }
                body = changed ?? body
            }
            try #require(changed != nil)
            try copy.changeManifest { manifest in
                manifest.segments[0].bytes = (try? copy.segmentBytes(segment)) ?? 0
            }
        },
        PlantedDamage("a term that a compact window lacks", .compact, deep: ["I105", "I112"], quick: []) { copy in
            // Document 1 has other terms than when it was indexed.
            let key = Keys.document(1)
            let count = try copy.store.read { try $0.view.document(1).termCount }
            let terms = (0..<TermID(count)).map { 1_000 + $0 }
            let vector = SparseVector(uncheckedTerms: terms, weights: terms.map { _ in 1 })
            let value = try DocumentEncoder().encode(id: "1", vector: vector, key: key)
            try copy.write { try $0.put(.documents, key, value) }
        },
        PlantedDamage("an identifier in the index", deep: ["I114"], quick: []) { copy in
            let key = copy.segmentKey(try copy.manifest().segments[0].id, .forwardChunk)
            try copy.changeBody(.segments, key) { body in
                let place = body.indices.first { body[$0...].starts(with: Array("doc-".utf8)) }
                if let place { body[place] = UInt8(ascii: "D") }
            }
        },
        PlantedDamage("the lowest bit of a weight", deep: ["I114"], quick: []) { copy in
            let key = copy.segmentKey(try copy.manifest().segments[0].id, .forwardChunk)
            // Small enough to leave the code as it is, and no list's maximum.
            try copy.changeBody(.segments, key) { $0[SegmentChunkHeader.size + 4] ^= 1 }
        },
        PlantedDamage("a record that begins elsewhere", deep: ["I112", "I114"], quick: []) { copy in
            // Ordinal 3 is dead: no document shows that it has the record of ordinal 4.
            let key = copy.segmentKey(try copy.manifest().segments[0].id, .forward)
            try copy.changeBody(.segments, key) { body in
                for byte in 0..<4 { body[4 * 3 + byte] = body[4 * 4 + byte] }
            }
        },
        PlantedDamage("a tag gone from the index", deep: ["I113"], quick: []) { copy in
            let key = copy.segmentKey(try copy.manifest().segments[0].id, .tags)
            try copy.changeBody(.segments, key) { body in
                let table = body.withUnsafeBytes { try? TagTable(body: $0) }
                guard let table else { return }
                var writer = TagTableWriter(documents: table.documents)
                // "third" is left of its documents 0, 3, 6 and 9 with the first and the last.
                writer.append(Array("third".utf8), ordinals: [0, 9])
                writer.finish()
                body = writer.bodies[0]
            }
            try copy.changeManifest { manifest in
                let size = (try? copy.segmentBytes(manifest.segments[0].id)) ?? 0
                manifest.segments[0].bytes = size
            }
        },
        PlantedDamage("a tag too many in the index", deep: ["I113"], quick: []) { copy in
            let key = copy.segmentKey(try copy.manifest().segments[0].id, .tags)
            try copy.changeBody(.segments, key) { $0[$0.count - 2] |= 1 << 1 }
        },
    ]

    private static func changeList(
        _ copy: DamagedStore, where isWanted: (WindowEntry) -> Bool, _ change: (inout [UInt8], WindowEntry) -> Void
    ) throws {
        let segment = try copy.manifest().segments[0].id
        let found = try copy.store.read { snapshot -> (WindowEntry, Int)? in
            let window = try #require(snapshot.index.members.first).segment
            let entries = (0..<window.directory.count).map { window.directory.entry(at: $0) }
            return entries.first(where: isWanted).map { ($0, $0.byteCount(documents: window.documentCount)) }
        }
        let (entry, count) = try #require(found)
        let key = copy.segmentKey(segment, .chunk, UInt32(entry.chunk))
        try copy.changeBody(.segments, key) { body in
            let begin = SegmentChunkHeader.size + Int(entry.offset)
            var list = Array(body[begin..<begin + count])
            change(&list, entry)
            body.replaceSubrange(begin..<begin + count, with: list)
        }
    }

    /// Changes the directory's entry of a term with postings in its first level and another.
    private static func changeEntry(_ copy: DamagedStore, _ change: (inout ArraySlice<UInt8>) -> Void) throws {
        let segment = try copy.manifest().segments[0].id
        let found = try copy.store.read { snapshot -> (Int, Int)? in
            let directory = try #require(snapshot.index.members.first).segment.directory
            return (0..<directory.count).first {
                directory.postings(at: $0, levels: 1) > 1 && directory.averageCode(at: $0, level: 0) > 2
                    && directory.postings(at: $0, levels: 1) < directory.postings(at: $0, levels: 2)
            }.map { ($0, directory.count) }
        }
        let (position, terms) = try #require(found)
        try copy.changeBody(.segments, copy.segmentKey(segment, .directory)) { body in
            let size = WindowDirectory.entrySize(levels: 8)
            let begin = WindowDirectory.prefixSize + 4 * terms + position * size
            var entry = ArraySlice(Array(body[begin..<begin + size]))
            change(&entry)
            body.replaceSubrange(begin..<begin + size, with: entry)
        }
    }
}

extension DamagedStore {
    /// The length of all values of a segment.
    func segmentBytes(_ segment: UInt32) throws -> UInt64 {
        try keys(.segments).filter { $0.starts(with: Keys.segmentPrefix(segment)) }
            .reduce(0) { $0 + UInt64(try value(.segments, $1)?.count ?? 0) }
    }
}
