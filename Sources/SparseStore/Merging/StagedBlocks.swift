internal import Dispatch
internal import LMDB
internal import Platform
internal import SparseFormat
internal import Synchronization

/// Builds a block index, from the claim to the switch. It uses the claim of a merge, so the windows that it reads stay.
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
    let sources: [SegmentEntry]
    let number: UInt32

    /// The cache of decoded lists of compact windows.
    private let decoded = ListCache(capacity: 1 << 26)
    /// The numbers of the terms. The directories of the sources do not change, so each transaction sees the same terms.
    private var numbers = BlockNumbers()
    private var parts: StagedParts

    /// Claims all segments of the newest manifest; nil if there are none.
    ///
    /// The caller has checked that there is no claim. If there is one by now, throws `Claim.Lost`.
    static func begin(
        _ file: StoreFile, policy: MergePolicy, pieces: MergePieces,
        settings: BlockSettings
    ) throws -> StagedBlocks? {
        try file.write { writer in
            var manifest = try writer.reader.meta.manifest()
            let sources = manifest.segments
            guard !sources.isEmpty else { return nil }
            let number = manifest.nextSegment
            let claim = try Claim.begin(
                .merging, sources: sources, staging: 1, &manifest, writer)
            return StagedBlocks(
                file: file, memory: policy.memory, pieces: pieces, settings: settings, claim: claim, sources: sources,
                number: number)
        }
    }

    private init(
        file: StoreFile, memory: Int, pieces: MergePieces,
        settings: BlockSettings, claim: Claim, sources: [SegmentEntry], number: UInt32
    ) {
        self.file = file
        self.memory = memory
        self.pieces = pieces
        self.settings = settings.resolved(documents: sources.liveDocuments)
        self.claim = claim
        self.sources = sources
        self.number = number
        parts = StagedParts(file, claim, bytesAtOnce: pieces.bytesWritten)
    }

    /// Builds the index and writes all of it but the last few megabytes. Returns false if there is no document to
    /// index.
    mutating func stage(_ checkpoint: MergeCheckpoint) throws -> Bool {
        let (lines, slots) = try stageLines(checkpoint)
        guard lines > 0 else { return false }
        try stageLists(lines, slots, checkpoint)
        let documents = sources.liveDocuments
        try checkpoint(MaintenanceProgress(step: .switching, documentsRead: documents, documents: documents))
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
                    sources: sources.map { .init(segment: $0.id, documents: $0.documents) }))
            if !old.isEmpty { try RetiredSegments(writer: writer).retire(old) }
        }
    }

    /// Opens the windows as of the newest commit.
    private func open() throws -> BlockSources {
        let transaction = try file.environment.beginRead()
        let reader = StoreReader(file.tables, transaction.reader)
        let manifest = try reader.meta.manifest()
        let members = try sources.map { source in
            let entry = manifest.segments.first { $0.id == source.id } ?? source
            return CommitIndex.Member(
                segment: try WindowSegment(entry, reader.segments, decoded),
                tombstones: try reader.tombstones.bitmap(entry))
        }
        return try BlockSources(ReadView(transaction, tables: file.tables, index: CommitIndex(members: members)))
    }

    /// Adds a part to be written.
    mutating func add(_ part: WindowPart) { parts.add(part, to: number) }

    /// Writes the queued parts except the last piece, or all of them.
    private mutating func writeWaiting(all: Bool = false) throws { try parts.write(all: all) }
}

/// Builds the lists of a block index on all processors.
extension StagedBlocks {
    /// The maximum number of transactions in which lists are built, memory permitting. Each begins by reading all terms.
    private static let listPieces = 128
    /// The approximate number of bytes that a posting takes including its share of the summaries.
    private static let bytesPerPosting = 160

    /// The data shared by all pieces.
    private struct Layout {
        let lines: Int
        /// The slot of each document; `UInt32.max` for one that has none.
        let slotOfDocument: [UInt32]
        let slots: Int
        /// The least weight of a posting, known after the first piece.
        var least: Float?
        /// The weight of a code of 1, by term number; empty before the first piece.
        var scales: [Float] = []
        /// The number of lists; 0 before the first are built.
        var lists = 0
        let idle = Lock<[BlockListBuilder]>([])
    }

