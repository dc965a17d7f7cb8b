internal import Dispatch
internal import LMDB
internal import SparseFormat

/// The building of a block index, from its claim to the switch: as a merge does it (`StagedMerge`), under the same kind of
/// claim, so that the windows it reads stay and what a dead process leaves behind is collected.
///
/// Each piece reads what a transaction of its own sees: what is removed meanwhile is left out, or found dead.
///
/// Memory: 12 bytes a document, and at most what the merge policy allows for the heaviest components of the documents that are
/// put in order together (`StagedBlocks+Lines`), or for the lists that are built together (`StagedBlocks+Lists`).
struct StagedBlocks {
    let environment: Environment
    let tables: Tables
    /// About how much memory a step may take beside what each document needs.
    let memory: Int
    let pieces: MergePieces
    let settings: BlockSettings
    let record: MergeRecord
    let sources: [SegmentEntry]
    let number: UInt32

    /// Decoded lists of compact windows.
    private let decoded = ListCache(capacity: 1 << 26)
    /// Parts that are not written yet.
    var waiting: [WindowPart] = []
    private var waitingBytes: Int { waiting.reduce(0) { $0 + $1.bytes } }
    private var bytes: UInt64 = 0

    /// Claims all segments of the newest manifest; nil when there are none.
    ///
    /// The caller has seen that no claim stands; if one does by now, that is `ClaimLost`.
    static func begin(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy, _ pieces: MergePieces,
        _ settings: BlockSettings
    ) throws -> StagedBlocks? {
        try environment.write { transaction in
            let meta = MetaTable(tables: tables, reader: transaction.reader)
            guard try meta.merge() == nil else { throw StagedMerge.ClaimLost() }
            var manifest = try meta.manifest()
            let sources = manifest.segments
            guard !sources.isEmpty else { return nil }
            let number = manifest.nextSegment
            let record = try StagedMerge.claim(sources, numbers: 1, &manifest, tables, transaction.writer)
            return StagedBlocks(environment, tables, policy.memory, pieces, settings, record, sources, number)
        }
    }

    private init(
        _ environment: Environment, _ tables: Tables, _ memory: Int, _ pieces: MergePieces,
        _ settings: BlockSettings, _ record: MergeRecord, _ sources: [SegmentEntry], _ number: UInt32
    ) {
        self.environment = environment
        self.tables = tables
        self.memory = memory
        self.pieces = pieces
        self.settings = settings
        self.record = record
        self.sources = sources
        self.number = number
    }

    /// Builds the index and writes all of it but the last few megabytes; false when no document was left to index.
    mutating func stage(_ checkpoint: MergeCheckpoint) throws -> Bool {
        let (lines, slots) = try stageLines(checkpoint)
        guard lines > 0 else { return false }
        try stageLists(lines, slots, checkpoint)
        let documents = sources.liveDocuments
        try checkpoint(MaintenanceProgress(step: .switching, documentsRead: documents, documents: documents))
        return true
    }

    /// Writes the rest and names the index.
    mutating func finish() throws {
        try environment.write { transaction in
            try put(waiting, transaction.writer)
            let meta = MetaTable(tables: tables, reader: transaction.reader)
            let old = try meta.blocks()
            try MetaTable.put(
                blocks: BlockIndexRecord(
                    number: number, bytes: bytes + UInt64(waitingBytes),
                    sources: sources.map { .init(segment: $0.id, documents: $0.documents) }),
                tables, transaction.writer)
            try MetaTable.put(nil, tables, transaction.writer)
            if let old {
                try RetiredSegments(tables: tables, writer: transaction.writer)
                    .retire([(number: old.number, bytes: old.bytes)])
            }
        }
    }

    /// The windows as the newest commit sees them.
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

    /// Writes what waits, in transactions of a piece each, until less than so many bytes are left.
    mutating func writeWaiting(atLeast least: Int? = nil) throws {
        while waitingBytes > least ?? pieces.bytesWritten, !waiting.isEmpty {
            var size = 0
            let batch = waiting.prefix { part in
                guard size < pieces.bytesWritten else { return false }
                size += part.bytes
                return true
            }
            try environment.write { transaction in
                try put(Array(batch), transaction.writer)
                try RetiredSegments(tables: tables, writer: transaction.writer).makeRoom(for: UInt64(size))
            }
            bytes += UInt64(size)
            waiting.removeFirst(batch.count)
            environment.letOthersWrite()
        }
    }

    private func put(_ parts: [WindowPart], _ writer: Writer) throws {
        try StagedMerge.require(record, MetaTable(tables: tables, reader: writer.reader))
        for part in parts { try part.put(number, tables, writer) }
    }
}
