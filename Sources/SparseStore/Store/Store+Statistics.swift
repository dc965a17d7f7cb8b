internal import LMDB
internal import SparseFormat

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
        let transaction = try environment.beginRead()
        let record = try MetaTable(tables: source.tables, reader: transaction.reader).store()
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
