internal import SparseFormat

/// Scores stored multivectors for one query by the sum, over the query's tokens, of the largest inner product with a
/// token of the document (Khattab and Zaharia, ColBERT, SIGIR 2020). For use on one thread.
///
/// This file uses pointers. Memory is sized here for the tiles of the query and for `chunk` tokens, and
/// `MultivectorView` has verified the length of its data. The tables for a codec are built when the codec is first
/// used; scoring allocates nothing.
final class MaxSimScorer {
    private let kernels: MaxSimKernels
    private let multivector: Multivector
    private let dimension: Int
    private let tiles: Int
    /// The query tokens in lanes: tile x component x 16, padded with zeros to a multiple of four components.
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
        tiles = (multivector.count + MaxSimKernels.lanes - 1) / MaxSimKernels.lanes
        paddedDimension = TokenCodebook.subspaces(dimension: dimension) * TokenCodebook.width
        query = AlignedArray(count: tiles * paddedDimension * MaxSimKernels.lanes)
        maxima = AlignedArray(count: tiles * MaxSimKernels.lanes)
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
                problem: "the query's token vectors have \(dimension) dimensions, but the stored "
                    + "ones have \(view.dimension)",
                remedy: "use the model of the stored token vectors")
        }
        maxima.base.update(repeating: -.infinity, count: maxima.count)
        switch view.codec {
        case .f16: scoreHalves(data, view.count)
        case .int8: scoreCodes(data, view.count)
        case .pq32: try scoreQuantized(view, data, codebook)
        }
        var sum: Float = 0
        for token in 0..<multivector.count { sum += maxima.base[token] }
        guard sum.isFinite else {
            throw SparseStoreError.corrupted("a stored multivector has components that are not finite")
        }
        return sum
    }

    private func scoreHalves(_ data: UnsafeRawPointer, _ count: Int) {
        for first in stride(from: 0, to: count, by: chunk) {
            let size = min(chunk, count - first)
            kernels.widen(halves: data + first * dimension * 2, to: widened.base, count: size * dimension)
            for tile in 0..<tiles {
                kernels.maxima(
                    query.base + tile * paddedDimension * MaxSimKernels.lanes, widened.base, count: size,
                    dimension: dimension, maxima.base + tile * MaxSimKernels.lanes)
            }
        }
    }

    private func scoreCodes(_ data: UnsafeRawPointer, _ count: Int) {
        let codes = codes ?? QueryCodes(multivector, tiles: tiles, stride: paddedDimension, kernels)
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

    private func scoreQuantized(
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
            tables = QueryTables(query, tiles: tiles, stride: paddedDimension, codebook, kernels)
            self.tables[view.codebook] = tables
        }
        try tables.maxima(data, count: view.count, maxima.base)
    }
}

/// A query's token vectors as 8-bit codes with a scale for each, for documents stored in that codec.
final class QueryCodes {
    /// The scales by lane.
    let scales: AlignedArray<Float>
    private let kernels: MaxSimKernels
    private let tiles: Int
    private let dimension: Int
    private let stride: Int
    /// For integers: tile x pair of components x 16 x 2. For floats: tile x component x 16.
    private let pairs: AlignedArray<Int16>
    private let floats: AlignedArray<Float>

    /// - Parameter stride: The number of components in a tile, at least that of the query.
    init(_ query: Multivector, tiles: Int, stride: Int, _ kernels: MaxSimKernels) {
        self.kernels = kernels
        self.tiles = tiles
        self.stride = stride
        dimension = query.dimension
        let lanes = MaxSimKernels.lanes
        let pairCount = (dimension + 1) / 2
        scales = AlignedArray(count: tiles * lanes)
        pairs = AlignedArray(count: kernels.usesAVX2 ? tiles * pairCount * lanes * 2 : 0)
        floats = AlignedArray(count: kernels.usesAVX2 ? 0 : tiles * stride * lanes)
        for token in 0..<query.count {
            let (tile, lane) = (token / lanes, token % lanes)
            let (scale, codes) = TokenQuantizer.quantize(query[token])
            scales.base[token] = scale
            for (component, code) in codes.enumerated() {
                if kernels.usesAVX2 {
                    let pair = (tile * pairCount + component / 2) * lanes + lane
                    pairs.base[pair * 2 + component % 2] = Int16(code)
                } else {
                    floats.base[(tile * stride + component) * lanes + lane] = Float(code)
                }
            }
        }
    }

