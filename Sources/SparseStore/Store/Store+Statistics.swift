internal import LMDB
public import SparseFormat

extension Store {
    /// Returns counts and sizes of the newest commit. Reads the entire tables of document frequencies and free pages.
    public func statistics() throws(SparseStoreError) -> StoreStatistics {
        try SparseStoreError.wrap {
            // Read the list before the snapshot below becomes a reader itself.
            let info = try environment.info()
            let age = source.open.oldestAge
            let snapshot = try source.snapshot()
            var terms = 0
            try snapshot.forEachTerm { _, _ in terms += 1 }
            let manifest = snapshot.manifest
            let (staged, retired) = try snapshot.unnamedBytes()
            let free = info.freePages * info.pageSize + retired
            let dead = manifest.segments.reduce(0.0) { sum, segment in
                sum + Double(segment.bytes) * Double(segment.tombstones) / Double(segment.documents)
            }
            source.metrics.oldestSnapshot(age: age)
            source.metrics.sizes(file: info.fileBytes, live: info.usedBytes - free, free: free)
            return StoreStatistics(
                documents: Int(manifest.documents), terms: terms, nonzeros: Int(manifest.nonzeros),
                profile: manifest.profile, segments: manifest.segments.map(SegmentStatistics.init),
                blocks: snapshot.index.blocks.map(BlockStatistics.init),
                fileBytes: info.fileBytes,
                liveBytes: info.usedBytes - free, freeBytes: free, deadBytes: Int(dead),
                stagedBytes: staged, segmentsDue: merger.segmentsDue(manifest),
                merges: merger.mergesDone, mergeFailure: background?.failure, generation: manifest.generation,
                bytesWritten: manifest.bytesWritten, bytesMerged: manifest.bytesMerged,
                dictionaries: Int(manifest.nextDictionary) - 1,
                multivectors: snapshot.multivectorSettings.map(MultivectorStatistics.init),
                readers: info.readersInUse, oldestReader: ReaderStatistics(info),
                format: try format())
        }
    }

    /// The major and minor version of the format that this library writes.
    public static let currentFormat = "\(StoreRecord.currentMajor).\(StoreRecord.currentMinor)"

    /// Returns the format version of this store.
    private func format() throws -> String {
        let record = try file.read { try $0.meta.store() }
        return "\(record.formatMajor).\(record.formatMinor)"
    }
}

extension ReaderStatistics {
    init?(_ info: EnvironmentInfo) {
        guard let process = info.oldestReaderProcess, let thread = info.oldestReaderThread,
            let transaction = info.oldestReaderTransactionID
        else { return nil }
        // One that begins while the list is read may see a later commit than the list's own.
        let behind = max(transaction, info.lastTransactionID) - transaction
        self.init(process: Int(process), thread: thread, commitsBehind: Int(clamping: behind))
    }
}

extension BlockStatistics {
    init(_ view: BlockView) {
        self.init(
            documents: view.liveCount, documentsBuilt: view.index.directory.slots,
            terms: view.index.directory.entries.count, bytes: Int(clamping: view.index.record.bytes))
    }
}

extension MultivectorStatistics {
    init(_ settings: MultivectorSettings) {
        self.init(
            documents: Int(clamping: settings.documents), tokens: Int(clamping: settings.tokens),
            dimension: settings.dimension, codec: settings.encoding.codec, outdated: Int(clamping: settings.outdated),
            bytes: Int(clamping: settings.bytes))
    }
}

extension SegmentStatistics {
    init(_ entry: SegmentEntry) {
        self.init(
            id: entry.id, kind: "window",
            profile: entry.isCompact ? .compact : .fast, documents: Int(entry.documents),
            tombstones: Int(entry.tombstones), nonzeros: Int(entry.nonzeros), bytes: Int(clamping: entry.bytes))
    }
}

