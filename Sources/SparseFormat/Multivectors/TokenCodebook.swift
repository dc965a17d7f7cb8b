/// The trained codebook of `pq32` (table meta, key `codebook:` and a u32 number, from 1). It never changes, and its
/// number is never reused.
///
/// A token is stored as its nearest centroid and, for each group of four components of the residual, the nearest of 256
/// codewords (Jegou, Douze, Schmid: Product Quantization for Nearest Neighbor Search, 2011).
package struct TokenCodebook: Record {
    package static let kind = RecordKind.multivectorCodec
    /// The number of components of a group.
    package static let width = 4
    /// The number of codewords of a group, which is the number of values of a byte.
    package static let codewordsPerSubspace = 256

    /// The number of components of a token, 1...1,024.
    package let dimension: Int
    /// The centroids: 1...65,535 rows of `dimension`.
    package let centroids: [Float]
    /// The codewords: `subspaces` x 256 x 4 components, zero past the dimension.
    package let codewords: [Float]

    /// Returns the number of groups of a token with the given dimension.
    package static func subspaces(dimension: Int) -> Int { (dimension + width - 1) / width }

    package var subspaces: Int { Self.subspaces(dimension: dimension) }
    package var centroidCount: Int { centroids.count / dimension }

    package init(dimension: Int, centroids: [Float], codewords: [Float]) {
        self.dimension = dimension
        self.centroids = centroids
        self.codewords = codewords
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        dimension = Int(try body.u16())
        let count = Int(try body.u16())
        try body.zeros(4)
        guard (1...Limits.maximumDimension).contains(dimension), count >= 1 else {
            throw FormatError(.codebookShape, "\(count) centroids of \(dimension) dimensions")
        }
        centroids = try Self.floats(&body, count * dimension)
        let groups = Self.subspaces(dimension: dimension)
        codewords = try Self.floats(&body, groups * Self.codewordsPerSubspace * Self.width)
        let used = dimension - (groups - 1) * Self.width
        for index in codewords.indices.suffix(Self.codewordsPerSubspace * Self.width)
        where index % Self.width >= used && codewords[index] != 0 {
            throw FormatError(.codebookShape, "a codeword is not zero past the dimension")
        }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u16(UInt16(dimension))
        writer.u16(UInt16(centroidCount))
        writer.zeros(4)
        writer.f32s(centroids)
        writer.f32s(codewords)
    }

    private static func floats(_ body: inout ByteReader, _ count: Int) throws(FormatError) -> [Float] {
        let bytes = try body.take(4 * count)
        let floats = (0..<count).map {
            Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
        }
        guard floats.allSatisfy(\.isFinite) else { throw FormatError(.codebookShape, "a component is not finite") }
        return floats
    }
}

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
    private static func kMeans(_ samples: [Float], width: Int, rows: Int, rounds: Int, seed: UInt64) -> [Float] {
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

/// Finds the codes of tokens in one codebook.
struct CodebookSearcher: Sendable {
    private let codebook: TokenCodebook
    private let centroids: NearestRow
    private let codewords: [NearestRow]

    init(_ codebook: TokenCodebook) {
        self.codebook = codebook
        centroids = NearestRow(codebook.centroids[...], width: codebook.dimension)
        let group = TokenCodebook.codewordsPerSubspace * TokenCodebook.width
        codewords = (0..<codebook.subspaces).map {
            NearestRow(codebook.codewords[$0 * group..<($0 + 1) * group], width: TokenCodebook.width)
        }
    }

    /// Appends the data as in FORMAT.md: a centroid for each token, then the codes.
    func encode(_ multivector: Multivector, into writer: inout ByteWriter) {
        var codes: [UInt8] = []
        codes.reserveCapacity(multivector.count * codewords.count)
        for token in 0..<multivector.count {
            let row = multivector[token]
            let centroid = row.withUnsafeBufferPointer(centroids.find)
            writer.u16(UInt16(centroid))
            let rest = codebook.residual(row, of: centroid)
            rest.withUnsafeBufferPointer { rest in
                for (group, codewords) in codewords.enumerated() {
                    let part = rest[group * TokenCodebook.width..<(group + 1) * TokenCodebook.width]
                    codes.append(UInt8(codewords.find(UnsafeBufferPointer(rebasing: part))))
                }
            }
        }
        writer.append(codes)
    }
}

extension TokenCodebook {
    /// The difference between a token and its centroid, padded with zeros to a whole number of groups.
    fileprivate func residual(_ row: ArraySlice<Float>, of centroid: Int) -> [Float] {
        var rest = [Float](repeating: 0, count: subspaces * Self.width)
        let base = centroid * dimension
        for (index, component) in row.enumerated() { rest[index] = component - centroids[base + index] }
        return rest
    }

    /// Appends the components that a centroid and codes represent.
    func decode(_ centroid: Int, _ codes: Slice<UnsafeRawBufferPointer>, into components: inout [Float]) {
        let base = centroid * dimension
        for (index, value) in centroids[base..<base + dimension].enumerated() {
            let group = index / Self.width
            let code = Int(codes[codes.startIndex + group])
            let codeword = (group * Self.codewordsPerSubspace + code) * Self.width
            components.append(Limits.nearestComponent(value + codewords[codeword + index % Self.width]))
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
