import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// Damage to a block index. Its sources are the first, a segment that is gone, and the second of the manifest's
/// segments.
extension PlantedDamage {
    static let blocks = record + parts + blockLists + blockLines

    private static let record = [
        PlantedDamage(
            "a block index with a segment's number", .blocks, deep: ["I111", "I120", "I121"],
            quick: ["I111", "I120", "I121"]
        ) { copy in
            let listed = try copy.manifest().segments.map(\.id)
            try copy.changeBlocks { $0.number = listed[listed.count - 1] }
        },
        PlantedDamage("a block index with a retired number", .blocks, deep: ["I120"], quick: ["I120"]) { copy in
            let record = try #require(try copy.blocks())
            try copy.write { try $0.putRetired([record.number]) }
        },
        PlantedDamage("a source with other documents", .blocks, deep: ["I120", "I123"], quick: ["I120"]) { copy in
            try copy.changeBlocks { $0.sources[0].documents += 1 }
        },
        PlantedDamage("a source that was not given out", .blocks, deep: ["I120"], quick: ["I120"]) { copy in
            try copy.changeBlocks { $0.sources[1].segment = 900 }
        },
        PlantedDamage("a source less", .blocks, deep: ["I43"], quick: ["I43"]) { copy in
            try copy.changeBlocks { $0.sources.removeLast() }
        },
        PlantedDamage("a source twice", .blocks, deep: ["I42"], quick: ["I42"]) { copy in
            try copy.changeBlocks { $0.sources[2] = $0.sources[0] }
        },
        PlantedDamage("a block index of other bytes", .blocks, deep: ["I121"], quick: ["I121"]) { copy in
            try copy.changeBlocks { $0.bytes += 1 }
        },
        PlantedDamage("no record of the block index", .blocks, deep: ["I111"], quick: ["I111"]) {
            try $0.delete(.meta, Keys.blocks)
        },
    ]

    private static let parts = [
        PlantedDamage("no directory of the block index", .blocks, deep: ["I121"], quick: ["I121"]) { copy in
            try copy.delete(.segments, copy.blockKey(.blockDirectory))
        },
        PlantedDamage("no lines of the block index", .blocks, deep: ["I43", "I121"], quick: ["I43", "I121"]) { copy in
            try copy.delete(.segments, copy.blockKey(.blockLines))
        },
        PlantedDamage("a part of segments in the block index", .blocks, deep: ["I121"], quick: ["I121"]) { copy in
            let record = try #require(try copy.blocks())
            let key = copy.segmentKey(record.number, .documents)
            let value = Value.seal(kind: .segmentDocuments, version: 1, table: .segments, key: key) {
                SegmentDocuments.encode([1, 2], into: &$0)
            }
            try copy.write { try $0.put(.segments, key, value) }
        },
        PlantedDamage("a part of block indexes in a segment", .blocks, deep: ["I110"], quick: ["I110"]) { copy in
            let key = copy.segmentKey(try copy.manifest().segments[0].id, .blockLines)
            let value = Value.seal(kind: .segmentChunk, version: 1, table: .segments, key: key) {
                SegmentChunkHeader(codec: .raw, originalLength: 0).encode(into: &$0)
            }
            try copy.write { try $0.put(.segments, key, value) }
        },
        PlantedDamage("a chunk of lines that says it is longer", .blocks, deep: ["I22"], quick: ["I22"]) { copy in
            try copy.changeBody(.segments, copy.blockKey(.blockLines)) { $0[4] += 1 }
        },
        PlantedDamage("a reserved byte of the block directory", .blocks, deep: ["I2"], quick: ["I2"]) { copy in
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { $0[31] = 1 }
        },
        PlantedDamage("a list that reaches past its chunk", .blocks, deep: ["I44"], quick: ["I44"]) { copy in
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { $0[32 + 14] = 0xFF }
        },
        PlantedDamage("a maximum below a source's", .blocks, deep: ["I121", "I123"], quick: []) { copy in
            // Of the first term, which most documents have.
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { $0[32 + 7] = 0x3E }
        },
        PlantedDamage(
            "a maximum that no source of an extended block index had", .extendedBlocks, deep: ["I121", "I123"],
            quick: []
        ) { copy in
            // Of the first term, which most documents have.
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { $0[32 + 7] = 0x3E }
        },
        PlantedDamage(
            "the maximum that a new index would have in an extended one", .extendedBlocks, deep: ["I123"], quick: []
        ) { copy in
            // Of the first term, for which a later source has a weight of 9. Only a source that is gone could explain it.
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { body in
                body.replaceSubrange(
                    32 + 4..<32 + 8, with: withUnsafeBytes(of: Float(9).bitPattern.littleEndian, Array.init))
            }
        },
        PlantedDamage(
            "a number of another term in the block directory", .sharedBlocks, deep: ["I122", "I123"], quick: []
        ) { copy in
            // Of the last term.
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { $0[$0.count - 2] ^= 1 }
        },
        PlantedDamage(
            "a number of a term less", .sharedBlocks, deep: ["I121", "length"], quick: ["I121", "length"]
        ) { copy in
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { $0.removeLast(2) }
        },
        PlantedDamage("a code of a document whose terms share numbers", .sharedBlocks, deep: ["I123"], quick: []) {
            try $0.changeLines { $0[42 + 2] ^= 1 }
        },
        PlantedDamage("a summary's code too low under a shared number", .sharedBlocks, deep: ["I122"], quick: []) {
            try $0.changeList { bytes, _ in bytes[bytes.count - 1] -= 1 }
        },
        PlantedDamage("a term that the block index lacks", .blocks, deep: ["I121"], quick: []) { copy in
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { body in
                // The last becomes another.
                body[body.count - 32 + 1] = 0xFF
            }
        },
    ]

