internal import SparseFormat

/// The documents of a block index as they were staged.
struct StagedDocuments {
    /// The number of lines of all documents.
    let lines: Int
    /// The number of slots of all documents.
    let slots: Int
    /// The slot of each document of the sources; `UInt32.max` for one that has none.
    let slotOfDocument: [UInt32]
    /// The chunks of lines, and of places, that have those of the sources.
    let lineChunks: Range<Int>
    let placeChunks: Range<Int>
}

/// The documents of a block index: their order, their lines, and their places.
extension StagedBlocks {
    /// The number of documents that are ordered together, with their heaviest components in memory. More documents give
    /// a better order, but a million is enough.
    private var documentsOrdered: Int { min(1 << 20, max(1, memory / Self.bytesOrdered)) }
    private static let bytesOrdered = 256
    /// The number of documents that one transaction reads.
    private static let documentsPerRead = 1 << 14

    /// The lines of the documents so far.
    private struct Lines {
        var writer = ImpactLineWriter()
        /// The slot of each document of the sources; `UInt32.max` for one that has none.
        var slotOfDocument: [UInt32]
        /// The number of chunks that were added.
        var chunks = 0
        /// The weight of all components, and how much of it lies above the maxima of their terms.
        var weight = 0.0
        var lost = 0.0
    }

    /// Writes the lines of the index that is extended, and those of the documents with similar ones adjacent.
    mutating func stageLines(_ checkpoint: MergeCheckpoint) throws -> StagedDocuments {
        var progress = MaintenanceProgress(step: .reading, documentsRead: 0, documents: sources.liveDocuments)
        let writer = try copyLines { try checkpoint(progress) }
        // A manifest may name segments that do not exist. Notice that before allocating memory for them.
        let opened = try open()
        if let directory {
            numbers = BlockNumbers(extending: directory, opened, count: settings.termNumbers)
        } else {
            numbers = BlockNumbers(
                postings: opened.terms.ids.indices.map(opened.postings(at:)), count: settings.termNumbers)
        }
        let (firstLine, firstSlot) = (writer.lines, writer.slotCount)
        var lines = Lines(
            writer: writer,
            slotOfDocument: [UInt32](repeating: .max, count: sources.reduce(0) { $0 + Int($1.documents) }),
            chunks: ImpactLines.chunk(of: firstLine))
        for group in stride(from: 0, to: lines.slotOfDocument.count, by: documentsOrdered) {
            let documents = group..<min(lines.slotOfDocument.count, group + documentsOrdered)
            let order = try order(of: documents, &progress, checkpoint)
            for first in stride(from: 0, to: order.count, by: Self.documentsPerRead) {
                let piece = order[first..<min(order.count, first + Self.documentsPerRead)]
                for chunk in try append(piece, to: &lines) {
                    add(WindowPart(.blockLines, lines.chunks, chunk: chunk))
                    lines.chunks += 1
                }
                try checkpoint(progress)
                try writeWaiting()
            }
        }
        if extended != nil, lines.lost > ExtendedBlocks.mostLost * lines.weight { throw ExtendedBlocks.Unusable() }
        let count = lines.writer.lines
        if let last = lines.writer.finish() {
            add(WindowPart(.blockLines, lines.chunks, chunk: last))
            lines.chunks += 1
        }
        let places = lines.writer.placeChunks()
        for (index, chunk) in places.enumerated() { add(WindowPart(.blockPlaces, index, chunk: chunk)) }
        // The lists are made from what is written.
        try writeWaiting(all: true)
        return StagedDocuments(
            lines: count, slots: lines.writer.slotCount, slotOfDocument: lines.slotOfDocument,
            lineChunks: min(ImpactLines.chunk(of: firstLine), lines.chunks)..<lines.chunks,
            placeChunks: min(ImpactLines.placesChunk(of: firstSlot), places.count)..<places.count)
    }

    /// Opens the directory of the index that is extended, and writes its full chunks of lines. Returns a writer that
    /// continues behind its last line, or at the first line of a new index.
    private mutating func copyLines(_ checkpoint: () throws -> Void) throws -> ImpactLineWriter {
        guard let extended else { return ImpactLineWriter() }
        let writer = try file.read { reader in
            let index = try extended.open(reader)
            directory = index.directory
            return try ExtendedBlocks.proven {
                for slot in stride(from: 0, to: index.directory.slots, by: ImpactLine.slotsPerChunk) {
                    try index.provePlace(of: slot)
                }
                try index.proveLines(at: index.directory.lines - 1)
                return ImpactLineWriter(behind: index.lines)
            }
        }
        let chunks = ImpactLines.chunk(of: writer.lines)
        let together = max(1, pieces.bytesWritten / (ImpactLine.linesPerChunk * ImpactLine.bytes))
        for first in stride(from: 0, to: chunks, by: together) {
            try checkpoint()
            let copies = try file.read { try extended.lines(chunks: first..<min(chunks, first + together), $0) }
            for (offset, chunk) in copies.enumerated() {
                add(WindowPart(.blockLines, first + offset, chunk: chunk))
            }
            try writeWaiting()
        }
        return writer
    }

    /// Appends the lines of some documents. Returns the chunks that became full.
    private mutating func append(_ documents: ArraySlice<Int>, to lines: inout Lines) throws -> [[UInt8]] {
        let sources = try open()
        let vectors = BlockLines(sources)
        let firstDocument = extended?.record.documents ?? 0
        var chunks: [[UInt8]] = []
        for document in documents {
            let place = sources.place(of: document)
            // A document that was removed meanwhile has no slot, and neither has one without a vector.
            guard sources.view.index.members[place.window].isLive(place.ordinal) else { continue }
            let components = try vectors.components(of: place)
            guard !components.isEmpty else { continue }
            for component in components {
                lines.weight += Double(component.weight)
                lines.lost += Double(max(0, component.weight - sources.terms.maxima[component.position]))
            }
            lines.slotOfDocument[document] = UInt32(truncatingIfNeeded: lines.writer.slotCount)
            let numbered = components.map { (number: numbers[$0.position], code: $0.code) }
            if let full = lines.writer.append(firstDocument + document, numbered) { chunks.append(full) }
        }
        return chunks
    }

    /// Returns the live documents among some, with similar ones adjacent.
    private mutating func order(
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
                    weights.append(Float(component.code) * sources.terms.maxima[component.position])
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
