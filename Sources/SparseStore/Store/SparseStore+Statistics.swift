internal import LMDB
internal import SparseFormat

extension SparseStore {
    /// Counts and sizes of the newest commit. Reads the whole table of document frequencies and of free pages.
    public func statistics() throws(SparseStoreError) -> StoreStatistics {
        try SparseStoreError.wrap {
            let snapshot = try source.snapshot()
            var terms = 0
            try snapshot.forEachTerm { _, _ in terms += 1 }
            let manifest = snapshot.manifest
            let info = try environment.info()
            let (staged, retired) = try snapshot.unnamedBytes()
            let free = info.freePages * info.pageSize + retired
            let dead = manifest.segments.reduce(0.0) { sum, segment in
                sum + Double(segment.bytes) * Double(segment.tombstones) / Double(segment.documents)
            }
            return StoreStatistics(
                documents: Int(manifest.documents), terms: terms, nonzeros: Int(manifest.nonzeros),
                segments: manifest.segments.map(SegmentStatistics.init), fileBytes: info.fileBytes,
                liveBytes: info.usedBytes - free, freeBytes: free, deadBytes: Int(dead),
                stagedBytes: staged, segmentsDue: merger.segmentsDue(manifest),
                merges: merger.mergesDone, mergeFailure: background?.failure, generation: manifest.generation,
                bytesWritten: manifest.bytesWritten, bytesMerged: manifest.bytesMerged,
                dictionaries: Int(manifest.nextDictionary) - 1,
                multivectors: snapshot.multivectorSettings.map(MultivectorStatistics.init),
                readers: info.readersInUse,
                format: try format())
        }
    }

    /// Major and minor version of the format that this library writes.
    public static let currentFormat = "\(StoreRecord.currentMajor).\(StoreRecord.currentMinor)"

    /// Those of this store.
    private func format() throws -> String {
        let transaction = try environment.beginRead()
        let record = try MetaTable(tables: source.tables, reader: transaction.reader).store()
        return "\(record.formatMajor).\(record.formatMinor)"
    }
}

extension MultivectorStatistics {
    init(_ settings: MultivectorSettings) {
        self.init(
            documents: Int(clamping: settings.documents), tokens: Int(clamping: settings.tokens),
            dimension: settings.dimension, codec: settings.codec, outdated: Int(clamping: settings.outdated),
            bytes: Int(clamping: settings.bytes))
    }
}

extension SegmentStatistics {
    init(_ entry: SegmentEntry) {
        self.init(
            id: entry.id, kind: entry.kind == .window ? "window" : "block", documents: Int(entry.documents),
            tombstones: Int(entry.tombstones), nonzeros: Int(entry.nonzeros), bytes: Int(clamping: entry.bytes))
    }
}
