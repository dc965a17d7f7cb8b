internal import LMDB
internal import SparseFormat

/// An open window segment, with the positions of its lists, exact vectors, and document numbers in the map.
///
/// Its pointers are valid while a snapshot is held whose manifest names the segment. Segments are shared by the
/// snapshots of one process (`SegmentCache`).
final class WindowSegment: Sendable {
    let id: UInt32
    let directory: WindowDirectory
    let numbers: SegmentNumbers
    let tags: SegmentTags
    let groups = SegmentGroupCache()
    let columns: SegmentColumns
    /// The bounds of its document numbers. No other segment has numbers between them.
    let firstNumber: UInt64
    let lastNumber: UInt64

    /// The stored bytes of the lists.
    let listBytes: Int
    /// The stored bytes of the exact vectors; of a compact segment, about what they take in `documents`.
    let vectorBytes: Int

    private let directoryBytes: SegmentBytes
    /// The chunks of lists. Empty in a compact segment, whose lists are in `listChunks`.
    private let lists: SegmentChunks
    private let listChunks: [ListChunk]
    private let cache: ListCache
    private let forwardBytes: SegmentBytes?
    /// The exact vectors. Nil in a compact segment, whose exact vectors are in `documents`.
    let forward: ForwardTable?
    private let vectors: SegmentChunks
    /// The rank of each ordinal's document; nil if ranks and ordinals are the same.
    private let ranks: [UInt16]?

    /// - Parameter cache: The cache for lists that must be decoded.
    init(_ parts: SegmentParts, _ cache: ListCache) throws {
        let entry = parts.entry
        id = entry.id
        self.cache = cache
        firstNumber = entry.firstDocument
        lastNumber = entry.lastDocument
        let lists = SegmentChunks(entry.isCompact ? [] : parts.lists)
        self.lists = lists
        listChunks = entry.isCompact ? parts.lists.enumerated().map { ListChunk($1, index: $0) } : []
        let listLengths =
            entry.isCompact ? [Int](repeating: Limits.maximumChunkBytes, count: parts.lists.count) : lists.lengths
        let vectors = SegmentChunks(parts.vectors)
        self.vectors = vectors
        listBytes = parts.lists.reduce(0) { $0 + $1.value.count }
        vectorBytes =
            entry.isCompact
            ? Int(clamping: entry.nonzeros) * Self.documentBytesPerTerm
            : parts.vectors.reduce(0) { $0 + $1.value.count }
        // Everything else is reached through these: they are proven before any use, chunks at first touch.
        directoryBytes = parts.directory
        try directoryBytes.verify()
        numbers = try SegmentNumbers(parts.documents, order: parts.order)
        forwardBytes = parts.forward
        try forwardBytes?.verify()
        ranks = numbers.ranks()
        let directory = try WindowDirectory(body: directoryBytes.body, chunkLengths: listLengths)
        self.directory = directory
        forward = try forwardBytes.map {
            try ForwardTable(body: $0.body, terms: directory.count, chunkLengths: vectors.lengths)
        }
        tags = SegmentTags(parts.tags, documents: directory.documents)
        columns = SegmentColumns(parts.columns, documents: directory.documents)
        guard directory.documents == Int(entry.documents), numbers.count == directory.documents,
            forward?.count ?? directory.documents == directory.documents, directory.nonzeros == entry.nonzeros
        else {
            throw SparseStoreError.corrupted("segment \(entry.id) does not match its manifest entry")
        }
    }

    /// A weight of 16 or 32 bits, and a gap of a byte or two.
    private static let documentBytesPerTerm = 4

    deinit { if !listChunks.isEmpty { cache.forget(listChunks) } }

    var documentCount: Int { directory.documents }

    /// Verifies the headers of all chunks, but not their checksums.
    func checkChunkHeaders() throws {
        for chunk in lists.chunks + vectors.chunks { try chunk.checkHeader() }
        for chunk in listChunks { try chunk.checkHeader() }
    }

    /// Returns the bytes of a list. `WindowDirectory` or `ListChunk` has verified that they are in bounds.
    ///
    /// - Parameter held: Keeps the bytes in place.
    func list(_ entry: WindowEntry, _ held: inout HeldLists) throws -> UnsafeRawPointer {
        if isCompact {
            let (bytes, wasCached) = try listChunks[Int(entry.chunk)].bytes(directory, cache)
            held.hold(bytes, wasCached: wasCached)
            return bytes.start + Int(entry.offset)
        }
        guard let base = try lists.verified(Int(entry.chunk)).baseAddress else { throw FormatError(.listRange) }
        return base + Int(entry.offset)
    }

    /// Requests from the disk the postings of a list's first levels.
    func readAhead(_ entry: WindowEntry, at position: Int, levels: Int) {
        if isCompact { return listChunks[Int(entry.chunk)].readAhead() }
        let used = directory.postings(at: position, levels: levels)
        guard used > 0 else { return }
        let bytes = entry.byteCount(documents: documentCount)
        lists.readAhead(
            Int(entry.chunk), Int(entry.offset),
            entry.encoding == .packed ? min(bytes, used * WindowEntry.packBytes / WindowEntry.packSize) : bytes)
    }

    /// Calls `body` with each chunk of lists: its size, and a function that loads it into memory, verifies it, and
    /// decodes it if it is compressed.
    func forEachListChunk(_ body: (_ bytes: Int, _ load: () throws -> Void) throws -> Void) throws {
        for chunk in lists.chunks { try body(chunk.value.count) { try chunk.verify() } }
        for chunk in listChunks { try body(chunk.storedBytes) { _ = try chunk.bytes(directory, cache) } }
    }

