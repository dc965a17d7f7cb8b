internal import Dispatch
internal import LMDB
internal import SparseFormat

/// The building of a block index, from its claim to the switch: as a merge does it (`StagedMerge`), under the same kind of
/// claim, so that the windows it reads stay and what a dead process leaves behind is collected.
///
/// Memory: the parts of some hundred lists, and the largest list's postings; not more with more documents but by the longest
/// list. Both steps read what the transaction of each piece sees: documents removed meanwhile are dead in the index too.
struct StagedBlocks {
    /// Terms whose lists are built, by all processors, between two transactions.
    private static let termsPerPiece = 512
    /// Documents that are put in order together, for which their heaviest components are in memory: some 130 bytes each.
    private static let documentsOrdered = 1 << 20
    /// Documents that are read in one transaction.
    private static let documentsPerRead = 1 << 16

    private let environment: Environment
    private let tables: Tables
    private let pieces: MergePieces
    private let settings: BlockSettings
    let record: MergeRecord
    private let sources: [SegmentEntry]
    private let number: UInt32

    private var waiting: [WindowPart] = []
    private var waitingBytes: Int { waiting.reduce(0) { $0 + $1.bytes } }
    private var bytes: UInt64 = 0

    /// Claims all segments of the newest manifest; nil when there are none.
    ///
    /// The caller has seen that no claim stands; if one does by now, that is `ClaimLost`.
    static func begin(
        _ environment: Environment, _ tables: Tables, _ pieces: MergePieces, _ settings: BlockSettings
    ) throws -> StagedBlocks? {
        try environment.write { transaction in
            let meta = MetaTable(tables: tables, reader: transaction.reader)
            guard try meta.merge() == nil else { throw StagedMerge.ClaimLost() }
            var manifest = try meta.manifest()
            let sources = manifest.segments
            guard !sources.isEmpty else { return nil }
            let number = try manifest.takeSegments(1)
            let record = MergeRecord(
                owner: .random(in: .min ... .max), process: Environment.processNumber, sources: sources.map(\.id),
                staged: [number])
            try MetaTable.put(record, tables, transaction.writer)
            try MetaTable.put(manifest, tables, transaction.writer)
            return StagedBlocks(environment, tables, pieces, settings, record, sources, number)
        }
    }

    private init(
        _ environment: Environment, _ tables: Tables, _ pieces: MergePieces, _ settings: BlockSettings,
        _ record: MergeRecord, _ sources: [SegmentEntry], _ number: UInt32
    ) {
        self.environment = environment
        self.tables = tables
        self.pieces = pieces
        self.settings = settings
        self.record = record
        self.sources = sources
        self.number = number
    }

    /// Builds the index and writes all of it but the last few megabytes; false when no document was left to index.
    mutating func stage(_ checkpoint: MergeCheckpoint) throws -> Bool {
        let (lines, slots) = try stageLines(checkpoint)
        guard lines > 0 else { return false }
        try stageLists(lines, slots, checkpoint)
        let documents = sources.liveDocuments
        try checkpoint(MaintenanceProgress(step: .switching, documentsRead: documents, documents: documents))
        return true
    }

    /// Writes the rest and names the index.
    mutating func finish() throws {
        try environment.write { transaction in
            try put(waiting, transaction.writer)
            let meta = MetaTable(tables: tables, reader: transaction.reader)
            let old = try meta.blocks()
            try MetaTable.put(
                blocks: BlockIndexRecord(
                    number: number, bytes: bytes + waiting.reduce(0) { $0 + UInt64($1.bytes) },
                    sources: sources.map { .init(segment: $0.id, documents: $0.documents) }),
                tables, transaction.writer)
            try MetaTable.put(nil, tables, transaction.writer)
            if let old {
                try RetiredSegments(tables: tables, writer: transaction.writer)
                    .retire([(number: old.number, bytes: old.bytes)])
            }
        }
    }

