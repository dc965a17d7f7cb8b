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
            let group = index / Self.width
            let code = Int(codes[codes.startIndex + group])
            let codeword = (group * Self.codewordsPerSubspace + code) * Self.width
            components.append(Limits.nearestComponent(value + codewords[codeword + index % Self.width]))
        }
    }
}