    /// - Parameters:
    ///   - lines: The number of lines of all documents.
    ///   - slotOfDocument: The slot of each document of the sources.
    private mutating func stageLists(_ lines: Int, _ slotOfDocument: [UInt32], _ checkpoint: MergeCheckpoint) throws {
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
            progress.listsBuilt = next
            progress.lists = layout.lists
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
            writer.entries, numbers: numbers, slots: layout.slots, lines: layout.lines, chunks: writer.chunkCount,
            into: &directory)
        add(WindowPart(.blockDirectory, version: numbers.version, directory.bytes))
        try writeWaiting()
    }

    /// Builds the lists of the terms from a position on. Returns none if it is beyond the last term.
    private func build(
        _ first: Int, _ layout: inout Layout
    ) throws -> [(term: TermID, maximum: Float, content: BlockListWriter.Content)] {
        let sources = try open()
        let (lineBytes, placeBytes) = try sources.view.read { reader in
            (
                try SegmentBytes.all(number, .blockLines, in: reader.segments),
                try SegmentBytes.all(number, .blockPlaces, in: reader.segments)
            )
        }
        // What was written is read back here, and only proven bytes are.
        for chunk in lineBytes + placeBytes { try chunk.verify() }
        let lines = try ImpactLines(
            slots: layout.slots, lines: layout.lines, places: placeBytes.map { try $0.data() },
            chunks: lineBytes.map { try $0.data() })
        let least = try layout.least ?? threshold(sources)
        layout.least = least
        layout.lists = sources.terms.count
        if layout.scales.isEmpty { layout.scales = numbers.scales(maxima: sources.maxima) }
        let selection = BlockSelection(
            settings: settings, sources: sources, least: least, slotOfDocument: layout.slotOfDocument)
        let count = terms(from: first, sources)
        guard count > 0 else { return [] }
        let results = Lock([Result<BlockListWriter.Content, any Error>?](repeating: nil, count: count))
        let (idle, settings, scales) = (layout.idle, settings, layout.scales)
        let taken = Atomic(0)
        WorkerThread.run(onUpTo: min(count, WorkerThread.processors)) {
            var builder = idle.withLock { $0.popLast() } ?? BlockListBuilder(settings, scales: scales)
            defer { idle.withLock { $0.append(builder) } }
            while true {
                let index = taken.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = Result { builder.build(first + index, try selection.slots(at: first + index), lines) }
                results.withLock { $0[index] = result }
            }
        }
        // The lines are read where they lie.
        return try withExtendedLifetime((sources, lineBytes, placeBytes)) {
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
                problem: "the list of term \(term) in the block index would exceed "
                    + "\(Limits.maximumChunkBytes) bytes",
                remedy: "keep fewer postings per term, or a smaller share of the summaries")
        }
    }

    /// Returns the number of terms that are built together from a position on; 0 if it is beyond the last term.
    private func terms(from first: Int, _ sources: BlockSources) -> Int {
        let most = max(pieces.listsBuilt, sources.terms.count / Self.listPieces)
        var bytes = 0
        var count = 0
        while count < most, first + count < sources.terms.count {
            bytes += min(settings.mostPostings, sources.postings(at: first + count)) * Self.bytesPerPosting
            if bytes > memory, count > 0 { break }
            count += 1
        }
        return count
    }

    private func threshold(_ sources: BlockSources) throws -> Float {
        var threshold = BlockThreshold()
        for position in sources.terms.indices { try sources.forEachPosting(at: position) { threshold.add($1) } }
        return threshold.least(keeping: UInt64(settings.meanPostings) * UInt64(sources.terms.count))
    }
}

/// The documents of a block index: their order, their lines, and their places.
extension StagedBlocks {
    /// The number of documents that are ordered together, with their heaviest components in memory. More documents give
    /// a better order, but a million is enough.
    private var documentsOrdered: Int { min(1 << 20, max(1, memory / Self.bytesOrdered)) }
    private static let bytesOrdered = 256
    /// The number of documents that one transaction reads.
    private static let documentsPerRead = 1 << 14

