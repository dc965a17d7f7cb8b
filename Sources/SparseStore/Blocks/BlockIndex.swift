internal import LMDB
internal import Platform
internal import SparseFormat

/// An open block index: the lists, blocks, and summaries of Seismic (Bruch et al., SIGIR 2024) over the documents of
/// some window segments, which keep their own lists and exact vectors.
///
/// Nothing depends on it. A search that finds it damaged scans the windows instead.
///
/// Its pointers are valid while a snapshot is held whose store names it.
final class BlockIndex: Sendable {
    let record: BlockIndexRecord
    let directory: BlockDirectory
    private let directoryBytes: SegmentBytes
    private let lists: [SegmentBytes]
    private let placeChunks: [SegmentBytes]
    private let lineChunks: [SegmentBytes]
    private let provenPlaces: ProvenFlags
    private let provenLines: ProvenFlags
    let lines: ImpactLines
    /// The damage that a search has found, if any.
    private let found = Lock<BlockDamage?>(nil)

    /// The damage of the index; nil while none is known.
    var damage: BlockDamage? {
        get { found.withLock { $0 } }
        set { found.withLock { $0 = newValue } }
    }

    init(_ record: BlockIndexRecord, _ table: SegmentTable) throws {
        self.record = record
        // As with windows, the directory is verified now, and chunks on first use.
        directoryBytes = try SegmentBytes(record.number, .blockDirectory, in: table)
        try directoryBytes.verify()
        lists = try SegmentBytes.all(record.number, .blockLists, in: table)
        placeChunks = try SegmentBytes.all(record.number, .blockPlaces, in: table)
        lineChunks = try SegmentBytes.all(record.number, .blockLines, in: table)
        provenPlaces = ProvenFlags(count: placeChunks.count)
        provenLines = ProvenFlags(count: lineChunks.count)
        directory = try BlockDirectory(
            body: directoryBytes.body, version: directoryBytes.version,
            chunkLengths: lists.map { try $0.data().count })
        guard directory.slots <= record.documents else { throw FormatError(.blockCounts, "\(directory.slots) slots") }
        lines = try ImpactLines(
            slots: directory.slots, lines: directory.lines, places: placeChunks.map { try $0.data() },
            chunks: lineChunks.map { try $0.data() })
    }

    /// Returns the list of the term at a position of the directory; nil if it has none.
    func list(at position: Int) throws -> BlockList? {
        let entry = directory.entries[position]
        guard entry.postings > 0 else { return nil }
        let chunk = lists[Int(entry.chunk)]
        try chunk.verify()
        guard let base = chunk.body.baseAddress else { throw FormatError(.blockLists) }
        return BlockList(entry, base + SegmentChunkHeader.size + Int(entry.offset))
    }

    /// Requests from the disk the list of the term at a position of the directory.
    func readAhead(listAt position: Int) {
        let entry = directory.entries[position]
        guard entry.postings > 0, let base = lists[Int(entry.chunk)].body.baseAddress else { return }
        lists[Int(entry.chunk)].readAhead(base + SegmentChunkHeader.size + Int(entry.offset), entry.byteCount)
    }

    /// Requests the directory from the disk.
    func readAheadDirectory() { directoryBytes.readAhead() }

    /// Requests from the disk the first lines at a place.
    func readAhead(linesAt place: Int) {
        let chunk = lineChunks[ImpactLines.chunk(of: place)]
        guard let base = chunk.body.baseAddress else { return }
        chunk.readAhead(
            base + SegmentChunkHeader.size + place % ImpactLine.linesPerChunk * ImpactLine.bytes, 2 * ImpactLine.bytes)
    }

    /// Verifies the chunk that contains a slot's place.
    @inline(__always)
    func provePlace(of slot: Int) throws {
        let chunk = ImpactLines.placesChunk(of: slot)
        try provenPlaces.prove(chunk) { try placeChunks[chunk].verify() }
    }

