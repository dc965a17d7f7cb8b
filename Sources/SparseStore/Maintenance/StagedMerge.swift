internal import LMDB
internal import SparseFormat

/// Runs one merge, from the claim to the switch (FORMAT.md, "Write ordering and atomicity").
///
/// The claim names the sources, so that nobody else merges them, and the numbers of the new segments. Their parts are
/// then written in bounded transactions, while no manifest names them. The last transaction replaces the sources.
struct StagedMerge: ClaimedWork {
    private let environment: Environment
    private let tables: Tables
    private let policy: MergePolicy
    private let documentsRead: Int
    let claim: Claim
    private let sources: [SegmentEntry]
    private let profile: IndexProfile
    private let scoring: BM25Function?
    private var merged: [SegmentReplacement.Merged] = []
    private var parts: StagedParts
    /// The number of bytes of the new segments.
    var mergedBytes: Int { parts.bytes }

    /// Claims the run of segments that `choose` selects from the newest manifest; nil if it selects none.
    ///
    /// The caller has checked that there is no claim. If there is one by now, throws `Claim.Lost`.
    static func begin(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy, _ pieces: MergePieces = MergePieces(),
        choose: (ManifestRecord) -> Range<Int>?
    ) throws -> StagedMerge? {
        try environment.write { transaction in
            var manifest = try MetaTable(tables: tables, reader: transaction.reader).manifest()
            guard let range = choose(manifest) else { return nil }
            let sources = Array(manifest.segments[range])
            let claim = try Claim.begin(
                .merging, sources: sources, staging: policy.windows(of: sources), &manifest, tables, transaction.writer)
            let encoder = try MetaTable(tables: tables, reader: transaction.reader).encoder()
            return StagedMerge(
                environment, tables, policy, pieces, claim, sources, manifest.profile,
                encoder?.scoring(documents: manifest.documents))
        }
    }

    private init(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy, _ pieces: MergePieces,
        _ claim: Claim, _ sources: [SegmentEntry], _ profile: IndexProfile, _ scoring: BM25Function?
    ) {
        self.environment = environment
        self.tables = tables
        self.policy = policy
        self.claim = claim
        self.sources = sources
        self.profile = profile
        documentsRead = pieces.documentsRead
        parts = StagedParts(environment, tables, claim, bytesAtOnce: pieces.bytesWritten)
        self.scoring = scoring
    }

    /// Builds the windows and writes all but the last few megabytes.
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
                try documents.read(atMost: documentsRead, from: table, into: &builder)
                progress.documentsRead = before + builder.count
            }
            guard builder.count > 0 else { continue }
            // The numbers are as many as the manifest's counts of documents and postings ask for.
            guard merged.count < claim.record.staged.count else {
                throw SparseStoreError.moreDocumentsThanCounted
            }
            let window = try builder.build(policy.layout, profile: profile, scoring: scoring) { try report(.building) }
            builder = WindowBuilder(nonzeros: policy.nonzerosPerWindow)
            try add(window)
            try parts.write { try report(.writing) }
        }
        try report(.switching)
    }

    /// Writes the rest and replaces the sources with the new segments.
    func finish() throws {
        try environment.write { transaction in
            try parts.finish(transaction.writer)
            var manifest = try MetaTable(tables: tables, reader: transaction.reader).manifest()
            guard let first = manifest.segments.firstIndex(where: { $0.id == claim.record.sources.first }),
                manifest.segments[first...].prefix(sources.count).map(\.id) == claim.record.sources
            else {
                throw SparseStoreError(.corrupted, "segments of an unfinished merge are missing; restore a backup")
            }
            try SegmentReplacement(tables: tables, writer: transaction.writer)
                .apply(first..<first + sources.count, merged, &manifest)
            manifest.bytesWritten += merged.reduce(0) { $0 + $1.entry.bytes }
            try MetaTable.put(manifest, tables, transaction.writer)
        }
    }

    private mutating func add(_ window: WindowBuilder.Window) throws {
        let segment = claim.record.staged[merged.count]
        let made = try WindowPart.all(of: window)
        merged.append(
            SegmentReplacement.Merged(entry: window.entry(segment, made, policy), checksums: window.checksums))
        for part in made { parts.add(part, to: segment) }
    }
}