    /// The windows as the newest commit sees them.
    private func open(_ reader: Reader) throws -> BlockSources {
        let table = SegmentTable(tables: tables, reader: reader)
        let tombstones = TombstoneTable(tables: tables, reader: reader)
        let manifest = try MetaTable(tables: tables, reader: reader).manifest()
        let members = try sources.map { source in
            let entry = manifest.segments.first { $0.id == source.id } ?? source
            return IndexView.Member(
                segment: try WindowSegment(entry, table), tombstones: try tombstones.bitmap(entry))
        }
        var view = IndexView(members: members)
        view.documents = TransactionDocuments(DocumentTable(tables: tables, reader: reader))
        return try BlockSources(view)
    }

    /// Lays the documents out, similar ones next to each other; returns the lines they took, and each one's slot.
    private mutating func stageLines(_ checkpoint: MergeCheckpoint) throws -> (lines: Int, slots: [UInt32]) {
        var writer = ImpactLineWriter()
        var slots = [UInt32](repeating: .max, count: sources.reduce(0) { $0 + Int($1.documents) })
        var chunks = 0
        var progress = MaintenanceProgress(step: .reading, documentsRead: 0, documents: sources.liveDocuments)
        for group in stride(from: 0, to: slots.count, by: Self.documentsOrdered) {
            let documents = group..<min(slots.count, group + Self.documentsOrdered)
            let order = try order(of: documents, &progress, checkpoint)
            for first in stride(from: 0, to: order.count, by: Self.documentsPerRead) {
                let transaction = try environment.beginRead()
                let sources = try open(transaction.reader)
                let lines = BlockLines(sources)
                for document in order[first..<min(order.count, first + Self.documentsPerRead)] {
                    let place = sources.place(of: document)
                    // One that has been removed by now has no slot.
                    guard sources.view.members[place.member].isLive(place.ordinal) else { continue }
                    slots[document] = UInt32(truncatingIfNeeded: writer.slotCount)
                    guard let full = writer.append(document, try lines.components(of: place)) else { continue }
                    waiting.append(WindowPart(.blockLines, chunks, chunk: full))
                    chunks += 1
                }
                try checkpoint(progress)
                try writeWaiting()
            }
        }
        let count = writer.lines
        if let last = writer.finish() { waiting.append(WindowPart(.blockLines, chunks, chunk: last)) }
        for (index, chunk) in writer.placeChunks().enumerated() {
            waiting.append(WindowPart(.blockPlaces, index, chunk: chunk))
        }
        // The lists are made from what is written.
        try writeWaiting(atLeast: 0)
        return (count, slots)
    }

    /// The live ones of some documents, similar ones next to each other.
    private func order(
        of documents: Range<Int>, _ progress: inout MaintenanceProgress, _ checkpoint: MergeCheckpoint
    ) throws -> [Int] {
        var live: [Int] = []
        var numbers: [UInt32] = []
        var weights: [Float] = []
        var ends: [Int] = []
        var terms = 0
        for first in stride(from: documents.lowerBound, to: documents.upperBound, by: Self.documentsPerRead) {
            let transaction = try environment.beginRead()
            let sources = try open(transaction.reader)
            let lines = BlockLines(sources)
            terms = sources.terms.count
            for document in first..<min(documents.upperBound, first + Self.documentsPerRead) {
                if document % pieces.documentsRead == 0 { try checkpoint(progress) }
                let place = sources.place(of: document)
                guard sources.view.members[place.member].isLive(place.ordinal) else { continue }
                for component in try lines.components(of: place).prefix(DocumentOrder.heaviest) {
                    numbers.append(UInt32(component.number))
                    weights.append(Float(component.code) * sources.maxima[Int(component.number)])
                }
                ends.append(numbers.count)
                live.append(document)
                progress.documentsRead += 1
            }
        }
        return try DocumentOrder(slots: numbers, weights: weights, ends: ends, slotCount: terms)
            .positions(seed: settings.seed) { try checkpoint(progress) }
            .map { live[$0] }
    }

