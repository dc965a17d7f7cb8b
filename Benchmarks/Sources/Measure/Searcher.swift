import Platform
import Foundation
import SparseStore

/// Searches without a pause on a separate thread, and records the time of each search.
package final class Searcher: @unchecked Sendable {
    private let store: Store
    private let queries: [Query]
    private let recall: Recall
    private let lock = NSLock()
    private var latencies: [Double] = []
    private var failure: (any Error)?
    private var isOver = false
    private let ended = DispatchSemaphore(value: 0)

    package init(_ store: Store, _ queries: [Query], _ recall: Recall) {
        self.store = store
        self.queries = queries
        self.recall = recall
        Thread.detachNewThread { self.run() }
    }

    /// Returns the seconds of each search since the last call.
    package func take() throws -> [Double] {
        try lock.withLock {
            if let failure { throw failure }
            defer { latencies.removeAll(keepingCapacity: true) }
            return latencies
        }
    }

    package func stop() {
        lock.withLock { isOver = true }
        ended.wait()
    }

    private func run() {
        defer { ended.signal() }
        var next = 0
        while !lock.withLock({ isOver }) {
            do {
                let time = try seconds { _ = try store.search(queries[next], limit: 10, recall: recall) }
                lock.withLock { latencies.append(time) }
            } catch {
                return lock.withLock { failure = error }
            }
            next = (next + 1) % queries.count
        }
    }
}
