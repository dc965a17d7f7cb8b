/// One document's exact vector in a segment. One of the files that use pointers: `init` proves the record's end against
/// its chunk's, and every read stays inside it.
///
/// Positions are not compared with the directory's length (FORMAT.md, "What a reader proves, and when"): a narrow one
/// may be an index where each of 65,536 has a place, a wide one only be compared.
package struct ForwardRecord {
    package let count: Int
    private let weights: UnsafeRawPointer
    private let positions: UnsafeRawPointer
    private let isWide: Bool
    private let identifierLength: Int

    /// - Parameters:
    ///   - chunk: the chunk's data.
    ///   - offset: from `ForwardTable.place(of:)`.
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

    /// Asks for all lines of the vector.
    package func prefetchLines() {
        let bytes = count * (isWide ? 8 : 6)
        for offset in stride(from: 0, to: bytes + 63, by: 64) { prefetch(weights + offset) }
    }

    /// The document's identifier.
    package func identifier() throws(FormatError) -> String {
        let start = positions + count * (isWide ? 4 : 2)
        return try UTF8Text.decode(UnsafeRawBufferPointer(start: start, count: identifierLength))
    }

    /// The weight at an index in 0..<count.
    package func weight(_ index: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: weights.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
    }

    /// The sum of the weights.
    package var total: Float {
        var total: Float = 0
        for index in 0..<count { total += weight(index) }
        return total
    }

    /// The directory position at an index in 0..<count.
    package func position(_ index: Int) -> Int {
        isWide
            ? Int(UInt32(littleEndian: positions.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            : Int(UInt16(littleEndian: positions.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
    }

    /// The inner product with a query: Float products summed in ascending term order.
    ///
    /// - Parameters:
    ///   - slots: for each directory position the query term it stands for, from 1, or 0; 65,536 of them, so that no
    ///     narrow position can reach outside.
    ///   - weights: the query's weights, 256 of them, by slot.
    ///   - found: room for `count` + 1 indices.
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

    /// The indices whose position has a slot other than 0, written to `found`; returns how many.
    private func match(_ slots: UnsafePointer<UInt8>, _ found: UnsafeMutablePointer<UInt16>) -> Int {
        // A caller's mistake, never a file's: whether positions are wide follows from the directory's number of terms,
        // which the caller knows.
        precondition(!isWide)
        let positions = positions.assumingMemoryBound(to: UInt16.self)
        var matched = 0
        for index in 0..<count {
            found[matched] = UInt16(truncatingIfNeeded: index)
            // Without a branch: which components match is as good as random to the processor.
            matched &+= slots[Int(UInt16(littleEndian: positions[index]))] == 0 ? 0 : 1
        }
        return matched
    }
}
