internal import LMDB
internal import SparseFormat

/// One value of a built window. It is sealed when it is written, because its checksum covers its key, which contains
/// the segment number.
struct WindowPart {
    private let part: SegmentTable.Part
    private let index: Int
    private let kind: RecordKind
    private let version: UInt8
    /// The body in two pieces, so that a chunk need not be copied to follow its header.
    private let head: [UInt8]
    private let rest: [UInt8]

    private init(
        _ part: SegmentTable.Part, index: Int, kind: RecordKind, version: UInt8 = 1, head: [UInt8] = [], rest: [UInt8]
    ) {
        self.part = part
        self.index = index
        self.kind = kind
        self.version = version
        self.head = head
        self.rest = rest
    }

    /// The size of the whole value.
    var bytes: Int { ValueHeader.size + head.count + rest.count }

    /// Writes the value as a part of a segment.
    func put(_ segment: UInt32, _ writer: StoreWriter) throws {
        let key = Keys.segment(segment, part: part.rawValue, index: UInt32(index))
        // In place: a chunk of a megabyte is copied once.
        try writer.reserve(.segments, key, count: bytes) { value in
            let end = ValueHeader.size + head.count
            UnsafeMutableRawBufferPointer(rebasing: value[ValueHeader.size..<end]).copyBytes(from: head)
            UnsafeMutableRawBufferPointer(rebasing: value[end...]).copyBytes(from: rest)
            _ = key.withUnsafeBytes {
                Value.seal(inPlace: value, kind: kind, version: version, table: .segments, key: $0)
            }
        }
    }

    /// Returns all values of a window in the order of their keys, so that LMDB fills its pages from left to right.
    static func all(of window: WindowBuilder.Window) throws -> [WindowPart] {
        func body(_ encode: (inout ByteWriter) -> Void) -> [UInt8] {
            var writer = ByteWriter()
            encode(&writer)
            return writer.bytes
        }
        func chunks(_ part: SegmentTable.Part, _ chunks: [StoredChunk]) -> [WindowPart] {
            chunks.enumerated().map { index, chunk in
                WindowPart(
                    part, index: index, kind: .segmentChunk, head: body { chunk.header.encode(into: &$0) },
                    rest: chunk.bytes)
            }
        }
        let directory = body { window.lists.encodeDirectory(into: &$0) }
        let lists = window.lists.chunks
        // Windows of one level merge soon; until then they are best searched as they are.
        let isPacked = window.forward == nil && window.lists.levels > 1
        var parts = [WindowPart(.directory, index: 0, kind: .segmentDirectory, rest: directory)]
        parts += chunks(
            .chunk, isPacked ? try ListPlanes.stored(lists, directory: directory) : lists.map(StoredChunk.init(raw:)))
        parts.append(
            WindowPart(
                .documents, index: 0, kind: .segmentDocuments,
                rest: body { SegmentDocuments.encode(window.numbers, into: &$0) }))
        if let forward = window.forward {
            let offsets = body { body in for offset in forward.offsets { body.u32(offset) } }
            parts.append(WindowPart(.forward, index: 0, kind: .segmentForward, rest: offsets))
            parts += chunks(.forwardChunk, forward.chunks.map(StoredChunk.init(raw:)))
        }
        parts += window.tags.enumerated().map { index, table in
            WindowPart(.tags, index: index, kind: .segmentTags, rest: table)
        }
        if let order = window.order {
            parts.append(
                WindowPart(.order, index: 0, kind: .segmentOrder, rest: body { SegmentOrder.encode(order, into: &$0) }))
        }
        parts += window.columns.enumerated().map { index, column in
            WindowPart(.column, index: index, kind: .segmentColumn, rest: column)
        }
        return parts
    }
}

extension WindowPart {
    /// Creates the only value of a part.
    init(_ part: SegmentTable.Part, version: UInt8, _ body: [UInt8]) {
        self.init(part, index: 0, kind: part.kind, version: version, rest: body)
    }

    /// Creates a chunk with uncompressed data.
    init(_ part: SegmentTable.Part, _ index: Int, chunk data: [UInt8]) {
        var header = ByteWriter()
        SegmentChunkHeader(codec: .raw, originalLength: UInt32(data.count)).encode(into: &header)
        self.init(part, index: index, kind: part.kind, head: header.bytes, rest: data)
    }
}

extension WindowBuilder.Window {
    /// Returns the manifest entry of the segment that these parts of the window form.
    func entry(_ segment: UInt32, _ parts: [WindowPart]) -> SegmentEntry {
        SegmentEntry(
            id: segment, isCompact: forward == nil,
            documents: UInt32(numbers.count), tombstones: 0, firstDocument: numbers.first ?? 0,
            lastDocument: numbers.last ?? 0, nonzeros: UInt64(nonzeros),
            bytes: UInt64(parts.reduce(0) { $0 + $1.bytes }))
    }
}

/// The place of a document in the index of a commit: the position of its window among the members of the index, and its
/// ordinal there.
struct DocumentPlace: Hashable, Sendable {
    let window: Int
    let ordinal: Int
}

/// The stored documents in the number range of some segments, which are read again for a new layout.
///
/// They may be read in several transactions. The vector of a document never changes under its number, and no document
/// is added inside a segment's range. A document that is removed meanwhile is missing or becomes a tombstone, and one
/// whose tags or attributes change meanwhile is marked as changed (`SegmentReplacement`).
struct DocumentRange {
    private var next: UInt64
    private let last: UInt64
    /// Whether all documents were read.
    private(set) var isAtEnd = false

    /// - Parameter segments: Neighboring segments, one or more.
    init(of segments: some BidirectionalCollection<SegmentEntry>) {
        next = segments.first?.firstDocument ?? 0
        last = segments.last?.lastDocument ?? 0
    }

    /// Adds documents to a window until it is full, enough were read, or no documents remain.
    mutating func read(
        atMost count: Int = .max, from table: DocumentTable, into builder: inout WindowBuilder
    ) throws {
        var rest = count
        var isStopped = false
        try table.forEach(from: next) { number, view in
            guard number <= last else { return false }
            builder.add(
                number, try view.identifier, try view.vector(), tags: try view.tags(),
                attributes: try view.attributes(),
                checksum: view.checksum)
            next = number + 1
            rest -= 1
            isStopped = builder.isFull || rest == 0
            return !isStopped
        }
        isAtEnd = !isStopped || next > last
    }
}