    /// Writes the lines of the documents with similar ones adjacent. Returns the number of lines and each document's
    /// slot.
    private mutating func stageLines(_ checkpoint: MergeCheckpoint) throws -> (lines: Int, slots: [UInt32]) {
        // A manifest may name segments that do not exist. Notice that before allocating memory for them.
        let opened = try open()
        numbers = BlockNumbers(
            postings: opened.terms.indices.map(opened.postings(at:)), count: settings.termNumbers)
        var writer = ImpactLineWriter()
        var slots = [UInt32](repeating: .max, count: sources.reduce(0) { $0 + Int($1.documents) })
        var chunks = 0
        var progress = MaintenanceProgress(step: .reading, documentsRead: 0, documents: sources.liveDocuments)
        for group in stride(from: 0, to: slots.count, by: documentsOrdered) {
            let documents = group..<min(slots.count, group + documentsOrdered)
            let order = try order(of: documents, &progress, checkpoint)
            for first in stride(from: 0, to: order.count, by: Self.documentsPerRead) {
                let piece = order[first..<min(order.count, first + Self.documentsPerRead)]
                for chunk in try append(piece, to: &writer, &slots) {
                    add(WindowPart(.blockLines, chunks, chunk: chunk))
                    chunks += 1
                }
                try checkpoint(progress)
                try writeWaiting()
            }
        }
        let count = writer.lines
        if let last = writer.finish() { add(WindowPart(.blockLines, chunks, chunk: last)) }
        for (index, chunk) in writer.placeChunks().enumerated() {
            add(WindowPart(.blockPlaces, index, chunk: chunk))
        }
        // The lists are made from what is written.
        try writeWaiting(all: true)
        return (count, slots)
    }

    /// Appends the lines of some documents. Returns the chunks that became full.
    private func append(
        _ documents: ArraySlice<Int>, to writer: inout ImpactLineWriter, _ slots: inout [UInt32]
    ) throws -> [[UInt8]] {
        let sources = try open()
        let lines = BlockLines(sources)
        var chunks: [[UInt8]] = []
        for document in documents {
            let place = sources.place(of: document)
            // A document that was removed meanwhile has no slot, and neither has one without a vector.
            guard sources.view.index.members[place.window].isLive(place.ordinal) else { continue }
            let components = try lines.components(of: place)
            guard !components.isEmpty else { continue }
            slots[document] = UInt32(truncatingIfNeeded: writer.slotCount)
            let numbered = components.map { (number: numbers[$0.position], code: $0.code) }
            if let full = writer.append(document, numbered) { chunks.append(full) }
        }
        return chunks
    }

    /// Returns the live documents among some, with similar ones adjacent.
    private func order(
        of documents: Range<Int>, _ progress: inout MaintenanceProgress, _ checkpoint: MergeCheckpoint
    ) throws -> [Int] {
        var live: [Int] = []
        var positions: [UInt32] = []
        var weights: [Float] = []
        var ends: [Int] = []
        var terms = 0
        for first in stride(from: documents.lowerBound, to: documents.upperBound, by: Self.documentsPerRead) {
            let sources = try open()
            let lines = BlockLines(sources)
            terms = sources.terms.count
            for document in first..<min(documents.upperBound, first + Self.documentsPerRead) {
                if document % pieces.documentsRead == 0 { try checkpoint(progress) }
                let place = sources.place(of: document)
                guard sources.view.index.members[place.window].isLive(place.ordinal) else { continue }
                for component in try lines.components(of: place).prefix(DocumentOrder.heaviest) {
                    positions.append(UInt32(truncatingIfNeeded: component.position))
                    weights.append(Float(component.code) * sources.maxima[component.position])
                }
                ends.append(positions.count)
                live.append(document)
                progress.documentsRead += 1
            }
        }
        guard !live.isEmpty else { return [] }
        return try DocumentOrder(numbers: positions, weights: weights, ends: ends, termCount: terms)
            .positions(seed: settings.seed) { try checkpoint(progress) }
            .map { live[$0] }
    }
}
