internal import LMDB
internal import SparseFormat

/// An open window segment: where its lists, its exact vectors and its document numbers lie in the map.
///
/// Its pointers are right while a snapshot whose manifest names the segment is held; segments are shared by the
/// snapshots of one process (`SegmentCache`).
final class WindowSegment: @unchecked Sendable {
    let id: UInt32
    let directory: WindowDirectory
    let numbers: SegmentNumbers
    let tags: SegmentTags
    let groups = SegmentGroupCache()
    let columns: SegmentColumns
    /// Between these two lie its document numbers, and those of no other segment.
    let firstNumber: UInt64
    let lastNumber: UInt64

    private let directoryBytes: SegmentBytes
    /// The lists; in a compact segment none, and all of them in `listChunks`.
    private let chunks: [SegmentBytes]
    private let listChunks: [ListChunk]
    private let cache: ListCache
    private let forwardBytes: SegmentBytes?
    /// Nil in a compact segment, whose exact vectors are in `documents`.
    let forward: ForwardTable?
    let forwardChunks: [SegmentBytes]
    /// For each ordinal its document's rank; nil when they are the same.
    private let ranks: [UInt16]?

    /// - Parameter cache: of the lists that have to be decoded.
    init(_ entry: SegmentEntry, _ table: SegmentTable, _ cache: ListCache) throws {
        id = entry.id
        self.cache = cache
        firstNumber = entry.firstDocument
        lastNumber = entry.lastDocument
        // Chunks lie raw. Whether they do is proven with their checksums, at first touch; until then their size tells. The
        // lists of a compact segment may be in planes: how long they will be is known, and compared, at first touch.
        func lengths(_ chunks: [SegmentBytes]) -> [Int] {
            chunks.map { max(0, $0.body.count - SegmentChunkHeader.size) }
        }
        let lists = try SegmentBytes.all(entry.id, .chunk, in: table, mayBePlanes: entry.isCompact)
        chunks = entry.isCompact ? [] : lists
        listChunks = entry.isCompact ? lists.enumerated().map { ListChunk($1, index: $0) } : []
        let listLengths =
            entry.isCompact ? [Int](repeating: Limits.maximumChunkBytes, count: lists.count) : lengths(lists)
        forwardChunks = entry.isCompact ? [] : try SegmentBytes.all(entry.id, .forwardChunk, in: table)
        // Everything else is reached through these: they are proven before any use, chunks at first touch.
        directoryBytes = try SegmentBytes(entry.id, .directory, in: table)
        try directoryBytes.verify()
        numbers = try SegmentNumbers(entry.id, table)
        forwardBytes = entry.isCompact ? nil : try SegmentBytes(entry.id, .forward, in: table)
        try forwardBytes?.verify()
        ranks = numbers.ranks()
        let directory = try WindowDirectory(body: directoryBytes.body, chunkLengths: listLengths)
        let vectorLengths = lengths(forwardChunks)
        self.directory = directory
        forward = try forwardBytes.map {
            try ForwardTable(body: $0.body, terms: directory.count, chunkLengths: vectorLengths)
        }
        tags = try SegmentTags(entry.id, table, documents: directory.documents)
        columns = try SegmentColumns(entry.id, table, documents: directory.documents)
        guard directory.documents == Int(entry.documents), numbers.count == directory.documents,
            forward?.count ?? directory.documents == directory.documents, directory.nonzeros == entry.nonzeros
        else {
            throw SparseStoreError(
                .corrupted, "segment \(entry.id) does not match its manifest entry; restore the store from a backup")
        }
    }

    deinit { if !listChunks.isEmpty { cache.forget(listChunks) } }

    var documentCount: Int { directory.documents }

    /// Proves the headers of all chunks, but not their checksums.
    func checkChunkHeaders() throws {
        for chunk in chunks + forwardChunks { try chunk.checkHeader() }
        for chunk in listChunks { try chunk.checkHeader() }
    }