    private mutating func stageLists(
        _ lineCount: Int, _ slotOfDocument: [UInt32], _ checkpoint: MergeCheckpoint
    ) throws {
        let slots = slotOfDocument.reduce(0) { $0 + ($1 < .max ? 1 : 0) }
        var writer = BlockListWriter()
        var progress = MaintenanceProgress(step: .building, documentsRead: sources.liveDocuments, documents: 0)
        progress.documents = progress.documentsRead
        let idle = Lock<[BlockListBuilder]>([])
        var chunks = 0
        var next = 0
        var terms = 0
        var least: Float?
        repeat {
            try checkpoint(progress)
            let transaction = try environment.beginRead()
            let sources = try open(transaction.reader)
            let table = SegmentTable(tables: tables, reader: transaction.reader)
            let lineBytes = try SegmentBytes.all(number, .blockLines, in: table)
            let placeBytes = try SegmentBytes.all(number, .blockPlaces, in: table)
            let lines = try ImpactLines(
                slots: slots, lines: lineCount, places: placeBytes.map { try $0.data() },
                chunks: lineBytes.map { try $0.data() })
            terms = sources.terms.count
            let selection = BlockSelection(
                settings: settings, sources: sources, least: try least ?? threshold(sources, checkpoint),
                slotOfDocument: slotOfDocument)
            least = selection.least
            let range = next..<min(terms, next + Self.termsPerPiece)
            let results = Lock([Int: Result<BlockListWriter.Content, any Error>]())
            let (settings, scales) = (settings, sources.maxima.map { $0 / 255 })
            DispatchQueue.concurrentPerform(iterations: range.count) { index in
                let term = range.lowerBound + index
                var builder = idle.withLock { $0.popLast() } ?? BlockListBuilder(settings, scales: scales)
                let result = Result { builder.build(term, try selection.slots(of: term), lines) }
                idle.withLock { $0.append(builder) }
                results.withLock { $0[index] = result }
            }
            let built = results.withLock { $0 }
            for index in range.indices.map({ $0 - range.lowerBound }) {
                guard let content = try built[index]?.get() else { continue }
                let term = range.lowerBound + index
                if let full = writer.append(sources.terms[term], maximum: sources.maxima[term], content) {
                    waiting.append(WindowPart(.blockLists, chunks, chunk: full))
                    chunks += 1
                }
            }
            next = range.upperBound
            progress.step = .writing
            try checkpoint(progress)
            progress.step = .building
            try writeWaiting()
        } while next < terms
        if let last = writer.finish() { waiting.append(WindowPart(.blockLists, chunks, chunk: last)) }
        var directory = ByteWriter()
        BlockDirectory.encode(
            writer.entries, slots: slots, lines: lineCount, chunks: writer.chunkCount, into: &directory)
        waiting.append(WindowPart(.blockDirectory, directory.bytes))
        try writeWaiting()
    }

    private func threshold(_ sources: BlockSources, _ checkpoint: MergeCheckpoint) throws -> Float {
        var threshold = BlockThreshold()
        for term in sources.terms.indices { try sources.forEachPosting(of: term) { threshold.add($1) } }
        return threshold.least(keeping: UInt64(settings.postingsPerTerm) * UInt64(sources.terms.count))
    }

    /// Writes what waits, in transactions of a piece each, until less than so many bytes are left.
    private mutating func writeWaiting(atLeast least: Int? = nil) throws {
        while waitingBytes > least ?? pieces.bytesWritten, !waiting.isEmpty {
            var size = 0
            let batch = waiting.prefix { part in
                defer { size += part.bytes }
                return size < pieces.bytesWritten
            }
            try environment.write { transaction in
                try put(Array(batch), transaction.writer)
                try RetiredSegments(tables: tables, writer: transaction.writer)
                    .makeRoom(for: batch.reduce(0) { $0 + UInt64($1.bytes) })
            }
            bytes += batch.reduce(0) { $0 + UInt64($1.bytes) }
            waiting.removeFirst(batch.count)
            environment.letOthersWrite()
        }
    }

    private func put(_ parts: [WindowPart], _ writer: Writer) throws {
        guard try MetaTable(tables: tables, reader: writer.reader).merge() == record else {
            throw StagedMerge.ClaimLost()
        }
        for part in parts { try part.put(number, tables, writer) }
    }
}
