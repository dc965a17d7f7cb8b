internal import LMDB
internal import SparseFormat

/// An open block index: the lists, blocks and summaries of Seismic (Bruch et al., SIGIR 2024) over the documents of some
/// window segments, which keep their own lists and exact vectors.
///
/// Nothing depends on it: a search that finds it damaged goes through the windows instead.
///
/// Its pointers are right while a snapshot is held whose store names it.
final class BlockIndex: @unchecked Sendable {
    let record: BlockIndexRecord
    let directory: BlockDirectory
    private let directoryBytes: SegmentBytes
    private let lists: [SegmentBytes]
    private let placeChunks: [SegmentBytes]
    private let lineChunks: [SegmentBytes]
    private let provenPlaces: ProvenFlags
    private let provenLines: ProvenFlags
    let lines: ImpactLines
    /// What is wrong with it, once a search has met damage.
    private let found = Lock<BlockDamage?>(nil)

    /// Nil while nothing is known to be wrong.
    var damage: BlockDamage? {
        get { found.withLock { $0 } }
        set { found.withLock { $0 = newValue } }
    }

    init(_ record: BlockIndexRecord, _ table: SegmentTable) throws {
        self.record = record
        // As with windows: the directory is proven now, chunks at first touch.
        directoryBytes = try SegmentBytes(record.number, .blockDirectory, in: table)
        try directoryBytes.verify()
        lists = try SegmentBytes.all(record.number, .blockLists, in: table)
        placeChunks = try SegmentBytes.all(record.number, .blockPlaces, in: table)
        lineChunks = try SegmentBytes.all(record.number, .blockLines, in: table)
        provenPlaces = ProvenFlags(count: placeChunks.count)
        provenLines = ProvenFlags(count: lineChunks.count)
        directory = try BlockDirectory(body: directoryBytes.body, chunkLengths: lists.map { try $0.data().count })
        guard directory.slots <= record.documents else { throw FormatError(.blockCounts, "\(directory.slots) slots") }
        lines = try ImpactLines(
            slots: directory.slots, lines: directory.lines, places: placeChunks.map { try $0.data() },
            chunks: lineChunks.map { try $0.data() })
    }

    /// The list of the term with a number; nil for one without.
    func list(_ number: Int) throws -> BlockList? {
        let entry = directory.entries[number]
        guard entry.postings > 0 else { return nil }
        let chunk = lists[Int(entry.chunk)]
        try chunk.verify()
        guard let base = chunk.body.baseAddress else { throw FormatError(.blockLists) }
        return BlockList(entry, base + SegmentChunkHeader.size + Int(entry.offset))
    }

    /// Asks the disk for the list of the term with a number.
    func readAhead(_ number: Int) {
        let entry = directory.entries[number]
        guard entry.postings > 0, let base = lists[Int(entry.chunk)].body.baseAddress else { return }
        lists[Int(entry.chunk)].readAhead(base + SegmentChunkHeader.size + Int(entry.offset), entry.byteCount)
    }

    /// Asks the disk for the first lines from a place on.
    func readAhead(at place: Int) {
        let chunk = lineChunks[ImpactLines.chunk(of: place)]
        guard let base = chunk.body.baseAddress else { return }
        chunk.readAhead(
            base + SegmentChunkHeader.size + place % ImpactLine.linesPerChunk * ImpactLine.bytes, 2 * ImpactLine.bytes)
    }

    /// Proves the chunk that a slot's place stands in.
    @inline(__always)
    func provePlace(of slot: Int) throws {
        let chunk = ImpactLines.placesChunk(of: slot)
        try provenPlaces.prove(chunk) { try placeChunks[chunk].verify() }
    }

    /// Proves the chunk that a place's lines lie in.
    @inline(__always)
    func proveLines(at place: Int) throws {
        let chunk = ImpactLines.chunk(of: place)
        try provenLines.prove(chunk) { try lineChunks[chunk].verify() }
    }

    /// Proves the headers of all chunks, but not their checksums.
    func checkChunkHeaders() throws { for chunk in lists + placeChunks + lineChunks { try chunk.checkHeader() } }
}

/// What makes a block index unusable.
struct BlockDamage: Error, Hashable {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }

    /// Nil for an error that is no damage of the bytes.
    init?(_ error: any Error) {
        switch error {
        case let error as FormatError: sentence = error.sentence
        // The remedy is another one than for what nothing can be built anew from.
        case let error as SparseStoreError where error.code == .corrupted:
            sentence = error.problem
        default: return nil
        }
    }

    /// Runs `body`, whose damage is that of the block index.
    static func of<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            throw BlockDamage(error) ?? error
        }
    }
}