    /// The bytes of a list, in bounds by what `WindowDirectory` has proven, or `ListChunk`.
    ///
    /// - Parameter held: keeps them where they are.
    func list(_ entry: WindowEntry, _ held: inout HeldLists) throws -> UnsafeRawPointer {
        if isCompact {
            let (bytes, wasCached) = try listChunks[Int(entry.chunk)].bytes(directory, cache)
            held.hold(bytes, wasCached: wasCached)
            return bytes.start + Int(entry.offset)
        }
        let chunk = chunks[Int(entry.chunk)]
        try chunk.verify()
        guard let base = chunk.body.baseAddress else { throw FormatError(.listRange) }
        return base + SegmentChunkHeader.size + Int(entry.offset)
    }

    /// Asks the disk for the postings of a list's first levels.
    func readAhead(_ entry: WindowEntry, at position: Int, levels: Int) {
        if isCompact { return listChunks[Int(entry.chunk)].readAhead() }
        let chunk = chunks[Int(entry.chunk)]
        let used = directory.postings(at: position, levels: levels)
        guard used > 0, let base = chunk.body.baseAddress else { return }
        let bytes = entry.byteCount(documents: documentCount)
        chunk.readAhead(
            base + SegmentChunkHeader.size + Int(entry.offset),
            entry.encoding == .packed ? min(bytes, used * WindowEntry.packBytes / WindowEntry.packSize) : bytes)
    }

    /// Calls `body` with each chunk of lists: its bytes, and what brings it into memory, proves it, and decodes it where
    /// it is compressed.
    func forEachListChunk(_ body: (_ bytes: Int, _ load: () throws -> Void) throws -> Void) throws {
        for chunk in chunks { try body(chunk.value.count) { try chunk.verify() } }
        for chunk in listChunks { try body(chunk.storedBytes) { _ = try chunk.bytes(directory, cache) } }
    }

    /// The same for each chunk of exact vectors; a compact segment has none.
    func forEachVectorChunk(_ body: (_ bytes: Int, _ load: () throws -> Void) throws -> Void) throws {
        for chunk in forwardChunks { try body(chunk.value.count) { try chunk.verify() } }
    }

    /// Whether exact vectors are in `documents` only.
    var isCompact: Bool { forward == nil }

    /// The number of the document at an ordinal.
    func number(of ordinal: Int) -> UInt64 { numbers.number(rank: ranks.map { Int($0[ordinal]) } ?? ordinal) }

    /// The exact vector of the document at an ordinal of a segment that has them.
    func record(at ordinal: Int) throws -> ForwardRecord {
        guard let forward else { throw FormatError(.forwardRecords, "segment \(id) has none") }
        let place = try forward.place(of: ordinal)
        let chunk = forwardChunks[place.chunk]
        try chunk.verify()
        let data = UnsafeRawBufferPointer(rebasing: chunk.body[SegmentChunkHeader.size...])
        return try ForwardRecord(chunk: data, offset: place.offset, isWide: forward.isWide)
    }

    // What `record(at:)` will read soon, in the order in which one thing leads to the next; nothing in a compact segment.

    /// Asks for where a document's record lies.
    func prefetchPlace(of ordinal: Int) { forward?.prefetchPlace(of: ordinal) }

    /// Asks for the beginning of a record, which says how long it is.
    func prefetchBeginning(at ordinal: Int) {
        guard let place = try? forward?.place(of: ordinal),
            let data = forwardChunks[place.chunk].body.baseAddress
        else { return }
        SparseFormat.prefetch(data + SegmentChunkHeader.size + place.offset)
    }

    /// Asks the disk for a record, as long as records are at the mean.
    func readAhead(at ordinal: Int) {
        guard let forward, let place = try? forward.place(of: ordinal),
            let data = forwardChunks[place.chunk].body.baseAddress
        else { return }
        let components = Int(directory.nonzeros) / directory.documents
        forwardChunks[place.chunk].readAhead(
            data + SegmentChunkHeader.size + place.offset,
            ForwardTable.recordSize(components: components, identifier: 0, isWide: forward.isWide))
    }

    /// Asks for a whole record.
    func prefetch(at ordinal: Int) throws {
        if !isCompact { try record(at: ordinal).prefetchLines() }
    }
}
