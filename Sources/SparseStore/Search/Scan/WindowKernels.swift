internal import CKernels
internal import SparseFormat

/// The inner loops of a window scan. This file uses pointers without checks. The portable loops and those for AVX2 give
/// the same results.
///
/// It is safe because there are 65,536 accumulators, one for each u16 ordinal; a list's bytes lie inside its chunk
/// (`WindowDirectory`); and a dense list has one code for each document.
///
/// Accumulators are at most 32,767, so that they can be compared as signed numbers. Every processor has vector
/// instructions for that.
enum WindowKernels {
    typealias Lanes = SIMD8<UInt16>
    /// The number of documents whose maximum is taken together.
    static let blockSize = 128
    /// The distance, in bytes, at which a list is prefetched ahead of the addition. The hardware prefetcher stops at
    /// the end of each page and restarts with each list.
    static let prefetchDistance = 1_024
    /// Whether the processor has AVX2.
    static let hasAVX2: Bool = {
        #if arch(x86_64)
            sparsestore_has_avx2() != 0
        #else
            false
        #endif
    }()

    /// Returns floor(code x multiplier / 256) for eight codes.
    @inline(__always)
    private static func products(_ codes: UnsafeRawPointer, _ multiplier: Lanes) -> Lanes {
        let high = Lanes(truncatingIfNeeded: codes.loadUnaligned(as: SIMD8<UInt8>.self)) &<< 8
        let wide = SIMD8<UInt32>(truncatingIfNeeded: high) &* SIMD8<UInt32>(truncatingIfNeeded: multiplier)
        return Lanes(truncatingIfNeeded: wide &>> 16)
    }

    /// Adds floor(code x multiplier / 256) + 1 for each posting of `count` packs.
    ///
    /// - Parameter ahead: The prefetch distance in bytes.
    static func addPacks(
        _ list: UnsafeRawPointer, count: Int, times multiplier: UInt16,
        to accumulators: UnsafeMutablePointer<UInt16>, ahead: Int = prefetchDistance
    ) {
        let multiplier = Lanes(repeating: multiplier)
        // Another module's constant is a call each time.
        let packBytes = WindowEntry.packBytes
        var pack = list
        for _ in 0..<count {
            prefetch(pack + ahead)
            let ordinals = pack.assumingMemoryBound(to: UInt16.self)
            let sums = unsafeBitCast(products(pack + 16, multiplier) &+ 1, to: SIMD2<UInt64>.self)
            let low = sums[0]
            let high = sums[1]
            accumulators[Int(ordinals[0])] &+= UInt16(truncatingIfNeeded: low)
            accumulators[Int(ordinals[1])] &+= UInt16(truncatingIfNeeded: low &>> 16)
            accumulators[Int(ordinals[2])] &+= UInt16(truncatingIfNeeded: low &>> 32)
            accumulators[Int(ordinals[3])] &+= UInt16(truncatingIfNeeded: low &>> 48)
            accumulators[Int(ordinals[4])] &+= UInt16(truncatingIfNeeded: high)
            accumulators[Int(ordinals[5])] &+= UInt16(truncatingIfNeeded: high &>> 16)
            accumulators[Int(ordinals[6])] &+= UInt16(truncatingIfNeeded: high &>> 32)
            accumulators[Int(ordinals[7])] &+= UInt16(truncatingIfNeeded: high &>> 48)
            pack += packBytes
        }
    }

    /// Adds the first `used` postings of a short list of `count`.
    static func addShort(
        _ list: UnsafeRawPointer, count: Int, used: Int, times multiplier: UInt16,
        to accumulators: UnsafeMutablePointer<UInt16>
    ) {
        let ordinals = list.assumingMemoryBound(to: UInt16.self)
        let codes = (list + count * 2).assumingMemoryBound(to: UInt8.self)
        for index in 0..<used {
            let units = (UInt32(codes[index]) &* UInt32(multiplier)) &>> 8 &+ 1
            accumulators[Int(ordinals[index])] &+= UInt16(truncatingIfNeeded: units)
        }
    }

