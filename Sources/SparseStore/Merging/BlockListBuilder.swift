internal import SparseFormat

/// Groups the documents of one term's list into blocks of similar documents, each with a summary (Bruch et al.,
/// "Efficient Inverted Indexes for Approximate Retrieval over Learned Sparse Representations", SIGIR 2024).
///
/// Centroids are random documents of the list. Each document is assigned to the centroid with which it has the most in
/// common, by its heaviest components and an inverted index of the centroids. A summary is the largest code of each
/// term, truncated at the share of the sum in the settings.
///
/// Memory: about 16 bytes per component of the centroids, and of one block.
struct BlockListBuilder {
    /// The number of components of a document that choose its centroid, and of a centroid that are indexed.
    private static let heaviest = 15
    private static let centroidLines = 3
    /// The number of weight classes into which a summary's terms are grouped before they are sorted.
    private static let bins = 256

    private let settings: BlockSettings
    /// The weight of a code of 1, by term number.
    private let scales: [Float]
    private var centroids = CentroidIndex(terms: BlockNumbers.count)
    /// The largest code of each term number in a block; all 0 between blocks.
    private var largest: [UInt8]
    /// The number of components of each term number, and then where they begin; all 0 between lists.
    private var begins: [UInt32]

    /// - Parameter scales: The weight of a code of 1, by term number, for every number that there is.
    init(_ settings: BlockSettings, scales: [Float]) {
        self.settings = settings
        self.scales = scales
        largest = [UInt8](repeating: 0, count: BlockNumbers.count)
        begins = [UInt32](repeating: 0, count: BlockNumbers.count)
    }

    /// - Parameters:
    ///   - position: The position of the term in the directory of the index.
    ///   - slots: The slots of the documents in `lines`, in ascending order.
    mutating func build(_ position: Int, _ slots: [Int], _ lines: ImpactLines) -> BlockListWriter.Content {
        var content = BlockListWriter.Content()
        guard !slots.isEmpty else { return content }
        for cluster in clusters(position, slots, lines) where !cluster.isEmpty {
            summarize(cluster, lines, block: content.ends.count, into: &content.components)
            content.slots += cluster.map { UInt32(truncatingIfNeeded: $0) }
            content.ends.append(UInt16(truncatingIfNeeded: content.slots.count))
        }
        content.components = sorted(content.components)
        return content
    }

    /// Sorts the components of the summaries by their numbers. Those of one number are in order already.
    private mutating func sorted(_ components: [UInt64]) -> [UInt64] {
        var numbers: [Int] = []
        for component in components {
            let number = Int(component >> 32)
            if begins[number] == 0 { numbers.append(number) }
            begins[number] += 1
        }
        numbers.sort()
        var begin: UInt32 = 0
        for number in numbers { (begins[number], begin) = (begin, begin + begins[number]) }
        var sorted = [UInt64](repeating: 0, count: components.count)
        for component in components {
            let number = Int(component >> 32)
            sorted[Int(begins[number])] = component
            begins[number] += 1
        }
        for number in numbers { begins[number] = 0 }
        return sorted
    }

    private mutating func clusters(_ position: Int, _ slots: [Int], _ lines: ImpactLines) -> [[Int]] {
        let count = max(1, Int(settings.blockShare * Double(slots.count)))
        guard count > 1 else { return [slots] }
        var generator = SplitMix64(seed: settings.seed &+ UInt64(position) &* 0x9E37_79B9_7F4A_7C15)
        var drawn = Array(slots.indices)
        for index in 0..<count {
            drawn.swapAt(index, index + Int(truncatingIfNeeded: generator.next() % UInt64(drawn.count - index)))
        }
        let first = drawn.prefix(count).sorted()
        let scales = scales
        centroids.fill(count) { centroid, body in
            lines.components(at: lines.place(of: slots[first[centroid]]), lines: Self.centroidLines) { number, code in
                body(Int(number), Float(code) * scales[Int(number)])
            }
        }
        // What each centroid's sum begins at: 0, or less than any for one that is removed.
        var initial = [Float](repeating: 0, count: count)
        var clusters = [[Int]](repeating: [], count: count)
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { sums in
            for (index, slot) in slots.enumerated() {
                if index + 4 < slots.count { lines.prefetchHead(at: lines.place(of: slots[index + 4])) }
                clusters[nearest(to: slot, in: lines, from: initial, sums)].append(slot)
            }
            // Blocks too small to be worth their summary; unless all are.
            let removed = clusters.indices.filter { clusters[$0].count <= settings.smallestBlock }
            guard !removed.isEmpty, removed.count < count else { return clusters }
            let homeless = removed.flatMap { clusters[$0] }
            for index in removed {
                clusters[index] = []
                initial[index] = -.infinity
            }
            for slot in homeless { clusters[nearest(to: slot, in: lines, from: initial, sums)].append(slot) }
            return clusters.map { $0.sorted() }
        }
    }

