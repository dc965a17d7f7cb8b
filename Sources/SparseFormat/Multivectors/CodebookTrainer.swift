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
    /// - samples: One or more rows of `dimension`.
    /// - progress: Called after each part of the work with the number of finished parts and the total; may throw to
    ///   stop.
    package func train(
        _ samples: [Float], dimension: Int, progress: (Int, Int) throws -> Void = { _, _ in }
    ) rethrows -> TokenCodebook {
        let count = samples.count / dimension
        let groups = TokenCodebook.subspaces(dimension: dimension)
        let wanted = max(1, min(maximumCentroids, count / tokensPerCentroid))
        let coarse = Self.kMeans(samples, width: dimension, rows: wanted, rounds: rounds, seed: seed)
        try progress(1, groups + 1)
        let empty = TokenCodebook(dimension: dimension, centroids: coarse, codewords: [])
        let nearest = NearestRow(coarse[...], width: dimension)
        let width = TokenCodebook.width
        var parts = [[Float]](repeating: [], count: groups)
        for group in parts.indices { parts[group].reserveCapacity(count * width) }
        for token in 0..<count {
            let row = samples[token * dimension..<(token + 1) * dimension]
            let rest = empty.residual(row, of: row.withUnsafeBufferPointer(nearest.find))
            for group in parts.indices { parts[group] += rest[group * width..<(group + 1) * width] }
        }
        var codewords: [Float] = []
        for group in parts.indices {
            codewords += Self.kMeans(
                parts[group], width: width, rows: TokenCodebook.codewordsPerSubspace, rounds: rounds,
                seed: seed &+ 1 &+ UInt64(group))
            try progress(group + 2, groups + 1)
        }
        return TokenCodebook(dimension: dimension, centroids: coarse, codewords: codewords)
    }

    /// Runs Lloyd's algorithm from random samples. A row that is nearest to no sample does not move.
    static func kMeans(_ samples: [Float], width: Int, rows: Int, rounds: Int, seed: UInt64) -> [Float] {
        let count = samples.count / width
        var random = SplitMix64(seed: seed)
        var centres: [Float] = []
        for index in distinct(rows, below: count, &random) { centres += samples[index * width..<(index + 1) * width] }
        for _ in 0..<rounds {
            let nearest = NearestRow(centres[...], width: width)
            var sums = [Double](repeating: 0, count: centres.count)
            var sizes = [Double](repeating: 0, count: rows)
            samples.withUnsafeBufferPointer { samples in
                for token in 0..<count {
                    let vector = UnsafeBufferPointer(rebasing: samples[token * width..<(token + 1) * width])
                    let row = nearest.find(vector)
                    sizes[row] += 1
                    for (component, value) in vector.enumerated() { sums[row * width + component] += Double(value) }
                }
            }
            for index in centres.indices where sizes[index / width] > 0 {
                centres[index] = Float(sums[index] / sizes[index / width])
            }
        }
        return centres
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
