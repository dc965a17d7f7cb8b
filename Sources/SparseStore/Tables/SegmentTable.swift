internal import LMDB
internal import SparseFormat

/// The blobs of immutable segments, in parts that fit LMDB's pages.
struct SegmentTable {
    let tables: Tables
    let reader: Reader

    /// What a part holds; the second field of its key.
    enum Part: UInt8, CaseIterable {
        case directory = 1
        case chunk = 2
        case documents = 3
        case forward = 4
        case forwardChunk = 5
        case tags = 6
        case order = 7

        /// The kind of the part's values.
        var kind: RecordKind {
            switch self {
            case .directory: .segmentDirectory
            case .chunk, .forwardChunk: .segmentChunk
            case .documents: .segmentDocuments
            case .forward: .segmentForward
            case .tags: .segmentTags
            case .order: .segmentOrder
            }
        }
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
        let first = Keys.segment(segment, part: part.rawValue, index: 0)
        var cursor = try reader.cursor(tables.segments)
        var entry = try cursor.seek(atOrAfter: first)
        var count = 0
        while let current = entry, current.key.starts(with: first.dropLast(4)) {
            count += 1
            entry = try cursor.next()
        }
        return count
    }

    /// Deletes every part of a segment.
    func remove(_ segment: UInt32, _ writer: Writer) throws {
        let prefix = Keys.segmentPrefix(segment)
        var keys: [[UInt8]] = []
        do {
            var cursor = try reader.cursor(tables.segments)
            var entry = try cursor.seek(atOrAfter: prefix)
            while let current = entry, current.key.starts(with: prefix) {
                keys.append(Array(current.key))
                entry = try cursor.next()
            }
        }
        for key in keys { _ = try writer.delete(tables.segments, key) }
    }
}
