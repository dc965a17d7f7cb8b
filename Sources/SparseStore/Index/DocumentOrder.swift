internal import SparseFormat

/// An order of documents that keeps similar ones together, so that a block of 128 ordinals is about few things: its best
/// sum then tells more, and additions fall on lines that are at hand.
///
/// One pass of clustering (as Seismic builds its blocks; Bruch et al., SIGIR 2024): random documents are the centroids,
/// each document goes to the one it shares most with, counted over its heaviest components through the centroids'
/// inverted index. The centroids are clustered in the same way, and the order follows the clusters.
struct DocumentOrder {
    /// Documents a cluster. 16 to 256 made no difference.
    private static let leaf = 64
    /// Clusters a cluster of clusters.
    private static let branch = 32
    /// A document's components that count.
    static let heaviest = 15

    private let slots: [UInt32]
    private let weights: [Float]
    private let ends: [Int]
    private let slotCount: Int

    /// - Parameters:
    ///   - slots: the terms of all documents' components, as dense numbers below `slotCount`, one document after the
    ///     other.
    ///   - weights: their weights.
    ///   - ends: where each document's components end.
    init(slots: [UInt32], weights: [Float], ends: [Int], slotCount: Int) {
        self.slots = slots
        self.weights = weights
        self.ends = ends
        self.slotCount = slotCount
    }

    /// The old position of each document, by new ordinal; the same for a seed on every machine.
    ///
    /// - Parameter checkpoint: called every few milliseconds; may throw to stop.
    func positions(seed: UInt64, _ checkpoint: () throws -> Void = {}) throws -> [Int] {
        var generator = SplitMix64(seed: seed)
        let all = Array(ends.indices)
        let centroids = Array(all.shuffled(using: &generator).prefix(max(1, ends.count / Self.leaf)))
        let parents = Array(centroids.prefix(max(1, centroids.count / Self.branch)))
        let cluster = try assign(all, to: centroids, checkpoint)
        let parent = try assign(centroids, to: parents, checkpoint)
        let order = all.map { UInt64(parent[cluster[$0]]) << 48 | UInt64(cluster[$0]) << 24 | UInt64($0) }.sorted()
        return order.map { Int($0 & 0xFF_FFFF) }
    }

    private func components(_ document: Int) -> Range<Int> {
        (document == 0 ? 0 : ends[document - 1])..<ends[document]
    }

    /// For each document the index of its nearest centroid.
    private func assign(
        _ documents: [Int], to centroids: [Int], _ checkpoint: () throws -> Void
    ) throws -> [Int] {
        var inverted = CentroidIndex(terms: slotCount)
        inverted.fill(centroids.count) { number, body in
            for index in components(centroids[number]) { body(Int(slots[index]), weights[index]) }
        }
        var scores = [Float](repeating: 0, count: centroids.count)
        var heaviest = HeaviestComponents(capacity: Self.heaviest)
        return try documents.map { document in
            if document.isMultiple(of: 256) { try checkpoint() }
            heaviest.select(weights, components(document))
            var best = document % centroids.count
            var bestScore: Float = 0
            for index in heaviest.indices {
                inverted.add(Int(slots[index]), weights[index], to: &scores)
            }
            for (number, score) in scores.enumerated() where score > bestScore {
                best = number
                bestScore = score
            }
            scores.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            return best
        }
    }
}

/// The indices of the heaviest of some components.
private struct HeaviestComponents {
    private let capacity: Int
    private(set) var indices: [Int] = []

    init(capacity: Int) { self.capacity = capacity }

    mutating func select(_ weights: [Float], _ range: Range<Int>) {
        indices.removeAll(keepingCapacity: true)
        for index in range {
            if indices.count == capacity {
                guard weights[index] > weights[indices[capacity - 1]] else { continue }
                indices.removeLast()
            }
            var place = indices.count
            while place > 0, weights[indices[place - 1]] < weights[index] { place -= 1 }
            indices.insert(index, at: place)
        }
    }
}
