internal import SparseFormat

/// An order of documents in which similar ones are adjacent, so that the documents in a block of 128 ordinals have much
/// in common. The best sum of a block is then more selective, and additions hit lines that are in the cache.
///
/// The order comes from one pass of clustering, as Seismic builds its blocks (Bruch et al., SIGIR 2024). Random
/// documents are the centroids, and each document is assigned to the one with which it has the most in common, by its
/// heaviest components and the centroids' inverted index. The centroids are clustered in the same way, and the order
/// follows the clusters.
struct DocumentOrder {
    /// The number of documents per cluster. Values from 16 to 256 made no difference.
    private static let leaf = 64
    /// The number of clusters per cluster of clusters.
    private static let branch = 32
    /// The number of a document's components that are compared.
    static let heaviest = 15

    private let numbers: [UInt32]
    private let weights: [Float]
    private let ends: [Int]
    private let termCount: Int

    /// - Parameters:
    ///   - numbers: The terms of all components, document by document, as dense numbers below `termCount`.
    ///   - weights: The weights of the components.
    ///   - ends: The end of each document's components.
    init(numbers: [UInt32], weights: [Float], ends: [Int], termCount: Int) {
        self.numbers = numbers
        self.weights = weights
        self.ends = ends
        self.termCount = termCount
    }

    /// Returns the old position of each document, by new ordinal. The result is the same for a seed on every machine.
    ///
    /// - Parameter checkpoint: Called every few milliseconds. It may throw to stop.
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

    /// Returns the index of the nearest centroid for each document.
    private func assign(
        _ documents: [Int], to centroids: [Int], _ checkpoint: () throws -> Void
    ) throws -> [Int] {
        var inverted = CentroidIndex(terms: termCount)
        inverted.fill(centroids.count) { number, body in
            for index in components(centroids[number]) { body(Int(numbers[index]), weights[index]) }
        }
        var scores = [Float](repeating: 0, count: centroids.count)
        var heaviest = HeaviestComponents(capacity: Self.heaviest)
        return try documents.map { document in
            if document.isMultiple(of: 256) { try checkpoint() }
            heaviest.select(weights, components(document))
            return scores.withUnsafeMutableBufferPointer { scores in
                scores.update(repeating: 0)
                for index in heaviest.indices {
                    inverted.add(Int(numbers[index]), weights[index], to: scores)
                }
                let best = CentroidIndex.nearest(scores)
                return scores[best] > 0 ? best : document % centroids.count
            }
        }
    }
}

/// Selects the indices of the heaviest components.
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

/// The distinct terms of some documents, numbered densely in ascending order.
struct TermNumbers {
    private let terms: [TermID]
    /// The number of each term; empty if the term numbers are too sparse for a table.
    private let table: [UInt32]

    init(_ all: [TermID]) {
        let limit = Int(all.max() ?? 0) + 1
        // A table is worth its memory while it is not much larger than the input.
        if limit <= 16 * all.count {
            var table = [UInt32](repeating: .max, count: limit)
            for term in all { table[Int(term)] = 0 }
            var terms: [TermID] = []
            for term in table.indices where table[term] == 0 {
                table[term] = UInt32(terms.count)
                terms.append(TermID(term))
            }
            self.terms = terms
            self.table = table
        } else {
            // Mostly a few ascending runs, which the standard library's sort is quick at.
            var terms: [TermID] = []
            for term in all.sorted() where term != terms.last { terms.append(term) }
            self.terms = terms
            table = []
        }
    }

    var count: Int { terms.count }

    func term(at number: Int) -> TermID { terms[number] }

    /// Returns the number of one of the given terms.
    func number(of term: TermID) -> Int {
        if !table.isEmpty { return Int(table[Int(term)]) }
        var low = 0
        var high = terms.count - 1
        while low < high {
            let middle = (low + high) / 2
            if terms[middle] < term { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// An inverted index of documents that others are compared with. It has for each term the documents, by their position
/// in `fill`, and their weights.
struct CentroidIndex {
    /// The start of each term's entries, and their number.
    private var begins: [Int32]
    private var counts: [Int32]
    private var used: [Int] = []
    private var entries: [(centroid: Int32, weight: Float)] = []

    /// - Parameter terms: The upper bound of the term numbers.
    init(terms: Int) {
        begins = [Int32](repeating: 0, count: terms)
        counts = [Int32](repeating: 0, count: terms)
    }

    /// Replaces the documents of the index.
    ///
    /// - Parameters:
    ///   - count: The number of documents.
    ///   - forEachComponent: Calls its last argument with the term and the weight of each component of a document.
    mutating func fill(_ count: Int, _ forEachComponent: (Int, (Int, Float) -> Void) -> Void) {
        for number in used { counts[number] = 0 }
        used.removeAll(keepingCapacity: true)
        for document in 0..<count {
            forEachComponent(document) { number, _ in
                if counts[number] == 0 { used.append(number) }
                counts[number] += 1
            }
        }
        var total: Int32 = 0
        for number in used {
            begins[number] = total
            total += counts[number]
            counts[number] = 0
        }
        entries = Array(repeating: (0, 0), count: Int(total))
        for document in 0..<count {
            forEachComponent(document) { number, weight in
                entries[Int(begins[number] + counts[number])] = (Int32(document), weight)
                counts[number] += 1
            }
        }
    }

    /// Adds to each document's sum the contribution of a component.
    ///
    /// - Parameter sums: As many as there are documents.
    @inline(__always)
    func add(_ number: Int, _ weight: Float, to sums: UnsafeMutableBufferPointer<Float>) {
        // What a term without documents begins at is left over from earlier ones.
        guard counts[number] > 0 else { return }
        let begin = Int(begins[number])
        for entry in entries[begin..<begin + Int(counts[number])] {
            sums[Int(entry.centroid)] += weight * entry.weight
        }
    }

    /// Returns the index of the document with the largest sum; among equals, the first.
    ///
    /// - Parameter sums: At least one, and none is NaN.
    static func nearest(_ sums: UnsafeMutableBufferPointer<Float>) -> Int {
        let bytes = UnsafeRawBufferPointer(sums)
        let together = SIMD8<Float>.scalarCount
        var most = SIMD8<Float>(repeating: -.infinity)
        var index = 0
        while index + together <= sums.count {
            let next = bytes.loadUnaligned(fromByteOffset: 4 * index, as: SIMD8<Float>.self)
            most.replace(with: next, where: next .> most)
            index += together
        }
        var largest = most.max()
        while index < sums.count {
            largest = max(largest, sums[index])
            index += 1
        }
        return sums.firstIndex(of: largest) ?? 0
    }
}