    /// Verifies the chunk that contains the lines at a place.
    @inline(__always)
    func proveLines(at place: Int) throws {
        let chunk = ImpactLines.chunk(of: place)
        try provenLines.prove(chunk) { try lineChunks[chunk].verify() }
    }

    /// Verifies the headers of all chunks, but not their checksums.
    func checkChunkHeaders() throws { for chunk in lists + placeChunks + lineChunks { try chunk.checkHeader() } }
}

/// Damage that makes a block index unusable.
struct BlockDamage: Error, Hashable {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }

    /// Converts an error; nil if the error is not damage of the bytes.
    init?(_ error: any Error) {
        switch error {
        case let error as FormatError: sentence = error.sentence
        // The block index can be rebuilt, so its remedy differs from that of other data.
        case let error as SparseStoreError where error.code == .corrupted:
            sentence = error.problem
        default: return nil
        }
    }

    /// Runs `body` and attributes damage that it meets to the block index.
    static func of<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            throw BlockDamage(error) ?? error
        }
    }
}

/// The settings for building a block index. The defaults are those with which Seismic and this index found most per
/// document looked at, on real documents (Benchmarks/RESULTS.md, "Blocks on real documents").
public struct BlockSettings: Sendable, Hashable {
    /// The mean number of postings to keep per term. The index keeps this number times the number of terms, choosing
    /// the largest weights overall. If nil, it grows with the square root of the number of documents: 1,000 for half a
    /// million, 2,000 for two million.
    public var postingsPerTerm: Int?
    /// The maximum length of a list, as a multiple of ``postingsPerTerm``.
    public var maximumFactor = 4.0
    /// The minimum number of postings to keep in a list that has that many.
    public var leastPostings = 64
    /// The number of blocks in a list, as a share of its postings.
    public var blockShare = 0.2
    /// The size up to which a block is dissolved and its documents are moved to other blocks.
    public var smallestBlock = 2
    /// The share of the sum of a block's largest weights that its summary keeps.
    public var summaryShare = 0.5
    /// The seed for choosing the first document of each block. The same seed builds the same index.
    public var seed: UInt64 = 1
    /// The number of different term numbers. Tests lower it, so that few terms share numbers.
    var termNumbers = BlockNumbers.count

    /// Creates the default settings.
    public init() {}

    /// Returns the settings with the number of postings that suits a number of documents, if none was set.
    func resolved(documents: Int) -> BlockSettings {
        var settings = self
        let suitable = Double(Self.usualPostings) * (Double(documents) / Double(Self.usualDocuments)).squareRoot()
        settings.postingsPerTerm = postingsPerTerm ?? Int(min(max(suitable, 100), 8_000))
        return settings
    }

    /// The number of postings that was found to suit a number of documents. The number of documents that a search must
    /// look at grows more slowly than the collection, and so do the lists.
    private static let usualPostings = 1_000
    private static let usualDocuments = 550_000

    /// The mean number of postings that is kept per term.
    var meanPostings: Int { postingsPerTerm ?? Self.usualPostings }

    /// The maximum number of postings in a list.
    var mostPostings: Int { min(Self.mostPostings, Int(maximumFactor * Double(meanPostings))) }

    /// The maximum number of postings in any list, safely below what the format allows.
    static let mostPostings = 60_000

    func check() throws(SparseStoreError) {
        guard postingsPerTerm.map((1...60_000).contains) ?? true, (1...64).contains(maximumFactor), leastPostings >= 0,
            blockShare > 0, blockShare <= 1, smallestBlock >= 0, summaryShare > 0, summaryShare <= 1
        else {
            throw SparseStoreError(
                .invalidArgument, problem: "the settings of the block index are out of range",
                remedy: "use 1...60000 postings per term, a maximum factor of 1...64, shares above 0 and at most 1, "
                    + "and no negative numbers")
        }
    }
}
