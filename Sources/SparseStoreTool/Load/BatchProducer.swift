internal import SparseInterchange

/// Cuts what a reader gives into batches, bounded by documents and by bytes.
struct BatchProducer {
    /// The most bytes of one batch, unless a single document is larger.
    static let batchBytes = 32 << 20

    let reader: any DocumentReader
    let batchDocuments: Int
    /// At most `batchBytes`.
    let bytes: Int

    /// Fills `queue` until the input ends, fails, or nobody wants more.
    func run(into queue: BatchQueue) {
        do {
            while let batch = try next() {
                guard queue.put(.batch(batch)) else { return }
            }
            _ = queue.put(.end)
        } catch {
            _ = queue.put(.failure(CommandFailure(error)))
        }
    }

    /// The next batch; nil at the end of the input.
    func next() throws -> LoadBatch? {
        var batch = LoadBatch()
        let droppedBefore = reader.droppedWeights
        while batch.documents.count < batchDocuments, batch.bytes < bytes,
            batch.rejects.count < batchDocuments,
            let row = try reader.next()
        {
            switch row {
            case .document(let document, let number):
                batch.documents.append((number, document))
                batch.bytes += LoadBatch.footprint(document)
            case .reject(let reject): batch.rejects.append(reject)
            }
        }
        batch.droppedWeights = reader.droppedWeights - droppedBefore
        batch.position = reader.position
        batch.progress = reader.progress
        return batch.isEmpty ? nil : batch
    }
}