    /// Finds the largest accumulator of each block of 128. Blocks whose maximum is below `least` are cleared in the
    /// same pass, while they are in the cache.
    static func maxima(
        of accumulators: UnsafeMutablePointer<UInt16>, blocks: Int, clearingBelow least: Int16,
        into maxima: UnsafeMutablePointer<Int16>, usesAVX2: Bool = hasAVX2
    ) {
        #if arch(x86_64)
            if usesAVX2 { return sparsestore_maxima_of_blocks(accumulators, blocks, least, maxima) }
        #endif
        var block = UnsafeMutableRawPointer(accumulators)
        for index in 0..<blocks {
            var most = block.load(as: SIMD8<Int16>.self)
            for offset in stride(from: 16, to: blockSize * 2, by: 16) {
                most = pointwiseMax(most, block.load(fromByteOffset: offset, as: SIMD8<Int16>.self))
            }
            // Three steps of halving: the library's max() goes lane by lane.
            let four = pointwiseMax(most.lowHalf, most.highHalf)
            let two = pointwiseMax(four.lowHalf, four.highHalf)
            maxima[index] = max(two[0], two[1])
            if maxima[index] < least { clear(block) }
            block += blockSize * 2
        }
    }

    /// Clears the accumulators of one block.
    @inline(__always)
    static func clear(_ block: UnsafeMutableRawPointer) {
        let zero = SIMD8<UInt16>(repeating: 0)
        for offset in stride(from: 0, to: blockSize * 2, by: 16) {
            block.storeBytes(of: zero, toByteOffset: offset, as: SIMD8<UInt16>.self)
        }
    }

    /// Returns the `rank`-th largest of some numbers that are not negative; rank 1 is the largest. This halves the
    /// range 15 times and each time counts the numbers that reach its middle, without branches that depend on the
    /// numbers.
    ///
    /// - Parameters:
    ///   - rank: A rank in 1...count.
    ///   - numbers: At most 512 numbers.
    static func largest(_ rank: Int, of numbers: UnsafeBufferPointer<Int16>) -> Int16 {
        var found: Int16 = 0
        var step: Int16 = 1 << 14
        while step > 0 {
            if count(of: numbers, reaching: found + step) >= rank { found += step }
            step >>= 1
        }
        return found
    }

    /// Returns a number at most a sixteenth below the `rank`-th largest accumulator, and never above it. This halves the
    /// range and counts like `largest`, but stops early, and reads only the blocks whose maximum reaches the middle.
    ///
    /// - Parameters:
    ///   - rank: A rank in 1...65536.
    ///   - accumulators: The sums of `maxima.count` blocks.
    ///   - maxima: The largest accumulator of each block.
    static func nearLargest(
        _ rank: Int, of accumulators: UnsafePointer<UInt16>, maxima: UnsafeBufferPointer<Int16>
    ) -> Int16 {
        var found: Int16 = 0
        var step: Int16 = 1 << 14
        while step > found >> 5 {
            let bound = found + step
            var reaching = 0
            for block in maxima.indices where maxima[block] >= bound {
                // No sum exceeds 32,767.
                reaching += (accumulators + block * blockSize).withMemoryRebound(to: Int16.self, capacity: blockSize) {
                    count(of: UnsafeBufferPointer(start: $0, count: blockSize), reaching: bound)
                }
                if reaching >= rank { break }
            }
            if reaching >= rank { found = bound }
            step >>= 1
        }
        return found
    }

    /// Returns how many of at most 512 numbers reach a bound.
    static func count(of numbers: UnsafeBufferPointer<Int16>, reaching bound: Int16) -> Int {
        guard let first = numbers.baseAddress else { return 0 }
        let count = numbers.count
        let bounds = SIMD8<Int16>(repeating: bound)
        var reaching = SIMD8<Int16>(repeating: 0)
        var index = 0
        while index + 8 <= count {
            let mask = UnsafeRawPointer(first + index).loadUnaligned(as: SIMD8<Int16>.self) .>= bounds
            reaching.replace(with: reaching &+ 1, where: mask)
            index += 8
        }
        var total = Int(reaching.wrappedSum())
        while index < count {
            total += first[index] >= bound ? 1 : 0
            index += 1
        }
        return total
    }

