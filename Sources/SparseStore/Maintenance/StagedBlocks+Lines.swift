internal import LMDB
internal import SparseFormat

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
    mutating func stageLines(_ checkpoint: MergeCheckpoint) throws -> (lines: Int, slots: [UInt32]) {
        // A manifest may speak of segments that are not there: that is noticed before anything gets as large as they would be.
        try {
            let transaction = try environment.beginRead()
            _ = try open(transaction.reader)
        }()
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
        let transaction = try environment.beginRead()
        let sources = try open(transaction.reader)
        let lines = BlockLines(sources)
        var chunks: [[UInt8]] = []
        for document in documents {
            let place = sources.place(of: document)
            // A document that was removed meanwhile has no slot.
            guard sources.view.members[place.member].isLive(place.ordinal) else { continue }
            slots[document] = UInt32(truncatingIfNeeded: writer.slotCount)
            if let full = writer.append(document, try lines.components(of: place)) { chunks.append(full) }
        }
        return chunks
    }

    /// Returns the live documents among some, with similar ones adjacent.
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
        guard !live.isEmpty else { return [] }
        return try DocumentOrder(slots: numbers, weights: weights, ends: ends, slotCount: terms)
            .positions(seed: settings.seed) { try checkpoint(progress) }
            .map { live[$0] }
    }
}
