internal import LMDB
internal import SparseFormat

/// One merge, from its claim to the switch (FORMAT.md, "Write ordering and atomicity").
///
/// The claim is a record that names the sources, so that nobody else merges them, and the numbers of the new segments.
/// Their parts are then written in bounded transactions; no manifest names them yet. The last transaction switches. Each
/// transaction first looks whether the claim still stands, so a merge that another process took for dead gives up, and
/// what it had written is gone already.
struct StagedMerge {
    /// Another process has taken the claim away.
    struct ClaimLost: Error {}

    /// Transactions' worth of room that is made ahead.
    private static let piecesAhead = 3

    private let environment: Environment
    private let tables: Tables
    private let policy: MergePolicy
    private let pieces: MergePieces
    let record: MergeRecord
    private let sources: [SegmentEntry]
    private let profile: IndexProfile
    private var merged: [SegmentEntry] = []
    /// Bytes of the new segments.
    var mergedBytes: Int { merged.reduce(0) { $0 + Int(clamping: $1.bytes) } }
    /// Parts that are not written yet, with their segments.
    private var waiting: [(segment: UInt32, part: WindowPart)] = []
    private var waitingBytes: Int { waiting.reduce(0) { $0 + $1.part.bytes } }
    /// Bytes for which room was made ahead.
    private var room = 0

    /// Claims the run that `choose` picks from the newest manifest; nil when it picks none.
    ///
    /// The caller has seen that no claim stands; if one does by now, that is `ClaimLost`.
    static func begin(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy, _ pieces: MergePieces = MergePieces(),
        choose: (ManifestRecord) -> Range<Int>?
    ) throws -> StagedMerge? {
        try environment.write { transaction in
            let meta = MetaTable(tables: tables, reader: transaction.reader)
            guard try meta.merge() == nil else { throw ClaimLost() }
            var manifest = try meta.manifest()
            guard let range = choose(manifest) else { return nil }
            let sources = Array(manifest.segments[range])
            let record = try claim(sources, numbers: policy.windows(of: sources), &manifest, tables, transaction.writer)
            return StagedMerge(environment, tables, policy, pieces, record, sources, manifest.profile)
        }
    }

    /// Writes a claim on some segments and takes numbers for what is made of them; no other claim stands.
    static func claim(
        _ sources: [SegmentEntry], numbers: Int, _ manifest: inout ManifestRecord, _ tables: Tables, _ writer: Writer
    ) throws -> MergeRecord {
        let first = try manifest.takeSegments(numbers)
        let record = MergeRecord(
            owner: .random(in: .min ... .max), process: Environment.processNumber, sources: sources.map(\.id),
            staged: Array(first..<manifest.nextSegment))
        try MetaTable.put(record, tables, writer)
        try MetaTable.put(manifest, tables, writer)
        return record
    }

    /// - Throws: `ClaimLost` unless the claim still stands.
    static func require(_ claim: MergeRecord, _ meta: MetaTable) throws {
        guard try meta.merge() == claim else { throw ClaimLost() }
    }

    private init(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy, _ pieces: MergePieces,
        _ record: MergeRecord, _ sources: [SegmentEntry], _ profile: IndexProfile
    ) {
        self.environment = environment
        self.tables = tables
        self.policy = policy
        self.pieces = pieces
        self.record = record
        self.sources = sources
        self.profile = profile
    }