    /// A dense list during the last pass.
    typealias Dense = sparsestore_dense_list

    /// - Parameter multiplier: The factor of each code, times 256.
    static func dense(codes: UnsafeRawPointer, multiplier: UInt16) -> Dense {
        Dense(codes: codes, multiplier: multiplier)
    }

    /// Adds the dense lists to the 8 accumulators that start at `ordinal`.
    @inline(__always)
    static func sum(
        from ordinal: Int, in accumulators: UnsafePointer<UInt16>, dense: UnsafeBufferPointer<Dense>
    ) -> SIMD8<Int16> {
        var sum = UnsafeRawPointer(accumulators + ordinal).load(as: Lanes.self)
        for list in dense {
            let codes = list.codes + ordinal
            let narrow = codes.loadUnaligned(as: SIMD8<UInt8>.self)
            // 1 where there is a posting. As a signed minimum, which every processor has; a mask would be spelled out.
            let present = pointwiseMin(SIMD8<Int16>(truncatingIfNeeded: narrow), SIMD8<Int16>(repeating: 1))
            sum &+= products(codes, Lanes(repeating: list.multiplier)) &+ Lanes(truncatingIfNeeded: present)
        }
        return SIMD8<Int16>(truncatingIfNeeded: sum)
    }

    /// Returns the sum of one document, including the dense lists.
    static func sum(
        of ordinal: Int, in accumulators: UnsafePointer<UInt16>, dense: UnsafeBufferPointer<Dense>
    ) -> Int {
        var sum = Int(accumulators[ordinal])
        for list in dense {
            let code = Int(list.codes.load(fromByteOffset: ordinal, as: UInt8.self))
            if code != 0 { sum += (code &* Int(list.multiplier)) &>> 8 &+ 1 }
        }
        return sum
    }

    /// Writes sum << 16 | ordinal for each document of a block whose sum, including dense lists, is at least `least`.
    /// Returns the number of documents.
    ///
    /// - Parameters:
    ///   - documents: The end of the ordinals. Larger ordinals are ignored.
    ///   - most: The largest sum that the dense lists can add to a document.
    ///   - found: The output, with room for 128 documents.
    static func collect(
        _ accumulators: UnsafePointer<UInt16>, block: Int, documents: Int, dense: UnsafeBufferPointer<Dense>,
        most: Int, least: Int16, into found: UnsafeMutablePointer<UInt32>, usesAVX2: Bool = hasAVX2
    ) -> Int {
        var count = 0
        let begin = block * blockSize
        let end = min(documents, begin + blockSize)
        let partial = Int16(clamping: Int(least) - most)
        #if arch(x86_64)
            if usesAVX2 {
                return sparsestore_collect(
                    accumulators, begin, end, dense.baseAddress, dense.count, partial, least, found)
            }
        #endif
        let threshold = SIMD8<Int16>(repeating: least)
        let sparse = SIMD8<Int16>(repeating: partial)
        var ordinal = begin
        // A dense list has bytes for its documents only: whole steps of 8, then the rest one by one.
        while ordinal + 8 <= end {
            let partial = UnsafeRawPointer(accumulators + ordinal).load(as: SIMD8<Int16>.self)
            if any(partial .>= sparse) {
                let sums = sum(from: ordinal, in: accumulators, dense: dense)
                let reached = sums .>= threshold
                if any(reached) {
                    for lane in 0..<8 where sums[lane] >= least {
                        found[count] = UInt32(UInt16(bitPattern: sums[lane])) << 16 | UInt32(ordinal + lane)
                        count += 1
                    }
                }
            }
            ordinal += 8
        }
        while ordinal < end {
            let sum = sum(of: ordinal, in: accumulators, dense: dense)
            if sum >= Int(least) {
                found[count] = UInt32(truncatingIfNeeded: sum) << 16 | UInt32(ordinal)
                count += 1
            }
            ordinal += 1
        }
        return count
    }
}