    /// Calls `body` with each chunk of exact vectors in the same way. A compact segment has none.
    func forEachVectorChunk(_ body: (_ bytes: Int, _ load: () throws -> Void) throws -> Void) throws {
        for chunk in vectors.chunks { try body(chunk.value.count) { try chunk.verify() } }
    }

    /// Whether the exact vectors are only in `documents`.
    var isCompact: Bool { forward == nil }

    /// Returns the number of the document at an ordinal.
    func number(of ordinal: Int) -> UInt64 { numbers.number(rank: ranks.map { Int($0[ordinal]) } ?? ordinal) }

    /// Returns the exact vector of the document at an ordinal of a segment that has exact vectors.
    func record(at ordinal: Int) throws -> ForwardRecord {
        guard let forward else { throw FormatError(.forwardRecords, "segment \(id) has no forward records") }
        let place = try forward.location(of: ordinal)
        return try ForwardRecord(
            chunk: vectors.verified(place.chunk), offset: place.offset, isWide: forward.isWide)
    }

    // What `record(at:)` will read soon, in the order in which one thing leads to the next; nothing in a compact
    // segment.

    /// Requests from the disk what every search reads: the directories of lists and of records.
    func readAheadDirectories() {
        directoryBytes.readAhead()
        forwardBytes?.readAhead()
        numbers.readAhead()
    }

    /// Prefetches the position of a document's record.
    func prefetchLocation(of ordinal: Int) { forward?.prefetchLocation(of: ordinal) }

    /// Prefetches the beginning of a record, which contains its length.
    func prefetchBeginning(at ordinal: Int) {
        guard let place = try? forward?.location(of: ordinal),
            let record = vectors.address(place.chunk, place.offset)
        else { return }
        SparseFormat.prefetch(record)
    }

    /// Requests a record from the disk, assuming the mean length.
    func readAhead(at ordinal: Int) {
        guard let forward, let place = try? forward.location(of: ordinal) else { return }
        let components = Int(directory.nonzeros) / directory.documents
        vectors.readAhead(
            place.chunk, place.offset,
            ForwardTable.recordSize(components: components, identifier: 0, isWide: forward.isWide))
    }
}

/// The contents of a segment, list by list and record by record, for inspection rather than search.
extension WindowSegment {
    /// A list as stored, without padding.
    struct Postings {
        var ordinals: [UInt16] = []
        var codes: [UInt8] = []
    }

    /// Returns the list of the term at a position of the directory.
    func postings(at position: Int) throws -> Postings {
        let entry = directory.entry(at: position)
        var held = HeldLists()
        let start = try list(entry, &held)
        defer { withExtendedLifetime(held) {} }
        let bytes = UnsafeRawBufferPointer(start: start, count: entry.byteCount(documents: directory.documents))
        let count = Int(entry.count)
        var postings = Postings()
        func append(_ ordinal: Int, _ code: Int) {
            let low = UInt16(bytes[ordinal])
            postings.ordinals.append(low | UInt16(bytes[ordinal + 1]) << 8)
            postings.codes.append(bytes[code])
        }
        switch entry.encoding {
        case .short:
            for index in 0..<count { append(2 * index, 2 * count + index) }
        case .packed:
            let size = WindowEntry.packSize
            for index in 0..<bytes.count / WindowEntry.packBytes * size {
                let pack = index / size * WindowEntry.packBytes
                append(pack + 2 * (index % size), pack + 2 * size + index % size)
            }
            // Anything else after the last posting stays, and the caller reports it.
            while postings.ordinals.count > count, postings.ordinals.last == WindowEntry.padOrdinal,
                postings.codes.last == 0
            {
                postings.ordinals.removeLast()
                postings.codes.removeLast()
            }
        case .dense:
            for (ordinal, code) in bytes.enumerated() where code != 0 {
                postings.ordinals.append(UInt16(truncatingIfNeeded: ordinal))
                postings.codes.append(code)
            }
        }
        return postings
    }

    /// Returns the start of the record of an ordinal, in bytes counted through the data of all chunks.
    func location(of ordinal: Int) throws -> Int {
        guard let forward else { throw FormatError(.forwardRecords, "segment \(id) has no forward records") }
        let place = try forward.location(of: ordinal)
        return place.chunk * forward.chunkBytes + place.offset
    }

    var isWide: Bool { ForwardTable.isWide(terms: directory.count) }
    var forwardChunkCount: Int { vectors.chunks.count }
    /// The size of the data in each chunk of exact vectors except the last.
    var forwardChunkBytes: Int { forward?.chunkBytes ?? ForwardWriter.largeChunkBytes }
}

/// A document's exact vector and identifier, read from its segment or from `documents`. Valid while the snapshot that
/// it was read from is held.
enum ExactVector {
    /// A record beside the lists.
    case record(ForwardRecord)
    /// A value of `documents`, if the segment is compact.
    case document(DocumentView)

    /// Prefetches a record; nothing if the vector is in `documents`.
    func prefetchLines() { if case .record(let record) = self { record.prefetchLines() } }

    func identifier() throws -> String {
        switch self {
        case .record(let record): try record.identifier()
        case .document(let document): try document.identifier
        }
    }
}
