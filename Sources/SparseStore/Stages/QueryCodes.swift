internal import SparseFormat

/// A query's token vectors as 8-bit codes with a scale for each, for documents stored in that codec.
final class QueryCodes {
    /// The scales by lane.
    let scales: AlignedArray<Float>
    private let kernels: MaxSimKernels
    private let blocks: Int
    private let dimension: Int
    private let stride: Int
    /// For integers: block x pair of components x 16 x 2. For floats: block x component x 16.
    private let pairs: AlignedArray<Int16>
    private let floats: AlignedArray<Float>

    /// - Parameter stride: The number of components in a block, at least that of the query.
    init(_ query: Multivector, blocks: Int, stride: Int, _ kernels: MaxSimKernels) {
        self.kernels = kernels
        self.blocks = blocks
        self.stride = stride
        dimension = query.dimension
        let lanes = MaxSimKernels.lanes
        let pairCount = (dimension + 1) / 2
        scales = AlignedArray(count: blocks * lanes)
        pairs = AlignedArray(count: kernels.usesAVX2 ? blocks * pairCount * lanes * 2 : 0)
        floats = AlignedArray(count: kernels.usesAVX2 ? 0 : blocks * stride * lanes)
        for token in 0..<query.count {
            let (block, lane) = (token / lanes, token % lanes)
            let (scale, codes) = TokenQuantiser.quantise(query[token])
            scales.base[token] = scale
            for (component, code) in codes.enumerated() {
                if kernels.usesAVX2 {
                    let pair = (block * pairCount + component / 2) * lanes + lane
                    pairs.base[pair * 2 + component % 2] = Int16(code)
                } else {
                    floats.base[(block * stride + component) * lanes + lane] = Float(code)
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
                        pairs.base, codes: codes, scales: scales, count: count, dimension: dimension, blocks: blocks,
                        words: words, maxima)
                }
            }
        #endif
        kernels.widen(codes: codes, to: scratch, count: count * dimension)
        for block in 0..<blocks {
            kernels.maxima(
                floats.base + block * stride * MaxSimKernels.lanes, scratch, scales: scales, count: count,
                dimension: dimension, maxima + block * MaxSimKernels.lanes)
        }
    }
}