/// The loops over a window's sums and lists that use a bitmap. This file uses pointers without checks: a window's
/// bitmap has at most 1,024 words, one for each 64 of the 65,536 accumulators, and a block is two words.
extension WindowKernels {
    /// Finds the largest accumulator of the allowed documents in each block of 128, and clears those of all other
    /// documents, as if they had no posting. Blocks whose maximum is below `least` are cleared.
    ///
    /// - Parameter allowed: A bitmap of the window's documents.
    static func maxima(
        of accumulators: UnsafeMutablePointer<UInt16>, allowed: Bitmap, blocks: Int, clearingBelow least: Int16,
        into maxima: UnsafeMutablePointer<Int16>, usesAVX2: Bool = hasAVX2
    ) {
        #if arch(x86_64)
            if usesAVX2 {
                return sparsestore_maxima_of_allowed(
                    accumulators, blocks, least, maxima, allowed.words, allowed.words.count)
            }
        #endif
        for block in 0..<blocks {
            let sums = UnsafeMutableRawPointer(accumulators + block * blockSize)
            let low = allowed.words[2 * block]
            let high = 2 * block + 1 < allowed.words.count ? allowed.words[2 * block + 1] : 0
            maxima[block] = pointwiseMax(keep(low, sums), keep(high, sums + blockSize)).max()
            if maxima[block] < least { clear(sums) }
        }
    }

    /// Clears the accumulators of the 64 documents of one word that are not in it. Returns the largest sums by lane.
    @inline(__always)
    private static func keep(_ word: UInt64, _ sums: UnsafeMutableRawPointer) -> SIMD8<Int16> {
        let bits = SIMD8<Int16>(1, 2, 4, 8, 16, 32, 64, 128)
        var most = SIMD8<Int16>(repeating: 0)
        for step in 0..<8 {
            let byte = SIMD8<Int16>(repeating: Int16(truncatingIfNeeded: word &>> UInt64(8 &* step) & 0xFF))
            // All ones where the bit is set: 0 less whether it is. As a signed minimum, which every processor has.
            let mask = 0 &- pointwiseMin(byte & bits, SIMD8<Int16>(repeating: 1))
            let kept = sums.load(fromByteOffset: 16 &* step, as: SIMD8<Int16>.self) & mask
            sums.storeBytes(of: kept, toByteOffset: 16 &* step, as: SIMD8<Int16>.self)
            most = pointwiseMax(most, kept)
        }
        return most
    }

    /// Sets the bit of each document in a list.
    ///
    /// - Parameters:
    ///   - list: The bytes of the list. The entry gives their length.
    ///   - documents: The number of documents of the window, at most 65,535.
    ///   - marks: 1,024 words with a bit for each u16 ordinal. The padding of lists sets the last bit.
    static func mark(
        _ list: UnsafeRawPointer, of entry: WindowEntry, documents: Int, in marks: UnsafeMutablePointer<UInt64>
    ) {
        func mark(_ ordinals: UnsafePointer<UInt16>, _ count: Int) {
            for index in 0..<count {
                let ordinal = Int(UInt16(littleEndian: ordinals[index]))
                marks[ordinal >> 6] |= 1 &<< UInt64(ordinal & 63)
            }
        }
        switch entry.encoding {
        case .short: mark(list.assumingMemoryBound(to: UInt16.self), Int(entry.count))
        case .packed:
            let packBytes = WindowEntry.packBytes
            for offset in stride(from: 0, to: entry.byteCount(documents: documents), by: packBytes) {
                mark((list + offset).assumingMemoryBound(to: UInt16.self), WindowEntry.packSize)
            }
        case .dense:
            for ordinal in 0..<documents where list.load(fromByteOffset: ordinal, as: UInt8.self) != 0 {
                marks[ordinal >> 6] |= 1 &<< UInt64(ordinal & 63)
            }
        }
    }
}
