internal import LMDB
internal import SparseFormat

/// Runs one merge, from the claim to the switch (FORMAT.md, "Write ordering and atomicity").
///
/// The claim names the sources, so that nobody else merges them, and the numbers of the new segments. Their parts are
/// then written in bounded transactions, while no manifest names them. The last transaction replaces the sources.
struct StagedMerge: ClaimedWork {
    private let file: StoreFile
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
        _ file: StoreFile, _ policy: MergePolicy, _ pieces: MergePieces = MergePieces(),
        choose: (ManifestRecord) -> Range<Int>?
    ) throws -> StagedMerge? {
        try file.write { writer in
            var manifest = try writer.reader.meta.manifest()
            guard let range = choose(manifest) else { return nil }
            let sources = Array(manifest.segments[range])
            let claim = try Claim.begin(
                .merging, sources: sources, staging: policy.windows(of: sources), &manifest, writer)
            let encoder = try writer.reader.meta.encoder()
            return StagedMerge(
                file: file, policy: policy, pieces: pieces, claim: claim, sources: sources, profile: manifest.profile,
                scoring: encoder?.scoring(documents: manifest.documents))
        }
    }

    private init(
        file: StoreFile, policy: MergePolicy, pieces: MergePieces,
        claim: Claim, sources: [SegmentEntry], profile: IndexProfile, scoring: BM25Function?
    ) {
        self.file = file
        self.policy = policy
        self.claim = claim
        self.sources = sources
        self.profile = profile
        documentsRead = pieces.documentsRead
        parts = StagedParts(file, claim, bytesAtOnce: pieces.bytesWritten)
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
                try file.read { try documents.read(atMost: documentsRead, from: $0.documents, into: &builder) }
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
        try file.write { writer in
            try parts.finish(writer)
            var manifest = try writer.reader.meta.manifest()
            guard let first = manifest.segments.firstIndex(where: { $0.id == claim.record.sources.first }),
                manifest.segments[first...].prefix(sources.count).map(\.id) == claim.record.sources
            else {
                throw SparseStoreError.corrupted("segments of an unfinished merge are missing")
            }
            try SegmentReplacement(writer: writer)
                .apply(first..<first + sources.count, merged, &manifest)
            manifest.bytesWritten += merged.reduce(0) { $0 + $1.entry.bytes }
            try writer.put(manifest)
        }
    }

    private mutating func add(_ window: WindowBuilder.Window) throws {
        let segment = claim.record.staged[merged.count]
        let made = try WindowPart.all(of: window)
        merged.append(
            SegmentReplacement.Merged(entry: window.entry(segment, made), checksums: window.checksums))
        for part in made { parts.add(part, to: segment) }
    }
}

/// Parts of segments that no manifest names yet, written under a claim in transactions of a few megabytes.
struct StagedParts {
    /// The number of transactions for which space is freed in advance.
    private static let piecesAhead = 3

    private let file: StoreFile
    private let claim: Claim
    /// The number of bytes that one transaction writes.
    private let bytesAtOnce: Int
    private var waiting: [(segment: UInt32, part: WindowPart)] = []
    private var waitingBytes = 0
    /// The number of bytes for which space was freed in advance.
    private var room = 0
    /// The number of bytes of all parts that were added.
    private(set) var bytes = 0

    init(_ file: StoreFile, _ claim: Claim, bytesAtOnce: Int) {
        self.file = file
        self.claim = claim
        self.bytesAtOnce = bytesAtOnce
    }

    mutating func add(_ part: WindowPart, to segment: UInt32) {
        waiting.append((segment, part))
        waitingBytes += part.bytes
        bytes += part.bytes
    }

    /// Writes all parts except the last piece, which the last transaction may write, or all of them.
    ///
    /// - Parameter willWrite: Called before each transaction. It may throw to stop.
    mutating func write(all: Bool = false, willWrite: () throws -> Void = {}) throws {
        guard waitingBytes > bytesAtOnce || all && !waiting.isEmpty else { return }
        if room == 0 { room = try file.write { try makeRoom(after: 0, $0) } }
        while waitingBytes > bytesAtOnce || all && !waiting.isEmpty {
            try willWrite()
            var bytes = 0
            let batch = waiting.prefix { _, part in
                defer { bytes += part.bytes }
                return bytes < bytesAtOnce
            }
            room = try file.write { try write(batch, $0) }
            waiting.removeFirst(batch.count)
            waitingBytes -= batch.reduce(0) { $0 + $1.part.bytes }
            file.environment.letOthersWrite()
        }
    }

    /// Writes the remaining parts in the last transaction, which ends the claim.
    func finish(_ writer: StoreWriter) throws {
        _ = try write(waiting[...], writer)
        try claim.end(writer)
    }

    private func write(_ batch: ArraySlice<(segment: UInt32, part: WindowPart)>, _ writer: StoreWriter) throws -> Int {
        let room = try makeRoom(after: batch.reduce(0) { $0 + $1.part.bytes }, writer)
        for (segment, part) in batch { try part.put(segment, writer) }
        return room
    }

    /// Frees space for the current and the next writes. Space that one transaction frees can be used from the next but
    /// one on, and other writers may take it meanwhile. Returns the number of bytes for which there is space after this
    /// transaction.
    private func makeRoom(after bytes: Int, _ writer: StoreWriter) throws -> Int {
        try claim.renew(writer)
        let ahead = min(waitingBytes - bytes, Self.piecesAhead * bytesAtOnce)
        let missing = max(0, bytes + ahead - room)
        try RetiredSegments(writer: writer).makeRoom(for: UInt64(missing))
        return room + missing - bytes
    }
}
