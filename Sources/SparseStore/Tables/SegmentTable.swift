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
        case forward = 4
        case forwardChunk = 5
        case tags = 6
        case order = 7
    }

    /// A part as it lies in the map; valid while the reader's transaction lives.
    func part(_ segment: UInt32, _ part: Part, _ index: UInt32 = 0) throws -> UnsafeRawBufferPointer {
        guard let bytes = try optionalPart(segment, part, index) else {
            throw SparseStoreError(
                .corrupted, "segment \(segment) lacks its \(part) \(index); restore the store from a backup")
        }
        return bytes
    }

    /// The same for a part that not every segment has.
    func optionalPart(_ segment: UInt32, _ part: Part, _ index: UInt32 = 0) throws -> UnsafeRawBufferPointer? {
        try reader.get(tables.segments, Keys.segment(segment, part: part.rawValue, index: index))
    }

    /// How many values a part has.
    func count(_ segment: UInt32, _ part: Part) throws -> Int {
        var count = 0
        try forEach(under: Keys.segment(segment, part: part.rawValue, index: 0).dropLast(4).map { $0 }) { _ in count += 1 }
        return count
    }

    /// Bytes of all parts of a segment; 0 when there are none.
    func bytes(of segment: UInt32) throws -> Int {
        var bytes = 0
        try forEach(under: Keys.segmentPrefix(segment)) { bytes += $0.value.count }
        return bytes
    }

    /// Deletes every part of a segment.
    func remove(_ segment: UInt32, _ writer: Writer) throws {
        var keys: [[UInt8]] = []
        try forEach(under: Keys.segmentPrefix(segment)) { keys.append(Array($0.key)) }
        for key in keys { _ = try writer.delete(tables.segments, key) }
    }

    private func forEach(under prefix: [UInt8], _ body: (Cursor.Entry) -> Void) throws {
        var cursor = try reader.cursor(tables.segments)
        var entry = try cursor.seek(atOrAfter: prefix)
        while let current = entry, current.key.starts(with: prefix) {
            body(current)
            entry = try cursor.next()
        }
    }
}
