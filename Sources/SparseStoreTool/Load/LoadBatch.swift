internal import SparseInterchange
internal import SparseStore

/// Documents that are written in one transaction.
struct LoadBatch: Sendable {
    /// The documents, each with the number of its line or row.
    var documents: [(number: Int, document: Document)] = []
    /// The lines and rows that the reader rejected.
    var rejects: [Reject] = []
    /// The approximate memory of the documents, in bytes.
    var bytes = 0
    /// The number of bad weights that the reader has left out since the load began, including earlier batches.
    var droppedWeights = 0
    /// The position in the input after the batch.
    var position = InputPosition()
    /// The fraction of the input read at the end of the batch; nil if the size is unknown.
    var progress: Double?

    var isEmpty: Bool { documents.isEmpty && rejects.isEmpty }

    /// Adds the last row of `reader`.
    mutating func add(_ row: DocumentRow, from reader: some DocumentReader) {
        switch row {
        case .document(let document, let number):
            documents.append((number, document))
            bytes += Self.footprint(document)
        case .reject(let reject): rejects.append(reject)
        }
        position = reader.position
        progress = reader.progress
        droppedWeights = reader.droppedWeights
    }

    func isComplete(_ limits: BatchLimits) -> Bool {
        documents.count >= limits.documents || bytes >= limits.bytes || rejects.count >= limits.documents
    }

    /// The memory of a document, without the overhead of the allocator.
    static func footprint(_ document: Document) -> Int {
        var bytes = 160 + document.id.utf8.count + (document.payload?.count ?? 0)
        bytes += document.tags.reduce(0) { $0 + 16 + $1.utf8.count }
        for (name, value) in document.attributes {
            bytes += 64 + name.utf8.count
            switch value {
            case .string(let string): bytes += string.utf8.count
            case .integers(let list): bytes += 32 + 8 * list.count
            case .strings(let list): bytes += 32 + list.reduce(0) { $0 + 16 + $1.utf8.count }
            default: break
            }
        }
        bytes += (document.multivector?.components.count ?? 0) * MemoryLayout<Float>.stride
        switch document.content {
        case .terms(let terms):
            bytes += terms.count * MemoryLayout<WeightedTerm>.stride
            // A string of up to 15 bytes is stored inline in its 16 bytes.
            for term in terms where term.term.utf8.count > 15 { bytes += 48 + term.term.utf8.count }
        case .vector(let vector): bytes += vector.count * 8
        }
        return bytes
    }
}
