/// The trained codebook of `pq32` (table meta, key `codebook:` and a u32 number, from 1). It never changes, and its
/// number is never reused.
///
/// A token is stored as its nearest centroid and, for each subspace (four components of the residual), the nearest of
/// 256 codewords (Jegou, Douze, Schmid: Product Quantization for Nearest Neighbor Search, 2011).
package struct TokenCodebook: Record {
    package static let kind = RecordKind.multivectorCodec
    /// The number of components of a subspace.
    package static let width = 4
    /// The number of codewords of a subspace, which is the number of values of a byte.
    package static let codewordsPerSubspace = 256

    /// The number of components of a token, 1...1,024.
    package let dimension: Int
    /// The centroids: 1...65,535 rows of `dimension`.
    package let centroids: [Float]
    /// The codewords: `subspaces` x 256 x 4 components, zero past the dimension.
    package let codewords: [Float]

    /// Returns the number of subspaces of a token with the given dimension.
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
        let subspaces = Self.subspaces(dimension: dimension)
        codewords = try Self.floats(&body, subspaces * Self.codewordsPerSubspace * Self.width)
        let used = dimension - (subspaces - 1) * Self.width
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

/// Finds the codes of tokens in one codebook.
struct CodebookSearcher: Sendable {
    private let codebook: TokenCodebook
    private let centroids: NearestRow
    private let codewords: [NearestRow]

    init(_ codebook: TokenCodebook) {
        self.codebook = codebook
        centroids = NearestRow(codebook.centroids[...], width: codebook.dimension)
        let stride = TokenCodebook.codewordsPerSubspace * TokenCodebook.width
        codewords = (0..<codebook.subspaces).map {
            NearestRow(codebook.codewords[$0 * stride..<($0 + 1) * stride], width: TokenCodebook.width)
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
                for (subspace, codewords) in codewords.enumerated() {
                    let part = rest[subspace * TokenCodebook.width..<(subspace + 1) * TokenCodebook.width]
                    codes.append(UInt8(codewords.find(UnsafeBufferPointer(rebasing: part))))
                }
            }
        }
        writer.append(codes)
    }
}

extension TokenCodebook {
    /// The difference between a token and its centroid, padded with zeros to a whole number of subspaces.
    func residual(_ row: ArraySlice<Float>, of centroid: Int) -> [Float] {
        var rest = [Float](repeating: 0, count: subspaces * Self.width)
        let base = centroid * dimension
        for (index, component) in row.enumerated() { rest[index] = component - centroids[base + index] }
        return rest
    }

    /// Appends the components that a centroid and codes represent.
    func decode(_ centroid: Int, _ codes: Slice<UnsafeRawBufferPointer>, into components: inout [Float]) {
        let base = centroid * dimension
        for (index, value) in centroids[base..<base + dimension].enumerated() {
            let subspace = index / Self.width
            let code = Int(codes[codes.startIndex + subspace])
            let codeword = (subspace * Self.codewordsPerSubspace + code) * Self.width
            components.append(Limits.nearestComponent(value + codewords[codeword + index % Self.width]))
        }
    }
}
