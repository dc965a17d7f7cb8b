internal import SparseFormat
internal import Synchronization

/// One sealed part of a segment. Nothing in it is read before `verify`, because a segment has hundreds of chunks, and
/// each would cost a page fault when the segment is opened.
///
/// Large parts are used in place in the map. Small ones are copied, because LMDB keeps a small value inside a page that
/// later commits rewrite elsewhere, and its bytes may be unaligned. A value on its own pages stays in place until it is
/// deleted.
final class SegmentBytes: Sendable {
    /// The whole value, including the header.
    var value: UnsafeRawBufferPointer { mappedValue.pointer }
    /// The bytes after the value's header. Valid after verification.
    var body: UnsafeRawBufferPointer { mappedBody.pointer }
    /// The version of the value's layout. Valid after verification.
    var version: UInt8 { value[9] }

    private let key: Keys.Segment
    private let kind: RecordKind
    /// Whether the bytes may be lists in planes, as in compact segments.
    private let mayBePlanes: Bool
    private let mappedValue: Mapped<UnsafeRawBufferPointer>
    private let mappedBody: Mapped<UnsafeRawBufferPointer>
    /// The memory of a copy.
    private let copy: Mapped<UnsafeRawBufferPointer>?
    private let isVerified = Atomic(false)
    private let isAskedFor = Atomic(false)

    /// The size below which values are copied. LMDB puts values above half a page on their own pages; this is safely
    /// above.
    private static let copiedBelow = 8_192

    /// - Parameter copying: Whether to copy at any size, for bytes that this transaction has written and may still
    ///   move.
    init(
        _ bytes: UnsafeRawBufferPointer, kind: RecordKind, key: Keys.Segment, copying: Bool = false,
        mayBePlanes: Bool = false
    ) throws {
        guard bytes.count >= ValueHeader.size else { throw FormatError(.truncated) }
        self.key = key
        self.mayBePlanes = mayBePlanes
        self.kind = kind
        var bytes = bytes
        if copying || bytes.count < Self.copiedBelow {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 64, alignment: 64)
            // The body begins at a multiple of 16 here as it does in an overflow page.
            let target = UnsafeMutableRawBufferPointer(rebasing: memory[16..<(16 + bytes.count)])
            target.copyMemory(from: bytes)
            copy = Mapped(UnsafeRawBufferPointer(memory))
            bytes = UnsafeRawBufferPointer(target)
        } else {
            copy = nil
        }
        mappedValue = Mapped(bytes)
        mappedBody = Mapped(UnsafeRawBufferPointer(rebasing: bytes[ValueHeader.size...]))
    }

    /// Reads an optional part of a segment; nil if the segment does not have it.
    convenience init?(
        _ segment: UInt32, _ part: SegmentTable.Part, ifIn table: SegmentTable, copying: Bool = false
    ) throws {
        guard let bytes = try table.optionalPart(segment, part) else { return nil }
        try self.init(bytes, kind: part.kind, key: part.key(segment), copying: copying)
    }

    /// Reads a part that every segment has.
    convenience init(
        _ segment: UInt32, _ part: SegmentTable.Part, in table: SegmentTable, copying: Bool = false
    ) throws {
        try self.init(table.part(segment, part), kind: part.kind, key: part.key(segment), copying: copying)
    }

    /// Returns all values of a part in the order of their indices.
    static func all(
        _ segment: UInt32, _ part: SegmentTable.Part, in table: SegmentTable, mayBePlanes: Bool = false
    ) throws -> [SegmentBytes] {
        try table.parts(segment, part).enumerated().map { index, bytes in
            try SegmentBytes(bytes, kind: part.kind, key: part.key(segment, index), mayBePlanes: mayBePlanes)
        }
    }

    deinit { copy?.pointer.deallocate() }

    /// Requests some of the bytes from the disk, or all of them if they must be verified first.
    func readAhead(_ address: UnsafeRawPointer, _ count: Int) {
        if isVerified.load(ordering: .acquiring) {
            SparseFormat.readAhead(address, count)
        } else {
            askForAll()
        }
    }

    /// Requests all of the bytes from the disk.
    func readAhead() { if let base = value.baseAddress, copy == nil { readAhead(base, value.count) } }

    /// Requests the whole value from the disk once. Small values are copies.
    private func askForAll() {
        guard copy == nil, let base = value.baseAddress, !isAskedFor.exchange(true, ordering: .relaxed) else { return }
        SparseFormat.readAhead(base, value.count)
    }

    /// Verifies the header, the checksum, and a chunk's own header, unless this process has already done so for this
    /// segment.
    func verify() throws {
        guard !isVerified.load(ordering: .acquiring) else { return }
        // One request instead of one per page, because the map has no read-ahead.
        askForAll()
        try open(verifyChecksum: true)
        isVerified.store(true, ordering: .releasing)
    }

    /// Returns the data after a chunk's own header. Valid after verification.
    func data() throws(FormatError) -> UnsafeRawBufferPointer {
        guard body.count >= SegmentChunkHeader.size else { throw FormatError(.truncated) }
        return UnsafeRawBufferPointer(rebasing: body[SegmentChunkHeader.size...])
    }

    /// Verifies everything except the checksum.
    func checkHeader() throws { try open(verifyChecksum: false) }

    private func open(verifyChecksum: Bool) throws {
        let opened = try Value.open(value, kind: kind, table: .segments, key: key.bytes, verifyChecksum: verifyChecksum)
        guard opened.version >= 1, opened.version <= kind.newestVersion else {
            throw FormatError(.unsupportedVersion, "version \(opened.version)")
        }
        guard opened.flags == 0 else { throw FormatError(.unknownFlags, "flags \(opened.flags)") }
        guard kind == .segmentChunk else { return }
        try naming { body in
            let header = try SegmentChunkHeader(body: body)
            guard mayBePlanes, header.codec == .planes else { return _ = try header.rawLength(body: body) }
        }
    }

    /// Runs `body` with the bytes after the value's header, and adds the place of the value to format errors.
    func naming<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        do { return try body(self.body) } catch let error as FormatError {
            throw key.bytes.withUnsafeBytes { error.at(.segments, key: $0) }
        }
    }
}

