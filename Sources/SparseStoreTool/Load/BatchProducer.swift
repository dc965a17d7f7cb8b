internal import SparseInterchange

/// Reads an input to its end on a separate thread.
struct BatchProducer {
    /// The maximum bytes of one batch, unless a single document is larger.
    static let batchBytes = 32 << 20

    let reader: any DocumentReader

    /// Fills `queue` until the input ends, reading fails, or the queue is cancelled.
    func run(into queue: BatchQueue) {
        do {
            while let row = try reader.next() {
                guard queue.add(row, from: reader) else { return }
            }
            queue.finish(.end)
        } catch {
            queue.finish(.failure(CommandFailure(error)))
        }
    }
}
