internal import LMDB
internal import SparseFormat

/// The data of immutable segments, in parts that fit LMDB's pages.
struct SegmentTable {
    let reader: StoreReader

    /// The kind of a part, which is the second field of its key.
    enum Part: UInt8, CaseIterable {
        case directory = 1
        case chunk = 2
        case documents = 3
        case forward = 4
        case forwardChunk = 5
        case tags = 6
        case order = 7
        // Parts of a block index.
        case blockDirectory = 8
        case blockLists = 9
        case blockPlaces = 10
        case blockLines = 11
        // Parts of a segment.
        case column = 12

        /// Whether the part belongs to the block index rather than to a segment.
        var isOfBlocks: Bool { (Self.blockDirectory.rawValue...Self.blockLines.rawValue).contains(rawValue) }

        /// The key of a value of the part.
        func key(_ segment: UInt32, _ index: Int = 0) -> Keys.Segment {
            Keys.Segment(id: segment, part: rawValue, index: UInt32(truncatingIfNeeded: index))
        }

        /// The record kind of the part's values.
        var kind: RecordKind {
            switch self {
            case .directory: .segmentDirectory
            case .chunk, .forwardChunk, .blockLists, .blockPlaces, .blockLines: .segmentChunk
            case .documents: .segmentDocuments
            case .forward: .segmentForward
            case .tags: .segmentTags
            case .order: .segmentOrder
            case .blockDirectory: .blockDirectory
            case .column: .segmentColumn
            }
        }
    }

    /// Returns a part in the memory map. Valid while the reader's transaction lives.
    func part(_ segment: UInt32, _ part: Part, _ index: UInt32 = 0) throws -> UnsafeRawBufferPointer {
        guard let bytes = try optionalPart(segment, part, index) else {
            throw Self.lacking(segment, part, Int(index))
        }
        return bytes
    }

    /// Returns a part that some segments do not have.
    func optionalPart(_ segment: UInt32, _ part: Part, _ index: UInt32 = 0) throws -> UnsafeRawBufferPointer? {
        try reader.get(.segments, part.key(segment, Int(index)).bytes)
    }

    /// Returns all values of a part in the order of their indices.
    func parts(_ segment: UInt32, _ part: Part) throws -> [UnsafeRawBufferPointer] {
        var parts: [UnsafeRawBufferPointer] = []
        var isWhole = true
        try forEach(under: part.key(segment).bytes.dropLast(4).map { $0 }) { entry in
            isWhole = (try? Keys.parseSegment(entry.key)) == part.key(segment, parts.count)
            if isWhole { parts.append(entry.value) }
            return isWhole
        }
        guard isWhole else { throw Self.lacking(segment, part, parts.count) }
        return parts
    }

    private static func lacking(_ segment: UInt32, _ part: Part, _ index: Int) -> SparseStoreError {
        SparseStoreError.corrupted("segment \(segment) has no \(part) \(index)")
    }

    /// Returns the size of all parts of a segment in bytes; 0 if there are none.
    func bytes(of segment: UInt32) throws -> Int {
        var bytes = 0
        try forEach(under: Keys.segmentPrefix(segment)) {
            bytes += $0.value.count
            return true
        }
        return bytes
    }

    /// Returns the numbers that have only parts of block indexes.
    func blockNumbers() throws -> [UInt32] {
        var numbers: [UInt32] = []
        var cursor = try reader.cursor(.segments)
        var entry = try cursor.seek(atOrAfter: [])
        while let key = try entry.map({ try Keys.parseSegment($0.key) }) {
            // Parts of segments sort before those of block indexes.
            if Part(rawValue: key.part)?.isOfBlocks == true { numbers.append(key.id) }
            entry = key.id < .max ? try cursor.seek(atOrAfter: Keys.segmentPrefix(key.id + 1)) : nil
        }
        return numbers
    }

    fileprivate func forEach(under prefix: [UInt8], _ body: (LMDBCursor.Entry) -> Bool) throws {
        var cursor = try reader.cursor(.segments)
        var entry = try cursor.seek(atOrAfter: prefix)
        while let current = entry, current.key.starts(with: prefix) {
            guard body(current) else { return }
            entry = try cursor.next()
        }
    }
}

extension StoreWriter {
    /// Deletes every part of a segment.
    func removeSegment(_ segment: UInt32) throws { _ = try removeSegment(segment, upTo: .max) }

    /// Deletes parts of a segment until they reach the given number of bytes or none remain. Returns the number of
    /// deleted bytes.
    ///
    /// This is cheap even for a large segment: whole runs of pages are added to the free list without being read or
    /// written.
    func removeSegment(_ segment: UInt32, upTo limit: Int) throws -> Int {
        var keys: [[UInt8]] = []
        var bytes = 0
        try reader.segments.forEach(under: Keys.segmentPrefix(segment)) { entry in
            keys.append(Array(entry.key))
            bytes += entry.value.count
            return bytes < limit
        }
        for key in keys { try delete(.segments, key) }
        return bytes
    }
}
