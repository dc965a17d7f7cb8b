internal import SparseFormat

/// The loops over a window's sums and lists that use a bitmap. This file uses pointers without checks: a window's
/// bitmap has at most 1,024 words, one for each 64 of the 65,536 accumulators, and a block is two words.
extension WindowKernels {
    /// Clears the accumulators of documents that are not in the bitmap, as if they had no posting, and finds the
    /// largest accumulator of each block.
    ///
    /// - Parameter allowed: A bitmap of the window's documents.
    static func maxima(
        _ accumulators: UnsafeMutablePointer<UInt16>, keeping allowed: Bitmap, _ maxima: UnsafeMutablePointer<Int16>
    ) {
        for block in 0..<(allowed.words.count + 1) / 2 {
            let sums = UnsafeMutableRawPointer(accumulators + block * blockSize)
            let low = allowed.words[2 * block]
            let high = 2 * block + 1 < allowed.words.count ? allowed.words[2 * block + 1] : 0
            if low | high == 0 {
                sums.initializeMemory(as: UInt64.self, repeating: 0, count: blockSize / 4)
                maxima[block] = 0
            } else {
                maxima[block] = pointwiseMax(keep(low, sums), keep(high, sums + blockSize)).max()
            }
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
        _ list: UnsafeRawPointer, _ entry: WindowEntry, documents: Int, _ marks: UnsafeMutablePointer<UInt64>
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
