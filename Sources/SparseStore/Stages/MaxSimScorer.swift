internal import SparseFormat

/// Scores stored multivectors for one query by the sum, over the query's tokens, of the largest inner product with a
/// token of the document (Khattab and Zaharia, ColBERT, SIGIR 2020). For use on one thread.
///
/// This file uses pointers. Memory is sized here for the blocks of the query and for `chunk` tokens, and
/// `MultivectorView` has verified the length of its data. The tables for a codec are built when the codec is first
/// used; scoring allocates nothing.
final class MaxSimScorer {
    private let kernels: MaxSimKernels
    private let multivector: Multivector
    private let dimension: Int
    private let blocks: Int
    /// The query tokens in lanes: block x component x 16, padded with zeros to a multiple of four components.
    private let query: AlignedArray<Float>
    private let paddedDimension: Int
    private let maxima: AlignedArray<Float>
    /// The number of document tokens that are converted together, which fit the first-level cache.
    private let chunk: Int
    private let widened: AlignedArray<Float>
    private let scales: AlignedArray<Float>
    private var codes: QueryCodes?
    private var tables: [UInt32: QueryTables] = [:]

    init(_ multivector: Multivector, kernels: MaxSimKernels = .best) {
        self.kernels = kernels
        self.multivector = multivector
        dimension = multivector.dimension
        blocks = (multivector.count + MaxSimKernels.lanes - 1) / MaxSimKernels.lanes
        paddedDimension = TokenCodebook.subspaces(dimension: dimension) * TokenCodebook.width
        query = AlignedArray(count: blocks * paddedDimension * MaxSimKernels.lanes)
        maxima = AlignedArray(count: blocks * MaxSimKernels.lanes)
        chunk = max(4, min(64, 4_096 / dimension))
        // A row of 16-bit codes is at most one longer than the dimension, and half as wide as floats.
        widened = AlignedArray(count: chunk * (dimension + 1))
        scales = AlignedArray(count: chunk)
        for (index, component) in multivector.components.enumerated() {
            query.base[lane(index / dimension, component: index % dimension)] = component
        }
    }

    private func lane(_ token: Int, component: Int) -> Int {
        (token / MaxSimKernels.lanes * paddedDimension + component) * MaxSimKernels.lanes + token % MaxSimKernels.lanes
    }

    /// - Parameter codebook: Returns a codebook by number. Called once for each number.
    /// - Throws: `dimensionMismatch` if the query has another dimension, `corrupted`, and the errors of `codebook`.
    func score(_ view: MultivectorView, codebook: (UInt32) throws -> TokenCodebook) throws -> Float {
        guard view.dimension == dimension, let data = view.data.baseAddress else {
            throw SparseStoreError(
                .dimensionMismatch,
                "the query's token vectors have \(dimension) dimensions, but the stored ones have \(view.dimension); "
                    + "use the model of the stored token vectors")
        }
        maxima.base.update(repeating: -.infinity, count: maxima.count)
        switch view.codec {
        case .f16: scoreHalves(data, view.count)
        case .int8: scoreCodes(data, view.count)
        case .pq32: try scoreQuantised(view, data, codebook)
        }
        var sum: Float = 0
        for token in 0..<multivector.count { sum += maxima.base[token] }
        guard sum.isFinite else {
            throw SparseStoreError(
                .corrupted, "a stored multivector has components that are not finite; restore the store from a backup")
        }
        return sum
    }

    private func scoreHalves(_ data: UnsafeRawPointer, _ count: Int) {
        for first in stride(from: 0, to: count, by: chunk) {
            let size = min(chunk, count - first)
            kernels.widen(halves: data + first * dimension * 2, to: widened.base, count: size * dimension)
            for block in 0..<blocks {
                kernels.maxima(
                    query.base + block * paddedDimension * MaxSimKernels.lanes, widened.base, count: size,
                    dimension: dimension, maxima.base + block * MaxSimKernels.lanes)
            }
        }
    }

    private func scoreCodes(_ data: UnsafeRawPointer, _ count: Int) {
        let codes = codes ?? QueryCodes(multivector, blocks: blocks, stride: paddedDimension, kernels)
        self.codes = codes
        for first in stride(from: 0, to: count, by: chunk) {
            let size = min(chunk, count - first)
            UnsafeMutableRawPointer(scales.base).copyMemory(from: data + first * 4, byteCount: size * 4)
            codes.maxima(
                data + count * 4 + first * dimension, scales: scales.base, count: size, scratch: widened.base,
                maxima.base)
        }
        for lane in 0..<maxima.count { maxima.base[lane] *= codes.scales.base[lane] }
    }

    private func scoreQuantised(
        _ view: MultivectorView, _ data: UnsafeRawPointer, _ codebook: (UInt32) throws -> TokenCodebook
    ) throws {
        let tables: QueryTables
        if let known = self.tables[view.codebook] {
            tables = known
        } else {
            let codebook = try codebook(view.codebook)
            guard codebook.dimension == dimension else {
                throw FormatError(.codebookUse, "the codebook has a different dimension")
            }
            tables = QueryTables(query, blocks: blocks, stride: paddedDimension, codebook, kernels)
            self.tables[view.codebook] = tables
        }
        try tables.maxima(data, count: view.count, maxima.base)
    }
}
