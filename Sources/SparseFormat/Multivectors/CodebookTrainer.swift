/// Trains a codebook from sample tokens by k-means, first on the tokens, then on their residuals.
///
/// The same samples, sizes and seed give the same codebook, bit for bit, on every machine.
package struct CodebookTrainer: Sendable {
    /// The maximum number of centroids, 1...65,535.
    package var maximumCentroids = 1_024
    /// The average number of tokens that a centroid needs; with fewer tokens there are fewer centroids.
    package var tokensPerCentroid = 64
    /// The number of sample tokens that is sufficient.
    package var maximumSamples = 32_768
    /// The number of iterations of Lloyd's algorithm.
    package var rounds = 8
    package var seed: UInt64 = 1

    package init() {}

    /// - Parameters:
    ///   - samples: One or more rows of `dimension`.
    ///   - progress: Called after each part of the work with the number of finished parts and the total; may throw to
    ///     stop.
    package func train(
        _ samples: [Float], dimension: Int, progress: (Int, Int) throws -> Void = { _, _ in }
    ) rethrows -> TokenCodebook {
        let count = samples.count / dimension
        let subspaces = TokenCodebook.subspaces(dimension: dimension)
        let wanted = max(1, min(maximumCentroids, count / tokensPerCentroid))
        let coarse = Self.kMeans(samples, width: dimension, rows: wanted, rounds: rounds, seed: seed)
        try progress(1, subspaces + 1)
        let empty = TokenCodebook(dimension: dimension, centroids: coarse, codewords: [])
        let nearest = NearestRow(coarse[...], width: dimension)
        let width = TokenCodebook.width
        var parts = [[Float]](repeating: [], count: subspaces)
        for subspace in parts.indices { parts[subspace].reserveCapacity(count * width) }
        for token in 0..<count {
            let row = samples[token * dimension..<(token + 1) * dimension]
            let rest = empty.residual(row, of: row.withUnsafeBufferPointer(nearest.find))
            for subspace in parts.indices { parts[subspace] += rest[subspace * width..<(subspace + 1) * width] }
        }
        var codewords: [Float] = []
        for subspace in parts.indices {
            codewords += Self.kMeans(
                parts[subspace], width: width, rows: TokenCodebook.codewordsPerSubspace, rounds: rounds,
                seed: seed &+ 1 &+ UInt64(subspace))
            try progress(subspace + 2, subspaces + 1)
        }
        return TokenCodebook(dimension: dimension, centroids: coarse, codewords: codewords)
    }

    /// Runs Lloyd's algorithm from random samples. A row that is nearest to no sample does not move.
    private static func kMeans(_ samples: [Float], width: Int, rows: Int, rounds: Int, seed: UInt64) -> [Float] {
        let count = samples.count / width
        var random = SplitMix64(seed: seed)
        var centers: [Float] = []
        for index in distinct(rows, below: count, &random) { centers += samples[index * width..<(index + 1) * width] }
        for _ in 0..<rounds {
            let nearest = NearestRow(centers[...], width: width)
            var sums = [Double](repeating: 0, count: centers.count)
            var sizes = [Double](repeating: 0, count: rows)
            samples.withUnsafeBufferPointer { samples in
                for token in 0..<count {
                    let vector = UnsafeBufferPointer(rebasing: samples[token * width..<(token + 1) * width])
                    let row = nearest.find(vector)
                    sizes[row] += 1
                    for (component, value) in vector.enumerated() { sums[row * width + component] += Double(value) }
                }
            }
            for index in centers.indices where sizes[index / width] > 0 {
                centers[index] = Float(sums[index] / sizes[index / width])
            }
        }
        return centers
    }

    /// Returns `wanted` of the numbers below `count`, without repeats if there are enough.
    private static func distinct(_ wanted: Int, below count: Int, _ random: inout SplitMix64) -> [Int] {
        guard count > wanted else { return (0..<wanted).map { $0 % count } }
        // Floyd's sampling.
        var taken: Set<Int> = []
        return (count - wanted..<count).map { last in
            let drawn = Int(random.next() % UInt64(last + 1))
            let index = taken.contains(drawn) ? last : drawn
            taken.insert(index)
            return index
        }
    }
}

/// Finds the row nearest to a vector by Euclidean distance: the row with the largest x * c - |c|^2 / 2, or the first of
/// several equal ones. It compares sixteen rows at a time.
struct NearestRow: Sendable {
    private typealias Lanes = SIMD16<Float>

    private let width: Int
    /// For each sixteen rows: the negative half norms, then the components of the rows, component by component.
    private let blocks: [Lanes]

    /// - Parameter rows: One or more rows of `width`.
    init(_ rows: ArraySlice<Float>, width: Int) {
        self.width = width
        let count = rows.count / width
        var blocks: [Lanes] = []
        blocks.reserveCapacity((count + 15) / 16 * (width + 1))
        for first in stride(from: 0, to: count, by: 16) {
            // Padding after the last row is never the nearest.
            var norms = Lanes(repeating: -.greatestFiniteMagnitude)
            var columns = [Lanes](repeating: Lanes(), count: width)
            for lane in 0..<min(16, count - first) {
                let row = rows[(rows.startIndex + (first + lane) * width)...].prefix(width)
                norms[lane] = -row.reduce(0) { $0 + $1 * $1 } / 2
                for (component, value) in row.enumerated() { columns[component][lane] = value }
            }
            blocks.append(norms)
            blocks += columns
        }
        self.blocks = blocks
    }

    /// Returns the row nearest to `width` components.
    func find(_ vector: UnsafeBufferPointer<Float>) -> Int {
        var best = Lanes(repeating: -.infinity)
        var places = SIMD16<Int32>()
        blocks.withUnsafeBufferPointer { blocks in
            var block: Int32 = 0
            for start in stride(from: 0, to: blocks.count, by: width + 1) {
                var scores = blocks[start]
                for component in 0..<width { scores += blocks[start + 1 + component] * vector[component] }
                let isBetter = scores .> best
                best.replace(with: scores, where: isBetter)
                places.replace(with: block, where: isBetter)
                block += 1
            }
        }
        var found = 0
        for lane in 1..<16 {
            let (a, b) = (Int(places[found]) * 16 + found, Int(places[lane]) * 16 + lane)
            if best[lane] > best[found] || best[lane] == best[found] && b < a { found = lane }
        }
        return Int(places[found]) * 16 + found
    }
}
