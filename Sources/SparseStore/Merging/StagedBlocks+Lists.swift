internal import LMDB
internal import Platform
internal import SparseFormat

/// Builds the lists of a block index on all processors.
extension StagedBlocks {
    /// The maximum number of transactions in which lists are built, memory permitting.
    private static let listPieces = 128
    /// The approximate number of bytes that a posting takes including its share of the summaries.
    private static let bytesPerPosting = 160

    /// The data shared by all pieces.
    private struct Layout {
        let documents: StagedDocuments
        let bounds: BlockListBounds
        /// The least weight of a posting, known after the first piece.
        var least: Float?
        /// The weight of a code of 1, by term number; empty before the first piece.
        var scales: [Float] = []
        /// The number of lists; 0 before the first are built.
        var lists = 0
        let idle = Lock<[BlockListBuilder]>([])
    }

    /// A term's part of the index.
    private struct Built {
        let term: TermID
        let maximum: Float
        let list: List
    }

    private enum List {
        case made(BlockListWriter.Content)
        /// The list of the index that is extended, which gets no posting.
        case copied(BlockEntry, [UInt8])
    }

    mutating func stageLists(_ documents: StagedDocuments, _ checkpoint: MergeCheckpoint) throws {
        var layout = Layout(documents: documents, bounds: bounds(documents))
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
            for one in built {
                guard let full = try append(one, to: &writer) else { continue }
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
            writer.entries, numbers: numbers, slots: documents.slots, lines: documents.lines,
            chunks: writer.chunkCount, into: &directory)
        add(WindowPart(.blockDirectory, version: numbers.version, directory.bytes))
        try writeWaiting()
    }

    private func append(_ built: Built, to writer: inout BlockListWriter) throws -> [UInt8]? {
        switch built.list {
        case .copied(let entry, let bytes): return writer.append(entry, copying: bytes)
        case .made(let content):
            do {
                try Self.check(content, built.term)
            } catch {
                // A new index may choose fewer postings.
                throw extended == nil ? error : ExtendedBlocks.Unusable()
            }
            return writer.append(built.term, maximum: built.maximum, content)
        }
    }

    private func bounds(_ documents: StagedDocuments) -> BlockListBounds {
        guard let directory else { return BlockListBounds(settings) }
        return BlockListBounds(
            settings, extending: directory, growth: Double(documents.slots) / Double(directory.slots))
    }

    /// Builds the lists of the terms from a position on. Returns none if it is beyond the last term.
    private mutating func build(_ first: Int, _ layout: inout Layout) throws -> [Built] {
        let sources = try open()
        let documents = layout.documents
        let (lineBytes, placeBytes, earlier) = try sources.view.read { reader in
            (
                try SegmentBytes.all(number, .blockLines, in: reader.segments),
                try SegmentBytes.all(number, .blockPlaces, in: reader.segments),
                try extended?.open(reader)
            )
        }
        // What was written is read back here, and only proven bytes are. Of what was copied nothing is read. Once is
        // enough, since the claim keeps the bytes in place.
        if layout.least == nil {
            for chunk in lineBytes[documents.lineChunks] + placeBytes[documents.placeChunks] { try chunk.verify() }
        }
        let lines = try ImpactLines(
            slots: documents.slots, lines: documents.lines, places: placeBytes.map { try $0.data() },
            chunks: lineBytes.map { try $0.data() })
        let least = try layout.least ?? threshold(sources, documents)
        layout.least = least
        layout.lists = sources.terms.count
        if layout.scales.isEmpty { layout.scales = numbers.scales(maxima: sources.terms.maxima) }
        let selection = BlockSelection(
            sources: sources, bounds: layout.bounds, least: least, slotOfDocument: documents.slotOfDocument)
        let count = terms(from: first, sources, layout.bounds)
        guard count > 0 else { return [] }
        let (idle, settings, scales) = (layout.idle, settings, layout.scales)
        let lists = WorkerThread.map(count) { index in
            var builder = idle.withLock { $0.popLast() } ?? BlockListBuilder(settings, scales: scales)
            defer { idle.withLock { $0.append(builder) } }
            return Result {
                try Self.list(first + index, selection, &builder, lines, extending: earlier)
            }
        }
        // The lines are read where they lie.
        return try withExtendedLifetime((sources, lineBytes, placeBytes, earlier)) {
            try lists.enumerated().map { index, list in
                Built(
                    term: sources.terms.ids[first + index], maximum: sources.terms.maxima[first + index],
                    list: try list.get())
            }
        }
    }

    /// Builds the list of the term at a position, behind the blocks that it has in the index that is extended.
    private static func list(
        _ position: Int, _ selection: BlockSelection, _ builder: inout BlockListBuilder, _ lines: ImpactLines,
        extending extended: BlockIndex?
    ) throws -> List {
        let earlier = try selection.sources.terms.earlier(at: position).flatMap { earlier in
            try ExtendedBlocks.proven { try extended?.list(at: earlier) }.map { (position: earlier, list: $0) }
        }
        let slots = try selection.slots(at: position, held: earlier?.list.postings ?? 0)
        let content = builder.build(position, slots, lines)
        guard let extended, let earlier else { return .made(content) }
        guard !slots.isEmpty else {
            return .copied(extended.directory.entries[earlier.position], Array(earlier.list.bytes))
        }
        var all = BlockListWriter.Content(earlier.list)
        all.append(content)
        return .made(all)
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
    private func terms(from first: Int, _ sources: BlockSources, _ bounds: BlockListBounds) -> Int {
        let most = max(pieces.listsBuilt, sources.terms.count / Self.listPieces)
        var bytes = 0
        var count = 0
        while count < most, first + count < sources.terms.count {
            bytes += min(bounds.most, postings(at: first + count, sources)) * Self.bytesPerPosting
            if bytes > memory, count > 0 { break }
            count += 1
        }
        return count
    }

    /// Returns the number of postings of the term at a position, in the list that is extended and in the sources.
    private func postings(at position: Int, _ sources: BlockSources) -> Int {
        let earlier = sources.terms.earlier(at: position).flatMap { directory?.entries[$0].postings } ?? 0
        return Int(earlier) + sources.postings(at: position)
    }

    /// Returns the least weight of a posting that is kept. An index that is extended keeps as many postings of each new
    /// document as it has of each of its own.
    private func threshold(_ sources: BlockSources, _ documents: StagedDocuments) throws -> Float {
        var threshold = BlockThreshold()
        for position in sources.terms.ids.indices { try sources.forEachPosting(at: position) { threshold.add($1) } }
        guard let directory else {
            return threshold.least(keeping: UInt64(settings.meanPostings) * UInt64(sources.terms.count))
        }
        let held = directory.entries.reduce(0.0) { $0 + Double($1.postings) }
        let added = Double(documents.slots - directory.slots) / Double(directory.slots)
        return threshold.least(keeping: UInt64(held * added))
    }
}
