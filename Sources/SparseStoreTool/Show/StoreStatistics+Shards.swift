internal import SparseStore

extension StoreStatistics {
    /// Adds up the statistics of several stores.
    ///
    /// - Parameters:
    ///   - shards: The statistics of the shards; at least one.
    ///   - terms: The number of distinct terms in all of them.
    init(of shards: [StoreStatistics], terms: Int) {
        self = shards[0]
        for other in shards.dropFirst() {
            documents += other.documents
            nonzeros += other.nonzeros
            segments += other.segments
            fileBytes += other.fileBytes
            liveBytes += other.liveBytes
            freeBytes += other.freeBytes
            deadBytes += other.deadBytes
            stagedBytes += other.stagedBytes
            segmentsDue += other.segmentsDue
            merges += other.merges
            mergeFailure = mergeFailure ?? other.mergeFailure
            generation += other.generation
            bytesWritten += other.bytesWritten
            bytesMerged += other.bytesMerged
            dictionaries += other.dictionaries
            readers += other.readers
            oldestReader = oldestReader ?? other.oldestReader
            multivectors = multivectors.map { $0 + other.multivectors } ?? other.multivectors
            blocks = blocks.map { $0 + other.blocks } ?? other.blocks
        }
        self.terms = terms
    }
}

extension MultivectorStatistics {
    fileprivate static func + (a: MultivectorStatistics, b: MultivectorStatistics?) -> MultivectorStatistics {
        guard let b else { return a }
        var sum = a
        sum.documents += b.documents
        sum.tokens += b.tokens
        sum.outdated += b.outdated
        sum.bytes += b.bytes
        return sum
    }
}

extension BlockStatistics {
    fileprivate static func + (a: BlockStatistics, b: BlockStatistics?) -> BlockStatistics {
        guard let b else { return a }
        var sum = a
        sum.documents += b.documents
        sum.documentsBuilt += b.documentsBuilt
        sum.terms += b.terms
        sum.bytes += b.bytes
        return sum
    }
}