/// The parts of a window segment where they lie. Nothing in them was read yet, so several threads can open a segment each
/// from its parts, while finding the parts in the store is for one thread at a time.
struct SegmentParts: Sendable {
    let entry: SegmentEntry
    let directory: SegmentBytes
    let lists: [SegmentBytes]
    let documents: SegmentBytes
    let order: SegmentBytes?
    /// The positions of the exact vectors, and the vectors; of a compact segment there are none.
    let forward: SegmentBytes?
    let vectors: [SegmentBytes]
    let tags: [SegmentBytes]
    let columns: [SegmentBytes]

    init(_ entry: SegmentEntry, _ table: SegmentTable) throws {
        self.entry = entry
        directory = try SegmentBytes(entry.id, .directory, in: table)
        // Chunks lie raw. Whether they do is proven with their checksums, at first touch; until then their size tells.
        // The lists of a compact segment may be in planes: how long they will be is known, and compared, at first
        // touch.
        lists = try SegmentBytes.all(entry.id, .chunk, in: table, mayBePlanes: entry.isCompact)
        documents = try SegmentBytes(entry.id, .documents, in: table)
        order = try SegmentBytes(entry.id, .order, ifIn: table)
        forward = entry.isCompact ? nil : try SegmentBytes(entry.id, .forward, in: table)
        vectors = entry.isCompact ? [] : try SegmentBytes.all(entry.id, .forwardChunk, in: table)
        tags = try SegmentBytes.all(entry.id, .tags, in: table)
        columns = try SegmentBytes.all(entry.id, .column, in: table)
    }
}

/// Records which chunks have been verified, in one byte each, so that the flags take only a few cache lines.
///
/// Threads may share it: the flags are atomic, and their memory is allocated and freed with this object.
final class ProvenFlags: @unchecked Sendable {
    private let flags: UnsafeMutablePointer<Atomic<Bool>>
    private let count: Int

    init(count: Int) {
        self.count = count
        flags = .allocate(capacity: count)
        for index in 0..<count { (flags + index).initialize(to: Atomic(false)) }
    }

    deinit {
        flags.deinitialize(count: count)
        flags.deallocate()
    }

    /// Runs `prove` for a chunk in 0..<count, unless it has already succeeded.
    @inline(__always)
    func prove(_ chunk: Int, _ prove: () throws -> Void) rethrows {
        // A caller's mistake, never a file's: places are compared with the chunks before they are asked for.
        precondition(chunk >= 0 && chunk < count)
        if flags[chunk].load(ordering: .acquiring) { return }
        try prove()
        flags[chunk].store(true, ordering: .releasing)
    }
}

/// The chunks of one part of a segment. A search touches hundreds of them. The address of each chunk's data, and
/// whether it was verified, are therefore kept in tables instead of one object per chunk.
final class SegmentChunks: Sendable {
    let chunks: [SegmentBytes]
    private let data: [Mapped<UnsafeRawBufferPointer>]
    private let proven: ProvenFlags

    init(_ chunks: [SegmentBytes]) {
        self.chunks = chunks
        proven = ProvenFlags(count: chunks.count)
        data = chunks.map { chunk in
            let body = chunk.body
            return Mapped(
                body.count < SegmentChunkHeader.size
                    ? UnsafeRawBufferPointer(start: nil, count: 0)
                    : UnsafeRawBufferPointer(rebasing: body[SegmentChunkHeader.size...]))
        }
    }

    /// The length of each chunk's data. Whether the data are valid is known once they are verified.
    var lengths: [Int] { data.map(\.pointer.count) }

    /// Returns the data of a chunk in 0..<count, verified.
    @inline(__always)
    func verified(_ chunk: Int) throws -> UnsafeRawBufferPointer {
        try proven.prove(chunk) { try chunks[chunk].verify() }
        return data[chunk].pointer
    }

    /// Returns an address in a chunk in 0..<count, for prefetching; nil if the chunk is damaged.
    @inline(__always)
    func address(_ chunk: Int, _ offset: Int) -> UnsafeRawPointer? {
        data[chunk].pointer.baseAddress.map { $0 + offset }
    }

    /// Requests some of a chunk's data from the disk.
    func readAhead(_ chunk: Int, _ offset: Int, _ count: Int) {
        guard let address = address(chunk, offset) else { return }
        chunks[chunk].readAhead(address, count)
    }
}
