internal import LMDB
internal import SparseFormat
internal import Synchronization

/// Builds the lists of a block index on all processors.
extension StagedBlocks {
    /// The number of terms whose lists are built in one transaction, memory permitting. Each posting takes about
    /// `bytesPerPosting` bytes including its share of the summaries.
    private static let termsPerPiece = 512
    private static let bytesPerPosting = 160

    /// The data shared by all pieces.
    private struct Layout {
        let lines: Int
        /// The slot of each document; `UInt32.max` for one that has none.
        let slotOfDocument: [UInt32]
        let slots: Int
        /// The least weight of a posting, known after the first piece.
        var least: Float?
        let idle = Lock<[BlockListBuilder]>([])
    }

    /// - Parameters:
    ///   - lines: The number of lines of all documents.
    ///   - slotOfDocument: The slot of each document of the sources.
    mutating func stageLists(_ lines: Int, _ slotOfDocument: [UInt32], _ checkpoint: MergeCheckpoint) throws {
        var layout = Layout(
            lines: lines, slotOfDocument: slotOfDocument,
            slots: slotOfDocument.reduce(0) { $0 + ($1 < .max ? 1 : 0) }, least: nil)
        var writer = BlockListWriter()
        var progress = MaintenanceProgress(
            step: .building, documentsRead: sources.liveDocuments, documents: sources.liveDocuments)
        var chunks = 0
        var next = 0
        while true {
            progress.step = .building
            try checkpoint(progress)
            let built = try build(next, &layout)
            guard !built.isEmpty else { break }
            next += built.count
            for (term, maximum, content) in built {
                try Self.check(content, term)
                guard let full = writer.append(term, maximum: maximum, content) else { continue }
                add(WindowPart(.blockLists, chunks, chunk: full))
                chunks += 1
            }
            progress.step = .writing
            try checkpoint(progress)
            try writeWaiting()
        }
        if let last = writer.finish() { add(WindowPart(.blockLists, chunks, chunk: last)) }
        var directory = ByteWriter()
        BlockDirectory.encode(
            writer.entries, slots: layout.slots, lines: layout.lines, chunks: writer.chunkCount, into: &directory)
        add(WindowPart(.blockDirectory, directory.bytes))
        try writeWaiting()
    }

    /// Builds the lists of the terms from a number on. Returns none if the number is beyond the last term.
    private func build(
        _ first: Int, _ layout: inout Layout
    ) throws -> [(term: TermID, maximum: Float, content: BlockListWriter.Content)] {
        let transaction = try environment.beginRead()
        let sources = try open(transaction.reader)
        let table = SegmentTable(tables: tables, reader: transaction.reader)
        let lineBytes = try SegmentBytes.all(number, .blockLines, in: table)
        let placeBytes = try SegmentBytes.all(number, .blockPlaces, in: table)
        // What was written is read back here, and only proven bytes are.
        for chunk in lineBytes + placeBytes { try chunk.verify() }
        let lines = try ImpactLines(
            slots: layout.slots, lines: layout.lines, places: placeBytes.map { try $0.data() },
            chunks: lineBytes.map { try $0.data() })
        let least = try layout.least ?? threshold(sources)
        layout.least = least
        let selection = BlockSelection(
            settings: settings, sources: sources, least: least, slotOfDocument: layout.slotOfDocument)
        let count = terms(from: first, sources)
        guard count > 0 else { return [] }
        let results = Lock([Result<BlockListWriter.Content, any Error>?](repeating: nil, count: count))
        let (idle, settings, scales) = (layout.idle, settings, sources.maxima.map { $0 / 255 })
        let taken = Atomic(0)
        WorkerThread.run(onUpTo: min(count, WorkerThread.processors)) {
            var builder = idle.withLock { $0.popLast() } ?? BlockListBuilder(settings, scales: scales)
            defer { idle.withLock { $0.append(builder) } }
            while true {
                let index = taken.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = Result { builder.build(first + index, try selection.slots(of: first + index), lines) }
                results.withLock { $0[index] = result }
            }
        }
        // The lines are read where they lie.
        return try withExtendedLifetime((lineBytes, placeBytes)) {
            try results.withLock { $0 }.enumerated().compactMap { index, result in
                try result.map { (sources.terms[first + index], sources.maxima[first + index], try $0.get()) }
            }
        }
    }

    /// Throws if a list does not fit in a chunk.
    static func check(_ content: BlockListWriter.Content, _ term: TermID) throws {
        guard content.mostBytes <= Limits.maximumChunkBytes else {
            throw SparseStoreError(
                .limitExceeded,
                "the list of term \(term) in the block index would exceed \(Limits.maximumChunkBytes) bytes; "
                    + "keep fewer postings per term, or a smaller share of the summaries")
        }
    }

    /// Returns the number of terms that are built together from a number on; 0 if it is beyond the last term.
    private func terms(from first: Int, _ sources: BlockSources) -> Int {
        var bytes = 0
        var count = 0
        while count < Self.termsPerPiece, first + count < sources.terms.count {
            bytes += min(settings.mostPostings, sources.postings(of: first + count)) * Self.bytesPerPosting
            if bytes > memory, count > 0 { break }
            count += 1
        }
        return count
    }

    private func threshold(_ sources: BlockSources) throws -> Float {
        var threshold = BlockThreshold()
        for term in sources.terms.indices { try sources.forEachPosting(of: term) { threshold.add($1) } }
        return threshold.least(keeping: UInt64(settings.postingsPerTerm) * UInt64(sources.terms.count))
    }
}
