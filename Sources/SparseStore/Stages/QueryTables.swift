internal import SparseFormat

/// The inner products of a query's tokens with all entries of a codebook. A quantized token is scored by adding up
/// rows.
final class QueryTables {
    private let query: AlignedArray<Float>
    private let kernels: MaxSimKernels
    private let codebook: TokenCodebook
    private let blocks: Int
    private let stride: Int
    /// Block x centroid x 16. A row is valid if `isKnown` is set for it.
    private let coarse: AlignedArray<Float>
    private let isKnown: AlignedArray<UInt8>
    /// Block x group x 256 x 16.
    private let table: AlignedArray<Float>

    /// - Parameter query: Block x `stride` x 16, zero beyond the codebook's dimension.
    init(
        _ query: AlignedArray<Float>, blocks: Int, stride: Int, _ codebook: TokenCodebook, _ kernels: MaxSimKernels
    ) {
        self.query = query
        self.kernels = kernels
        self.codebook = codebook
        self.blocks = blocks
        self.stride = stride
        let lanes = MaxSimKernels.lanes
        let rows = TokenCodebook.codewordsPerSubspace
        let width = TokenCodebook.width
        coarse = AlignedArray(count: blocks * codebook.centroidCount * lanes, isZeroed: false)
        isKnown = AlignedArray(count: codebook.centroidCount)
        table = AlignedArray(count: blocks * codebook.subspaces * rows * lanes, isZeroed: false)
        codebook.codewords.withUnsafeBufferPointer { codewords in
            guard let codewords = codewords.baseAddress else { return }
            for block in 0..<blocks {
                for group in 0..<codebook.subspaces {
                    kernels.products(
                        query.base + (block * stride + group * width) * lanes, codewords + group * rows * width,
                        count: rows, dimension: width,
                        table.base + (block * codebook.subspaces + group) * rows * lanes)
                }
            }
        }
    }

    /// - Parameter data: The data of `count` tokens in this codebook's codes.
    /// - Throws: `FormatError` for a centroid that is not in the codebook.
    func maxima(_ data: UnsafeRawPointer, count: Int, _ maxima: UnsafeMutablePointer<Float>) throws {
        let lanes = MaxSimKernels.lanes
        let centroids = codebook.centroidCount
        for token in 0..<count {
            let centroid = Int(
                UInt16(littleEndian: data.loadUnaligned(fromByteOffset: 2 * token, as: UInt16.self)))
            guard centroid < centroids else {
                throw FormatError(.codebookUse, "centroid \(centroid) of \(centroids)")
            }
            if isKnown.base[centroid] == 0 { learn(centroid) }
        }
        for block in 0..<blocks {
            kernels.maxima(
                centroids: data, codes: data + 2 * count, count: count, groups: codebook.subspaces,
                coarse: coarse.base + block * centroids * lanes,
                table: table.base + block * codebook.subspaces * TokenCodebook.codewordsPerSubspace * lanes,
                maxima + block * lanes)
        }
    }

    /// Computes the row of a centroid on demand. Candidates of one query are similar, so few centroids are needed.
    private func learn(_ centroid: Int) {
        let lanes = MaxSimKernels.lanes
        codebook.centroids.withUnsafeBufferPointer { centroids in
            guard let centroids = centroids.baseAddress else { return }
            for block in 0..<blocks {
                kernels.products(
                    query.base + block * stride * lanes, centroids + centroid * codebook.dimension, count: 1,
                    dimension: codebook.dimension,
                    coarse.base + (block * codebook.centroidCount + centroid) * lanes)
            }
        }
        isKnown.base[centroid] = 1
    }
}
