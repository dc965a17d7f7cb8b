/// One document's exact vector in a segment. This file uses pointers: `init` checks the end of the record against its
/// chunk, and every read stays inside.
///
/// Positions are not compared with the directory's length (FORMAT.md, "What a reader checks, and when"): a narrow
/// position may be used as an index into 65,536 places, a wide one may only be compared.
package struct ForwardRecord {
    package let count: Int
    private let weights: UnsafeRawPointer
    private let positions: UnsafeRawPointer
    private let isWide: Bool
    private let identifierLength: Int

    /// - Parameters:
    /// - chunk: The data of the chunk.
    /// - offset: The offset from `ForwardTable.place(of:)`.
    package init(chunk: UnsafeRawBufferPointer, offset: Int, isWide: Bool) throws(FormatError) {
        guard let base = chunk.baseAddress, offset >= 0, offset + 4 <= chunk.count else {
            throw FormatError(.forwardRecords)
        }
        let count = Int(UInt16(littleEndian: (base + offset).loadUnaligned(as: UInt16.self)))
        let identifier = Int(UInt16(littleEndian: (base + offset + 2).loadUnaligned(as: UInt16.self)))
        guard
            offset + ForwardTable.recordSize(components: count, identifier: identifier, isWide: isWide) <= chunk.count
        else { throw FormatError(.forwardRecords, "a record of \(count) components crosses its chunk's end") }
        self.count = count
        weights = base + offset + 4
        positions = base + offset + 4 + 4 * count
        self.isWide = isWide
        identifierLength = identifier
    }

    /// Prefetches all cache lines of the vector.
    package func prefetchLines() {
        let bytes = count * (isWide ? 8 : 6)
        for offset in stride(from: 0, to: bytes + 63, by: 64) { prefetch(weights + offset) }
    }

    /// The document's identifier.
    package func identifier() throws(FormatError) -> String {
        let start = positions + count * (isWide ? 4 : 2)
        return try UTF8Text.decode(UnsafeRawBufferPointer(start: start, count: identifierLength))
    }

    /// Returns the weight at an index in 0..<count.
    package func weight(_ index: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: weights.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
    }

    /// The sum of the weights.
    package var total: Float {
        var total: Float = 0
        for index in 0..<count { total += weight(index) }
        return total
    }

    /// Returns the directory position at an index in 0..<count.
    package func position(_ index: Int) -> Int {
        isWide
            ? Int(UInt32(littleEndian: positions.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            : Int(UInt16(littleEndian: positions.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
    }

    /// Returns the inner product with a query: Float products summed in ascending term order.
    ///
    /// - Parameters:
    /// - slots: For each directory position the number of its query term, from 1, or 0. There are 65,536, so that no
    ///   narrow position is out of range.
    /// - weights: The 256 weights of the query, by slot.
    /// - found: Memory for `count` + 1 indexes.
    package func score(
        _ slots: UnsafePointer<UInt8>, _ weights: UnsafePointer<Float>, _ found: UnsafeMutablePointer<UInt16>
    ) -> Float {
        let matched = match(slots, found)
        var score: Float = 0
        for next in 0..<matched {
            let index = Int(found[next])
            score += weight(index) * weights[Int(slots[position(index)])]
        }
        return score
    }

    /// Writes the indexes whose position has a slot other than 0 to `found`. Returns their number.
    private func match(_ slots: UnsafePointer<UInt8>, _ found: UnsafeMutablePointer<UInt16>) -> Int {
        // A violation is a bug of the caller, never of the file: whether positions are wide follows from the number of
        // terms in the directory, which the caller knows.
        precondition(!isWide)
        let positions = positions.assumingMemoryBound(to: UInt16.self)
        var matched = 0
        for index in 0..<count {
            found[matched] = UInt16(truncatingIfNeeded: index)
            // Without a branch, because matches are unpredictable.
            matched &+= slots[Int(UInt16(littleEndian: positions[index]))] == 0 ? 0 : 1
        }
        return matched
    }
}