    /// Updates the largest inner products of codes, times the tokens' scales. `maxima` does not yet include the scales
    /// of the query.
    /// - Parameter scratch: Memory for `count` x (dimension + 1) floats.
    func maxima(
        _ codes: UnsafeRawPointer, scales: UnsafePointer<Float>, count: Int, scratch: UnsafeMutablePointer<Float>,
        _ maxima: UnsafeMutablePointer<Float>
    ) {
        #if arch(x86_64)
            if kernels.usesAVX2 {
                return scratch.withMemoryRebound(to: Int16.self, capacity: count * (dimension + 1)) { words in
                    kernels.maximaOfCodes(
                        pairs.base, codes: codes, scales: scales, count: count, dimension: dimension, tiles: tiles,
                        words: words, maxima)
                }
            }
        #endif
        kernels.widen(codes: codes, to: scratch, count: count * dimension)
        for tile in 0..<tiles {
            kernels.maxima(
                floats.base + tile * stride * MaxSimKernels.lanes, scratch, scales: scales, count: count,
                dimension: dimension, maxima + tile * MaxSimKernels.lanes)
        }
    }
}

/// The inner products of a query's tokens with all entries of a codebook. A quantized token is scored by adding up
/// rows.
final class QueryTables {
    private let query: AlignedArray<Float>
    private let kernels: MaxSimKernels
    private let codebook: TokenCodebook
    private let tiles: Int
    private let stride: Int
    /// Tile x centroid x 16. A row is valid if `isKnown` is set for it.
    private let coarse: AlignedArray<Float>
    private let isKnown: AlignedArray<UInt8>
    /// Tile x group x 256 x 16.
    private let table: AlignedArray<Float>

    /// - Parameter query: Tile x `stride` x 16, zero beyond the codebook's dimension.
    init(
        _ query: AlignedArray<Float>, tiles: Int, stride: Int, _ codebook: TokenCodebook, _ kernels: MaxSimKernels
    ) {
        self.query = query
        self.kernels = kernels
        self.codebook = codebook
        self.tiles = tiles
        self.stride = stride
        let lanes = MaxSimKernels.lanes
        let rows = TokenCodebook.codewordsPerSubspace
        let width = TokenCodebook.width
        coarse = AlignedArray(count: tiles * codebook.centroidCount * lanes, isZeroed: false)
        isKnown = AlignedArray(count: codebook.centroidCount)
        table = AlignedArray(count: tiles * codebook.subspaces * rows * lanes, isZeroed: false)
        codebook.codewords.withUnsafeBufferPointer { codewords in
            guard let codewords = codewords.baseAddress else { return }
            for tile in 0..<tiles {
                for group in 0..<codebook.subspaces {
                    kernels.products(
                        query.base + (tile * stride + group * width) * lanes, codewords + group * rows * width,
                        count: rows, dimension: width,
                        table.base + (tile * codebook.subspaces + group) * rows * lanes)
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
        for tile in 0..<tiles {
            kernels.maxima(
                centroids: data, codes: data + 2 * count, count: count, groups: codebook.subspaces,
                coarse: coarse.base + tile * centroids * lanes,
                table: table.base + tile * codebook.subspaces * TokenCodebook.codewordsPerSubspace * lanes,
                maxima + tile * lanes)
        }
    }

    /// Computes the row of a centroid on demand. Candidates of one query are similar, so few centroids are needed.
    private func learn(_ centroid: Int) {
        let lanes = MaxSimKernels.lanes
        codebook.centroids.withUnsafeBufferPointer { centroids in
            guard let centroids = centroids.baseAddress else { return }
            for tile in 0..<tiles {
                kernels.products(
                    query.base + tile * stride * lanes, centroids + centroid * codebook.dimension, count: 1,
                    dimension: codebook.dimension,
                    coarse.base + (tile * codebook.centroidCount + centroid) * lanes)
            }
        }
        isKnown.base[centroid] = 1
    }
}
