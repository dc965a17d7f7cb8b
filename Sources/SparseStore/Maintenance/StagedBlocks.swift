internal import Dispatch
internal import LMDB
internal import SparseFormat

/// Builds a block index, from the claim to the switch. It uses the claim of a merge, so the windows that it reads stay.
///
/// Each piece is read in a separate transaction. Documents removed meanwhile are omitted or found to be dead.
///
/// Memory: 12 bytes per document, plus at most what the merge policy allows for the heaviest components of the
/// documents that are ordered together (`StagedBlocks+Lines`), or for the lists that are built together
/// (`StagedBlocks+Lists`).
struct StagedBlocks: ClaimedWork {
    let environment: Environment
    let tables: Tables
    /// The approximate memory that a step may use in addition to the memory per document.
    let memory: Int
    let pieces: MergePieces
    let settings: BlockSettings
    let claim: Claim
    let sources: [SegmentEntry]
    let number: UInt32

    /// The cache of decoded lists of compact windows.
    private let decoded = ListCache(capacity: 1 << 26)
    private var parts: StagedParts

    /// Claims all segments of the newest manifest; nil if there are none.
    ///
    /// The caller has checked that there is no claim. If there is one by now, throws `Claim.Lost`.
    static func begin(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy, _ pieces: MergePieces,
        _ settings: BlockSettings
    ) throws -> StagedBlocks? {
        try environment.write { transaction in
            var manifest = try MetaTable(tables: tables, reader: transaction.reader).manifest()
            let sources = manifest.segments
            guard !sources.isEmpty else { return nil }
            let number = manifest.nextSegment
            let claim = try Claim.begin(
                .merging, sources: sources, staging: 1, &manifest, tables, transaction.writer)
            return StagedBlocks(environment, tables, policy.memory, pieces, settings, claim, sources, number)
        }
    }

    private init(
        _ environment: Environment, _ tables: Tables, _ memory: Int, _ pieces: MergePieces,
        _ settings: BlockSettings, _ claim: Claim, _ sources: [SegmentEntry], _ number: UInt32
    ) {
        self.environment = environment
        self.tables = tables
        self.memory = memory
        self.pieces = pieces
        self.settings = settings
        self.claim = claim
        self.sources = sources
        self.number = number
        parts = StagedParts(environment, tables, claim, bytesAtOnce: pieces.bytesWritten)
    }

    /// Builds the index and writes all of it but the last few megabytes. Returns false if there is no document to
    /// index.
    mutating func stage(_ checkpoint: MergeCheckpoint) throws -> Bool {
        let (lines, slots) = try stageLines(checkpoint)
        guard lines > 0 else { return false }
        try stageLists(lines, slots, checkpoint)
        let documents = sources.liveDocuments
        try checkpoint(MaintenanceProgress(step: .switching, documentsRead: documents, documents: documents))
        return true
    }

    /// Writes the rest and records the index in the store.
    func finish() throws {
        try environment.write { transaction in
            try parts.finish(transaction.writer)
            let meta = MetaTable(tables: tables, reader: transaction.reader)
            let segments = SegmentTable(tables: tables, reader: transaction.reader)
            let retired = try meta.retired()
            // By what is there, since the record of the one before may be damaged.
            let old = try segments.blockNumbers().filter { $0 != number && !retired.contains($0) }
                .map { (number: $0, bytes: UInt64(try segments.bytes(of: $0))) }
            try MetaTable.put(
                blocks: BlockIndexRecord(
                    number: number, bytes: UInt64(parts.bytes),
                    sources: sources.map { .init(segment: $0.id, documents: $0.documents) }),
                tables, transaction.writer)
            if !old.isEmpty { try RetiredSegments(tables: tables, writer: transaction.writer).retire(old) }
        }
    }

    /// Opens the windows as of the newest commit.
    func open(_ reader: Reader) throws -> BlockSources {
        let table = SegmentTable(tables: tables, reader: reader)
        let tombstones = TombstoneTable(tables: tables, reader: reader)
        let manifest = try MetaTable(tables: tables, reader: reader).manifest()
        let members = try sources.map { source in
            let entry = manifest.segments.first { $0.id == source.id } ?? source
            return IndexView.Member(
                segment: try WindowSegment(entry, table, decoded), tombstones: try tombstones.bitmap(entry))
        }
        var view = IndexView(members: members)
        view.documents = TransactionDocuments(DocumentTable(tables: tables, reader: reader))
        return try BlockSources(view)
    }

    /// Adds a part to be written.
    mutating func add(_ part: WindowPart) { parts.add(part, to: number) }

    /// Writes the queued parts except the last piece, or all of them.
    mutating func writeWaiting(all: Bool = false) throws { try parts.write(all: all) }
}