    private static let blockLists = [
        PlantedDamage("a slot past the last", .blocks, deep: ["I122"], quick: []) { copy in
            try copy.changeList { bytes, _ in bytes[2] = 1 }
        },
        PlantedDamage("a slot twice", .blocks, deep: ["I122"], quick: []) { copy in
            try copy.changeList { bytes, _ in for index in 0..<4 { bytes[index] = bytes[4 + index] } }
        },
        PlantedDamage("a block that ends elsewhere", .blocks, deep: ["I122"], quick: []) { copy in
            try copy.changeList { bytes, entry in bytes[4 * Int(entry.postings)] = 0 }
        },
        PlantedDamage("a column of another term", .blocks, deep: ["I122"], quick: []) { copy in
            try copy.changeList { bytes, entry in
                let last = 4 * Int(entry.postings) + 2 * Int(entry.blocks) + 2 * Int(entry.columns) - 1
                bytes[last] = 0xFF
            }
        },
        PlantedDamage("a column that ends elsewhere", .blocks, deep: ["I122"], quick: []) { copy in
            try copy.changeList { bytes, entry in
                bytes[4 * Int(entry.postings) + 2 * Int(entry.blocks) + 2 * Int(entry.columns)] += 1
            }
        },
        PlantedDamage("a component of another block", .blocks, deep: ["I122"], quick: []) { copy in
            try copy.changeList { bytes, entry in bytes[bytes.count - 1 - Int(entry.components)] = 0xFF }
        },
        PlantedDamage("a summary's code too low", .blocks, deep: ["I122"], quick: []) { copy in
            try copy.changeList { bytes, _ in bytes[bytes.count - 1] -= 1 }
        },
        PlantedDamage("a list inside another", .blocks, deep: ["I44"], quick: ["I44"]) { copy in
            let index = try #require(try copy.store.read { $0.index.blocks }).index
            let lists = index.directory.entries.indices.filter { index.directory.entries[$0].postings > 0 }
            let (place, last) = (32 + 32 * lists[1], lists[0])
            // The second takes the place of the first, whose bytes are not what it says.
            try copy.changeBody(.segments, copy.blockKey(.blockDirectory)) { body in
                for byte in 0..<4 { body[place + 12 + byte] = body[32 + 32 * last + 12 + byte] }
            }
        },
    ]