    /// Returns the centroid with which a document has the most in common; among equals, the first.
    ///
    /// - Parameters:
    ///   - initial: What the sum of each centroid begins at.
    ///   - sums: Memory for as many sums.
    private func nearest(
        to slot: Int, in lines: ImpactLines, from initial: [Float], _ sums: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        _ = sums.initialize(from: initial)
        var left = Self.heaviest
        lines.components(at: lines.place(of: slot), lines: 1) { number, code in
            guard left > 0 else { return }
            left -= 1
            centroids.add(Int(number), Float(code) * scales[Int(number)], to: sums)
        }
        return CentroidIndex.nearest(sums)
    }

    private mutating func summarize(_ slots: [Int], _ lines: ImpactLines, block: Int, into components: inout [UInt64]) {
        var terms: [(weight: Float, number: UInt16)] = []
        largest.withUnsafeMutableBufferPointer { largest in
            for slot in slots {
                lines.components(at: lines.place(of: slot)) { number, code in
                    if largest[Int(number)] == 0 { terms.append((0, number)) }
                    largest[Int(number)] = max(largest[Int(number)], code)
                }
            }
        }
        var sum: Float = 0
        var most: Float = 0
        for index in terms.indices {
            let weight = Float(largest[Int(terms[index].number)]) * scales[Int(terms[index].number)]
            terms[index].weight = weight
            sum += weight
            most = max(most, weight)
        }
        var missing = Float(settings.summaryShare) * sum
        // What is certainly kept need not be sorted: all above the bin in which the share is reached.
        let bin = { (weight: Float) in Int(weight / most * Float(Self.bins - 1)) }
        var shares = [Float](repeating: 0, count: Self.bins)
        for term in terms { shares[bin(term.weight)] += term.weight }
        var last = Self.bins - 1
        while last > 0, missing > shares[last] {
            missing -= shares[last]
            last -= 1
        }
        func keep(_ number: UInt16) {
            components.append(UInt64(number) << 32 | UInt64(block) << 8 | UInt64(largest[Int(number)]))
        }
        for term in terms where bin(term.weight) > last { keep(term.number) }
        let others = terms.filter { bin($0.weight) == last }
            .sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.number < $1.number }
        for term in others where missing > 0 {
            missing -= term.weight
            keep(term.number)
        }
        for term in terms { largest[Int(term.number)] = 0 }
    }
}

/// Computes the least weight of a posting that a block index keeps. This is Seismic's global threshold, under which a
/// frequent strong term has a long list and a weak one a short list.
struct BlockThreshold {
    /// The number of bits of a weight's bin: its exponent and the first bits of its fraction, which preserve the order
    /// of weights.
    private static let bits: UInt32 = 12
    private var counts = [UInt64](repeating: 0, count: 1 << (32 - 1 - Int(bits)))

    mutating func add(_ weight: Float) { counts[Int(weight.bitPattern >> Self.bits)] += 1 }

    /// Returns the weight that about `count` of the added weights reach.
    func least(keeping count: UInt64) -> Float {
        var kept: UInt64 = 0
        for bin in counts.indices.reversed() where counts[bin] > 0 {
            kept += counts[bin]
            if kept >= count { return Float(bitPattern: UInt32(bin) << Self.bits) }
        }
        return 0
    }
}
