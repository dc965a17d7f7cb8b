#if arch(x86_64)
    internal import CKernels
#endif

/// The inner loops of MaxSim. This file uses pointers without checks. Each function states its requirements, and
/// `MaxSimScorer` and `MultivectorView` ensure them.
///
/// Query tokens are stored in tiles of 16 lanes. The portable and the AVX2 code give the same bits: products are
/// rounded before they are added, in ascending order of components, and integers are exact.
struct MaxSimKernels {
    typealias Lanes = SIMD16<Float>
    /// The number of query tokens in a tile.
    static let lanes = 16

    /// Whether the processor has AVX2 and it may be used.
    let usesAVX2: Bool

    static let portable = MaxSimKernels(usesAVX2: false)

    /// The fastest kernels for this processor.
    static let best: MaxSimKernels = {
        #if arch(x86_64)
            MaxSimKernels(usesAVX2: sparsestore_has_avx2() != 0)
        #else
            portable
        #endif
    }()

    /// Converts `count` half-precision numbers to floats.
    func widen(halves: UnsafeRawPointer, to floats: UnsafeMutablePointer<Float>, count: Int) {
        #if arch(x86_64)
            if usesAVX2 { return sparsestore_widen_halves(halves, floats, count) }
        #endif
        let target = UnsafeMutableRawPointer(floats)
        var index = 0
        while index + 8 <= count {
            let bits = SIMD8<UInt32>(
                truncatingIfNeeded: halves.loadUnaligned(fromByteOffset: 2 * index, as: SIMD8<UInt16>.self))
            // As HalfFloat.float, eight at a time.
            let magnitude = unsafeBitCast((bits & 0x7FFF) &<< 13, to: SIMD8<Float>.self) * 0x1p112
            let value = unsafeBitCast(magnitude, to: SIMD8<UInt32>.self) | (bits & 0x8000) &<< 16
            target.storeBytes(of: value, toByteOffset: 4 * index, as: SIMD8<UInt32>.self)
            index += 8
        }
        while index < count {
            let bits = UInt32(halves.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
            let magnitude = Float(bitPattern: (bits & 0x7FFF) &<< 13) * 0x1p112
            floats[index] = Float(bitPattern: magnitude.bitPattern | (bits & 0x8000) &<< 16)
            index += 1
        }
    }

    /// Converts `count` 8-bit codes to floats.
    func widen(codes: UnsafeRawPointer, to floats: UnsafeMutablePointer<Float>, count: Int) {
        let codes = codes.assumingMemoryBound(to: Int8.self)
        for index in 0..<count { floats[index] = Float(codes[index]) }
    }

    /// Updates the maximum of each of 16 query tokens with its inner products with `count` tokens, multiplied by the
    /// tokens' scales if there are any.
    ///
    /// - Parameters:
    ///   - query: `dimension` x 16 floats.
    ///   - tokens: `count` x `dimension` floats; `count` is 1 or more.
    func maxima(
        _ query: UnsafePointer<Float>, _ tokens: UnsafePointer<Float>, scales: UnsafePointer<Float>? = nil,
        count: Int, dimension: Int, _ maxima: UnsafeMutablePointer<Float>
    ) {
        #if arch(x86_64)
            if usesAVX2, scales == nil { return sparsestore_maxima(query, tokens, count, dimension, maxima) }
        #endif
        let query = UnsafeRawPointer(query)
        let maxima = UnsafeMutableRawPointer(maxima)
        var largest = maxima.load(as: Lanes.self)
        var token = 0
        while token < count {
            // Two at a time share each load of the query; the last token of an odd number is used twice.
            let next = min(token + 1, count - 1)
            let (first, second) = (tokens + token * dimension, tokens + next * dimension)
            var (a, b) = (Lanes(), Lanes())
            for component in 0..<dimension {
                let lanes = query.load(fromByteOffset: component &* 64, as: Lanes.self)
                a += lanes * first[component]
                b += lanes * second[component]
            }
            if let scales {
                a *= scales[token]
                b *= scales[next]
            }
            largest.replace(with: a, where: a .> largest)
            largest.replace(with: b, where: b .> largest)
            token += 2
        }
        maxima.storeBytes(of: largest, as: Lanes.self)
    }

    /// Computes the inner products of 16 query tokens with each of `count` rows.
    ///
    /// - Parameters:
    ///   - query: `dimension` x 16 floats.
    ///   - products: `count` x 16 floats of output.
    func products(
        _ query: UnsafePointer<Float>, _ rows: UnsafePointer<Float>, count: Int, dimension: Int,
        _ products: UnsafeMutablePointer<Float>
    ) {
        #if arch(x86_64)
            if usesAVX2 { return sparsestore_products(query, rows, count, dimension, products) }
        #endif
        let query = UnsafeRawPointer(query)
        let products = UnsafeMutableRawPointer(products)
        for row in 0..<count {
            var sum = Lanes()
            for component in 0..<dimension {
                sum += query.load(fromByteOffset: component &* 64, as: Lanes.self) * rows[row &* dimension &+ component]
            }
            products.storeBytes(of: sum, toByteOffset: row &* 64, as: Lanes.self)
        }
    }

    /// Updates the maxima like `maxima`, for quantized tokens, from tables.
    ///
    /// - Parameters:
    ///   - centroids: A u16 for each of `count` tokens, below the number of rows of `coarse`.
    ///   - codes: `count` x `groups` bytes.
    ///   - coarse: Rows of 16 floats.
    ///   - table: `groups` x 256 x 16 floats, with a row for every byte.
    func maxima(
        centroids: UnsafeRawPointer, codes: UnsafeRawPointer, count: Int, groups: Int, coarse: UnsafePointer<Float>,
        table: UnsafePointer<Float>, _ maxima: UnsafeMutablePointer<Float>
    ) {
        #if arch(x86_64)
            if usesAVX2 {
                return sparsestore_maxima_table(centroids, codes, count, groups, coarse, table, maxima)
            }
        #endif
        let (coarse, table) = (UnsafeRawPointer(coarse), UnsafeRawPointer(table))
        let maxima = UnsafeMutableRawPointer(maxima)
        var code = codes.assumingMemoryBound(to: UInt8.self)
        var largest = maxima.load(as: Lanes.self)
        for token in 0..<count {
            let centroid = UInt16(littleEndian: centroids.loadUnaligned(fromByteOffset: 2 &* token, as: UInt16.self))
            var sum = coarse.load(fromByteOffset: Int(centroid) &* 64, as: Lanes.self)
            var group = table
            for _ in 0..<groups {
                sum += group.load(fromByteOffset: Int(code.pointee) &* 64, as: Lanes.self)
                code += 1
                group += 256 * 64
            }
            largest.replace(with: sum, where: sum .> largest)
        }
        maxima.storeBytes(of: largest, as: Lanes.self)
    }
}

#if arch(x86_64)
    extension MaxSimKernels {
        /// Updates the maxima like `maxima` with scales, for 8-bit codes, in integers. Only for AVX2; otherwise codes
        /// are converted to floats, which are just as exact: 1,024 products of at most 127 x 127 stay below 2^24.
        ///
        /// - Parameters:
        ///   - query: The query, pairs x 16 x 2 integers.
        ///   - codes: `count` x `dimension` bytes.
        ///   - words: Scratch memory for `count` x pairs x 2 integers.
        func maximaOfCodes(
            _ query: UnsafePointer<Int16>, codes: UnsafeRawPointer, scales: UnsafePointer<Float>, count: Int,
            dimension: Int, tiles: Int, words: UnsafeMutablePointer<Int16>, _ maxima: UnsafeMutablePointer<Float>
        ) {
            let pairs = (dimension + 1) / 2
            sparsestore_widen_bytes(codes, words, count, dimension)
            for tile in 0..<tiles {
                sparsestore_maxima_codes(
                    query + tile * pairs * 32, words, scales, count, pairs, maxima + tile * Self.lanes)
            }
        }
    }
#endif

/// Memory aligned to a cache line, which is freed with the value.
final class AlignedArray<Element: BitwiseCopyable & ExpressibleByIntegerLiteral> {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    /// - Parameter isZeroed: Whether to clear the memory. If false, the caller writes each element before reading it.
    init(count: Int, isZeroed: Bool = true) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: count)
        if isZeroed { base.initialize(repeating: 0, count: count) }
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}