    private static let blockLines = [
        PlantedDamage("a code of a document in the block index", .blocks, deep: ["I123"], quick: []) { copy in
            // Of the heaviest term of the first document, lower than that of others in its blocks.
            try copy.changeLines { $0[42 + 2] ^= 1 }
        },
        PlantedDamage("two terms of a document that change places", .blocks, deep: ["I123"], quick: []) { copy in
            try copy.changeLines { line in
                for byte in 0..<2 { line.swapAt(line.startIndex + byte, line.startIndex + 2 + byte) }
                line.swapAt(line.startIndex + 42, line.startIndex + 43)
            }
        },
        PlantedDamage("a document that goes on", .blocks, deep: ["I123"], quick: []) { copy in
            try copy.changeLines { $0[63] += 1 }
        },
        PlantedDamage("a document of a compact window that begins elsewhere", .blocks, deep: ["I123"], quick: []) {
            copy in
            try copy.changePlace(of: copy.unlistedSlot(in: 150..<210)) { place, _ in
                for byte in 0..<4 { place[byte] = 0 }
            }
        },
        PlantedDamage("a slot of another's document", .blocks, deep: ["I123"], quick: []) { copy in
            try copy.changePlace(of: copy.unlistedSlot(in: 0..<90)) { place, other in place[4] = other }
        },
        PlantedDamage("a slot of no document", .blocks, deep: ["I123"], quick: []) { copy in
            try copy.changePlace(of: copy.unlistedSlot(in: 0..<90)) { place, _ in place[5] = 1 }
        },
        PlantedDamage("a live document without a slot", .blocks, deep: ["I123"], quick: []) { copy in
            // It has that of one that was removed before the index was built.
            try copy.changePlace(of: copy.unlistedSlot(in: 0..<90)) { place, _ in place[4] = 10 }
        },
    ]
}

extension DamagedStore {
    func blocks() throws -> BlockIndexRecord? {
        try store.file.read { try $0.meta.blocks() }
    }

    fileprivate func changeBlocks(_ change: (inout BlockIndexRecord) -> Void) throws {
        var record = try #require(try blocks())
        change(&record)
        let changed = record
        try write { try $0.putBlocks(changed) }
    }

    fileprivate func blockKey(_ part: SegmentTable.Part, _ index: UInt32 = 0) throws -> [UInt8] {
        segmentKey(try #require(try blocks()).number, part, index)
    }

    /// Changes the first list with several blocks and columns.
    fileprivate func changeList(_ change: (inout [UInt8], BlockEntry) -> Void) throws {
        let index = try #require(try store.read { $0.index.blocks }).index
        let entry = try #require(
            index.directory.entries.first { $0.blocks > 1 && $0.columns > 1 && $0.postings > $0.blocks })
        try changeBody(.segments, blockKey(.blockLists, entry.chunk)) { body in
            let begin = SegmentChunkHeader.size + Int(entry.offset)
            var list = Array(body[begin..<begin + entry.byteCount])
            change(&list, entry)
            body.replaceSubrange(begin..<begin + entry.byteCount, with: list)
        }
    }

    fileprivate func listedSlots() throws -> Set<Int> {
        let index = try #require(try store.read { $0.index.blocks }).index
        var slots: Set<Int> = []
        for position in index.directory.entries.indices {
            guard let list = try index.list(at: position) else { continue }
            for posting in 0..<list.postings { slots.insert(list.slot(posting)) }
        }
        return slots
    }

    /// The first slot with a live document of a range that no list has, so that nothing but its lines is wrong.
    fileprivate func unlistedSlot(in documents: Range<Int>) throws -> Int {
        let listed = try listedSlots()
        return try store.read { snapshot in
            let view = try #require(snapshot.index.blocks)
            return try #require(
                (0..<view.index.directory.slots).first { slot in
                    let document = view.index.lines.document(at: slot)
                    guard !listed.contains(slot), documents.contains(document), let place = view.place(of: document)
                    else {
                        return false
                    }
                    return snapshot.index.members[place.window].isLive(place.ordinal)
                })
        }
    }

    /// Changes the place of a slot; `change` also gets the document of another.
    fileprivate func changePlace(of slot: Int, _ change: (inout [UInt8], UInt8) -> Void) throws {
        try changeBody(.segments, blockKey(.blockPlaces)) { body in
            let begin = SegmentChunkHeader.size + 8 * slot
            let other = SegmentChunkHeader.size + 8 * (slot == 0 ? 1 : 0) + 4
            var place = Array(body[begin..<begin + 8])
            change(&place, body[other])
            body.replaceSubrange(begin..<begin + 8, with: place)
        }
    }

    /// Changes the first line of a document.
    fileprivate func changeLines(_ change: (inout ArraySlice<UInt8>) -> Void) throws {
        let index = try #require(try store.read { $0.index.blocks }).index
        let begin = SegmentChunkHeader.size + ImpactLine.bytes * index.lines.place(of: try unlistedSlot(in: 0..<90))
        try changeBody(.segments, blockKey(.blockLines)) { body in
            var line = ArraySlice(Array(body[begin..<begin + ImpactLine.bytes]))
            change(&line)
            body.replaceSubrange(begin..<begin + ImpactLine.bytes, with: line)
        }
    }
}
