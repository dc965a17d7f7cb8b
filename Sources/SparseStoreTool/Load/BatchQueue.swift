internal import Dispatch
internal import Platform
internal import SparseInterchange
internal import SparseStore

/// When a batch is complete.
struct BatchLimits: Sendable {
    /// The maximum number of documents, and also of rejects.
    let documents: Int
    /// The approximate maximum of memory in bytes, unless a single document is larger.
    let bytes: Int
    /// The maximum time that the first row of a batch waits; nil for no limit.
    var age: Duration?
}

/// Collects the rows of the reading thread into batches for the writing thread. At most one complete batch waits. With
/// the growing batch and the batch being written, three batches are in memory.
///
/// The queue holds the growing batch, because the reading thread may wait for input forever. The writing thread takes
/// the growing batch when its first row has waited long enough, or when the load is interrupted.
final class BatchQueue: Sendable {
    /// An item for the writing thread.
    enum Item: Sendable {
        case batch(LoadBatch)
        case failure(CommandFailure)
        case end
    }

    private struct State {
        var growing = LoadBatch()
        /// When the first row of the growing batch arrived.
        var since: ContinuousClock.Instant?
        var complete: [Item] = []
        var isCancelled = false

        mutating func takeGrowing() -> LoadBatch {
            defer { (growing, since) = (LoadBatch(), nil) }
            return growing
        }
    }

    private let limits: BatchLimits
    private let state = Lock(State())
    private let items = DispatchSemaphore(value: 0)
    private let space = DispatchSemaphore(value: 0)

    init(_ limits: BatchLimits) {
        self.limits = limits
        // Signaled here and not passed as the initial value: a semaphore must not be released while its value is below
        // the initial one, which can happen to a canceled queue.
        space.signal()
    }

    /// Adds the last row of the reader, and waits for space if that completes a batch. Returns false if the queue was
    /// canceled.
    func add(_ row: DocumentRow, from reader: some DocumentReader) -> Bool {
        let isComplete: Bool? = state.withLock { state in
            guard !state.isCancelled else { return nil }
            if state.since == nil { state.since = .now }
            state.growing.add(row, from: reader)
            return state.growing.isComplete(limits)
        }
        guard let isComplete else { return false }
        return !isComplete || put(nil)
    }

    /// Hands over the last batch, and then the end or the failure of the input.
    func finish(_ last: Item) {
        if put(nil) { _ = put(last) }
    }

    /// Waits for space, then enqueues `item`, or the growing batch if it has rows.
    private func put(_ item: Item?) -> Bool {
        space.wait()
        let isCancelled = state.withLock { state in
            guard !state.isCancelled else { return true }
            if let item {
                state.complete.append(item)
            } else if !state.growing.isEmpty {
                state.complete.append(.batch(state.takeGrowing()))
            } else {
                // The writing thread has taken the batch already.
                space.signal()
            }
            return false
        }
        items.signal()
        return !isCancelled
    }

    /// Waits for the next item. Once `interrupted` returns true, no more rows are accepted; after the rows accepted so
    /// far, the result is nil.
    func take(interrupted: () -> Bool) -> Item? {
        while true {
            let isStopping = interrupted()
            let (item, isFromQueue): (Item?, Bool) = state.withLock { state in
                if isStopping { state.isCancelled = true }
                if !state.complete.isEmpty { return (state.complete.removeFirst(), true) }
                guard let since = state.since else { return (nil, false) }
                let isDue = limits.age.map { ContinuousClock.now - since >= $0 } ?? false
                return isStopping || isDue ? (.batch(state.takeGrowing()), false) : (nil, false)
            }
            // This also wakes a thread that waits for space.
            if isFromQueue || isStopping { space.signal() }
            if let item { return item }
            if isStopping { return nil }
            // A read from a terminal or a pipe may block forever, and a signal does not wake a semaphore.
            _ = items.wait(timeout: .now() + .milliseconds(100))
        }
    }

    /// Tells the reading thread to stop.
    func cancel() {
        state.withLock { $0.isCancelled = true }
        space.signal()
    }
}

/// Reads an input to its end on a separate thread.
struct BatchProducer {
    /// The maximum bytes of one batch, unless a single document is larger.
    static let batchBytes = 32 << 20

    let reader: any DocumentReader

    /// Fills `queue` until the input ends, reading fails, or the queue is canceled.
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
    private static func footprint(_ document: Document) -> Int {
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
        case nil: break
        }
        return bytes
    }
}