    /// Builds the windows and writes all of them but the last few megabytes.
    mutating func stage(_ checkpoint: MergeCheckpoint) throws {
        var progress = MaintenanceProgress(step: .reading, documentsRead: 0, documents: sources.liveDocuments)
        func report(_ step: MaintenanceProgress.Step) throws {
            progress.step = step
            try checkpoint(progress)
        }
        var documents = DocumentRange(of: sources)
        while !documents.isAtEnd {
            var builder = WindowBuilder(nonzeros: policy.nonzerosPerWindow)
            let before = progress.documentsRead
            while !documents.isAtEnd, !builder.isFull {
                try report(.reading)
                let transaction = try environment.beginRead()
                let table = DocumentTable(tables: tables, reader: transaction.reader)
                try documents.read(atMost: pieces.documentsRead, from: table, into: &builder)
                progress.documentsRead = before + builder.count
            }
            guard builder.count > 0 else { continue }
            guard merged.count < record.staged.count else {
                throw SparseStoreError(.internalError, "a merge has made more windows than it has numbers for")
            }
            let window = try builder.build(policy.layout, profile: profile) { try report(.building) }
            builder = WindowBuilder(nonzeros: policy.nonzerosPerWindow)
            try add(window)
            if waitingBytes > pieces.bytesWritten { room = try environment.write { try write([], $0.writer) } }
            while waitingBytes > pieces.bytesWritten {
                try report(.writing)
                try writeSome()
                environment.letOthersWrite()
            }
        }
        try report(.switching)
    }

    /// Writes the rest and puts the new segments into the sources' place.
    func finish() throws {
        try environment.write { transaction in
            _ = try write(waiting[...], transaction.writer)
            var manifest = try MetaTable(tables: tables, reader: transaction.reader).manifest()
            guard let first = manifest.segments.firstIndex(where: { $0.id == record.sources.first }),
                manifest.segments[first...].prefix(record.sources.count).map(\.id) == record.sources
            else {
                throw SparseStoreError(.corrupted, "segments that were being merged are gone; restore a backup")
            }
            try SegmentReplacement(tables: tables, writer: transaction.writer)
                .apply(first..<first + record.sources.count, merged, &manifest)
            manifest.bytesWritten += merged.reduce(0) { $0 + $1.bytes }
            try MetaTable.put(nil, tables, transaction.writer)
            try MetaTable.put(manifest, tables, transaction.writer)
        }
    }

    /// Gives the claim back and deletes what was staged; the sources are as they were. False when the claim was gone.
    @discardableResult
    static func discard(_ record: MergeRecord, _ environment: Environment, _ tables: Tables) throws -> Bool {
        try environment.write { transaction in
            guard try MetaTable(tables: tables, reader: transaction.reader).merge() == record else { return false }
            let segments = SegmentTable(tables: tables, reader: transaction.reader)
            for segment in record.staged { try segments.remove(segment, transaction.writer) }
            try MetaTable.put(nil, tables, transaction.writer)
            return true
        }
    }

    private mutating func add(_ window: WindowBuilder.Window) throws {
        let segment = record.staged[merged.count]
        let parts = try WindowPart.all(of: window)
        merged.append(window.entry(segment, parts, policy))
        waiting += parts.map { (segment, $0) }
    }

    private mutating func writeSome() throws {
        var bytes = 0
        let batch = waiting.prefix { _, part in
            defer { bytes += part.bytes }
            return bytes < pieces.bytesWritten
        }
        room = try environment.write { try write(batch, $0.writer) }
        waiting.removeFirst(batch.count)
    }

    /// Writes some of what is waiting, and makes room for what comes next: what one transaction frees can be used from the
    /// next but one on, and lies open to others meanwhile. Returns the bytes for which there is room now.
    private func write(
        _ batch: ArraySlice<(segment: UInt32, part: WindowPart)>, _ writer: Writer
    ) throws -> Int {
        try Self.require(record, MetaTable(tables: tables, reader: writer.reader))
        for (segment, part) in batch { try part.put(segment, tables, writer) }
        let bytes = batch.reduce(0) { $0 + $1.part.bytes }
        let ahead = min(waitingBytes - bytes, Self.piecesAhead * pieces.bytesWritten)
        let missing = max(0, bytes + ahead - room)
        try RetiredSegments(tables: tables, writer: writer).makeRoom(for: UInt64(missing))
        return room + missing - bytes
    }
}
