internal import LMDB
internal import SparseFormat

/// The blobs of immutable segments, in parts that fit LMDB's pages.
struct SegmentTable {
    let tables: Tables
    let reader: Reader

    /// What a part holds; the second field of its key.
    enum Part: UInt8 {
        case directory = 1
        case chunk = 2
        case documents = 3
    }

    /// A part as it lies in the map; valid while the reader's transaction lives.
    func part(_ segment: UInt32, _ part: Part, _ index: UInt32 = 0) throws -> UnsafeRawBufferPointer {
        guard let bytes = try reader.get(tables.segments, Keys.segment(segment, part: part.rawValue, index: index))
        else {
            throw SparseStoreError(
                .corrupted, "segment \(segment) lacks its \(part) \(index); restore the store from a backup")
        }
        return bytes
    }

    /// How many chunks a segment has.
    func chunkCount(_ segment: UInt32) throws -> Int {
        let prefix = Keys.segment(segment, part: Part.chunk.rawValue, index: 0).dropLast(4)
        var cursor = try reader.cursor(tables.segments)
        var entry = try cursor.seek(atOrAfter: Keys.segment(segment, part: Part.chunk.rawValue, index: 0))
        var count = 0
        while let current = entry, current.key.starts(with: prefix) {
            count += 1
            entry = try cursor.next()
        }
        return count
    }

    /// Writes a window; returns its bytes.
    static func put(
        _ window: WindowBuilder.Window, id: UInt32, _ tables: Tables, _ writer: Writer
    ) throws -> Int {
        var total = 0
        func put(_ part: Part, _ index: Int, kind: RecordKind, _ body: (inout ByteWriter) -> Void) throws {
            let key = Keys.segment(id, part: part.rawValue, index: UInt32(index))
            let value = Value.seal(kind: kind, version: 1, table: .segments, key: key, body: body)
            try writer.put(tables.segments, key, value, mode: .upsert)
            total += value.count
        }
        try put(.directory, 0, kind: .segmentDirectory) {
            WindowDirectory.encode(
                documents: window.numbers.count, chunks: window.chunks.count, entries: window.entries, into: &$0)
        }
        for (index, chunk) in window.chunks.enumerated() {
            try put(.chunk, index, kind: .segmentChunk) { body in
                SegmentChunkHeader(codec: .raw, originalLength: UInt32(chunk.count)).encode(into: &body)
                body.append(chunk)
            }
        }
        try put(.documents, 0, kind: .segmentDocuments) { SegmentDocuments.encode(window.numbers, into: &$0) }
        return total
    }

    /// Deletes every part of a segment.
    func remove(_ segment: UInt32, _ writer: Writer) throws {
        let prefix = Keys.segment(segment, part: 0, index: 0).prefix(4)
        var keys: [[UInt8]] = []
        do {
            var cursor = try reader.cursor(tables.segments)
            var entry = try cursor.seek(atOrAfter: Keys.segment(segment, part: 0, index: 0))
            while let current = entry, current.key.starts(with: prefix) {
                keys.append(Array(current.key))
                entry = try cursor.next()
            }
        }
        for key in keys { _ = try writer.delete(tables.segments, key) }
    }
}