/// The contents and the sizes of a store.
public struct StoreStatistics: Sendable, Hashable, Codable {
    /// The number of documents in the store.
    public var documents: Int
    /// The number of distinct terms in documents.
    public var terms: Int
    /// The total number of components of all documents.
    public var nonzeros: Int
    /// The index profile of new segments.
    public var profile: IndexProfile
    /// Statistics of the segments of the index, those with the oldest documents first.
    public var segments: [SegmentStatistics]
    /// Statistics of the block index; nil if there is none.
    public var blocks: BlockStatistics?
    /// The size of the file, in bytes.
    public var fileBytes: Int
    /// The number of bytes in used pages. The rest of the file is free pages that later commits reuse.
    public var liveBytes: Int
    /// The number of bytes in free pages and in retired segments whose space will be reused.
    public var freeBytes: Int
    /// The number of segment bytes that belong to removed documents, estimated from their share of each segment.
    /// Merging frees them.
    public var deadBytes: Int
    /// The number of bytes staged by an unfinished or interrupted merge.
    public var stagedBytes: Int
    /// The number of segments that are due for merging; 0 if merging has caught up.
    public var segmentsDue: Int
    /// The number of merges that this handle has run, not counting those in commits.
    public var merges: Int
    /// The reason why the last background merge failed; nil if it succeeded.
    public var mergeFailure: String?
    /// The number of the newest commit.
    public var generation: UInt64
    /// The number of bytes of documents and segments written since the store was created.
    public var bytesWritten: UInt64
    /// The number of segment bytes written by merges since the store was created. Included in `bytesWritten`.
    public var bytesMerged: UInt64
    /// The number of trained compression dictionaries.
    public var dictionaries: Int
    /// Statistics of the token vectors; nil if the store has never had any.
    public var multivectors: MultivectorStatistics?
    /// The number of read transactions across all processes.
    public var readers: Int
    /// The read transaction with the oldest commit; nil if there is none. Pages freed since that commit cannot be
    /// reused yet.
    public var oldestReader: ReaderStatistics?
    /// The major and minor version of the format.
    public var format: String

    /// The ratio of bytes written to the bytes that commits had to write; 1 before the first merge.
    public var writeAmplification: Double {
        let committed = bytesWritten - min(bytesWritten, bytesMerged)
        return committed == 0 ? 1 : Double(bytesWritten) / Double(committed)
    }
}

/// One open read transaction, in this process or in another.
public struct ReaderStatistics: Sendable, Hashable, Codable {
    /// The identifier of its process.
    public var process: Int
    /// The thread that began it, in hexadecimal as the system names it.
    public var thread: String
    /// The number of commits made after the one it reads.
    public var commitsBehind: Int
}

/// The counts and sizes of the token vectors of a store.
public struct MultivectorStatistics: Sendable, Hashable, Codable {
    /// The number of documents with token vectors.
    public var documents: Int
    /// The number of token vectors in all documents.
    public var tokens: Int
    /// The number of components of a token vector.
    public var dimension: Int
    /// The codec of new token vectors.
    public var codec: MultivectorCodec
    /// The number of documents whose token vectors still use another codec.
    /// `Store/encodeMultivectors(as:seed:progress:)` converts them.
    public var outdated: Int
    /// The size of all token vectors, including headers, in bytes.
    public var bytes: Int
    /// The average size of a token vector, in bytes.
    public var bytesPerToken: Double { tokens == 0 ? 0 : Double(bytes) / Double(tokens) }
}

/// The counts and sizes of the block index of a store.
public struct BlockStatistics: Sendable, Hashable, Codable {
    /// The number of live documents in the block index. The others are in separate segments.
    public var documents: Int
    /// The number of documents it was built from, including those removed or merged away since.
    public var documentsBuilt: Int
    /// The number of distinct terms.
    public var terms: Int
    /// The size of all its parts, in bytes.
    public var bytes: Int
}

/// The counts and the size of one segment of the index.
public struct SegmentStatistics: Sendable, Hashable, Codable {
    /// The number that identifies the segment.
    public var id: UInt32
    /// The kind of segment: `window` or `block`.
    public var kind: String
    /// The index profile of the segment.
    public var profile: IndexProfile
    /// The number of documents that the segment was built from.
    public var documents: Int
    /// The number of its documents that have been removed since.
    public var tombstones: Int
    /// The number of postings.
    public var nonzeros: Int
    /// The size of the segment, in bytes.
    public var bytes: Int
}
