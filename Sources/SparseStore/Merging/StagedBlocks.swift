internal import LMDB
internal import SparseFormat

/// Builds a block index, or extends the one there is, from the claim to the switch. It uses the claim of a merge, so the
/// windows that it reads stay, and so does the index that it extends.
///
/// Each piece is read in a separate transaction. Documents removed meanwhile are omitted or found to be dead.
///
/// Memory: 12 bytes per document, plus at most what the merge policy allows for the heaviest components of the
/// documents that are ordered together (`StagedBlocks+Lines`), or for the lists that are built together
/// (`StagedBlocks+Lists`).
struct StagedBlocks: ClaimedWork {
    let file: StoreFile
    /// The approximate memory that a step may use in addition to the memory per document.
    let memory: Int
    let pieces: MergePieces
    let settings: BlockSettings
    let claim: Claim
    /// The segments whose documents are added: all, or those that the index that is extended does not have.
    let sources: [SegmentEntry]
    let number: UInt32
    /// The index that is extended; nil for a new one.
    let extended: ExtendedBlocks?

    /// The directory of the index that is extended.
    var directory: BlockDirectory?
    /// The numbers of the terms.
    var numbers = BlockNumbers()
    /// The open windows, and a cache of decoded lists of compact ones.
    private let segments = SegmentCache(lists: ListCache(capacity: 1 << 26))
    /// The terms, known after the windows were first opened.
    private var terms: BlockTerms?
    private var parts: StagedParts

    /// Claims all segments of the newest manifest; nil if there are none.
    ///
    /// The caller has checked that there is no claim. If there is one by now, throws `Claim.Lost`.
    ///
    /// - Parameter mayExtend: Whether to extend the block index that there is, if that is better.
    static func begin(
        _ file: StoreFile, policy: MergePolicy, pieces: MergePieces, settings: BlockSettings, mayExtend: Bool = false
    ) throws -> StagedBlocks? {
        try file.write { writer in
            var manifest = try writer.reader.meta.manifest()
            guard !manifest.segments.isEmpty else { return nil }
            let record = mayExtend ? try writer.reader.meta.readableBlocks() : nil
            let extended = record.flatMap { ExtendedBlocks($0, manifest) }.flatMap {
                $0.isWorthKeeping && $0.hasMore ? $0 : nil
            }
            let number = manifest.nextSegment
            let claim = try Claim.begin(.merging, sources: manifest.segments, staging: 1, &manifest, writer)
            return StagedBlocks(
                file: file, memory: policy.memory, pieces: pieces, settings: settings, claim: claim,
                sources: extended?.later ?? manifest.segments, number: number, extended: extended)
        }
    }

    private init(
        file: StoreFile, memory: Int, pieces: MergePieces, settings: BlockSettings, claim: Claim,
        sources: [SegmentEntry], number: UInt32, extended: ExtendedBlocks?
    ) {
        self.file = file
        self.memory = memory
        self.pieces = pieces
        self.settings = settings.resolved(documents: sources.liveDocuments)
        self.claim = claim
        self.sources = sources
        self.number = number
        self.extended = extended
        parts = StagedParts(file, claim, bytesAtOnce: pieces.bytesWritten)
    }

    /// Builds the index and writes all of it but the last few megabytes. Returns false if there is no document to
    /// index.
    mutating func stage(_ checkpoint: MergeCheckpoint) throws -> Bool {
        let documents = try stageLines(checkpoint)
        guard documents.lines > 0 else { return false }
        try stageLists(documents, checkpoint)
        let read = sources.liveDocuments
        try checkpoint(MaintenanceProgress(step: .switching, documentsRead: read, documents: read))
        return true
    }

    /// Writes the rest and records the index in the store.
    func finish() throws {
        try file.write { writer in
            try parts.finish(writer)
            let segments = writer.reader.segments
            let retired = try writer.reader.meta.retired()
            // By what is there, since the record of the one before may be damaged.
            let old = try segments.blockNumbers().filter { $0 != number && !retired.contains($0) }
                .map { (number: $0, bytes: UInt64(try segments.bytes(of: $0))) }
            try writer.putBlocks(
                BlockIndexRecord(
                    number: number, bytes: UInt64(parts.bytes),
                    sources: (extended?.record.sources ?? [])
                        + sources.map { .init(segment: $0.id, documents: $0.documents) }))
            if !old.isEmpty { try RetiredSegments(writer: writer).retire(old) }
        }
    }

    /// Opens the windows as of the newest commit.
    mutating func open() throws -> BlockSources {
        let transaction = try file.environment.beginRead()
        let reader = StoreReader(file.tables, transaction.reader)
        let manifest = try reader.meta.manifest()
        let entries = sources.map { source in manifest.segments.first { $0.id == source.id } ?? source }
        let members = try segments.members(entries, reader, mapEpoch: file.environment.mapEpoch)
        let terms = try self.terms ?? BlockTerms(members.map(\.segment.directory), extending: directory)
        self.terms = terms
        return BlockSources(ReadView(transaction, tables: file.tables, index: CommitIndex(members: members)), terms)
    }

    /// Adds a part to be written.
    mutating func add(_ part: WindowPart) { parts.add(part, to: number) }

    /// Writes the queued parts except the last piece, or all of them.
    mutating func writeWaiting(all: Bool = false) throws { try parts.write(all: all) }
}
