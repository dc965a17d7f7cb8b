#if arch(x86_64)
    internal import CKernels
#endif

/// One document's exact vector in a segment. This file uses pointers: `init` checks the end of the record against its
/// chunk, and every read stays inside.
///
/// Positions are not compared with the directory's length (FORMAT.md, "What a reader checks, and when"): a narrow
/// position may be used as an index into 65,536 places, a wide one may only be compared.
@usableFromInline package struct ForwardRecord {
    @usableFromInline package let count: Int
    @usableFromInline let weights: UnsafeRawPointer
    @usableFromInline let positions: UnsafeRawPointer
    @usableFromInline let isWide: Bool
    private let identifierLength: Int

    /// - Parameters:
    ///   - chunk: The data of the chunk.
    ///   - offset: The offset from `ForwardTable.location(of:)`.
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
    @inlinable package func weight(_ index: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: weights.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
    }

    /// The sum of the weights.
    package var total: Float {
        var total: Float = 0
        for index in 0..<count { total += weight(index) }
        return total
    }

    /// Returns the directory position at an index in 0..<count.
    @inlinable package func position(_ index: Int) -> Int {
        isWide
            ? Int(UInt32(littleEndian: positions.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            : Int(UInt16(littleEndian: positions.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
    }

    /// Returns the inner product with a query: Float products summed in ascending term order.
    ///
    /// - Parameters:
    ///   - query: The terms of the query by their positions in the directory.
    ///   - usesAVX2: Whether the processor has AVX2 and it may be used.
    package func score(_ query: QuerySlots, usesAVX2: Bool) -> Float {
        #if arch(x86_64)
            if usesAVX2, !isWide {
                return sparsestore_score(positions, weights, count, query.bits, query.numbers, query.weights)
            }
        #endif
        let matched = match(query.numbers, query.matches)
        var score: Float = 0
        for next in 0..<matched {
            let index = Int(query.matches[next])
            score += weight(index) * query.weights[Int(query.numbers[position(index)])]
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

/// The terms of a query by their positions in a window's directory, for scoring exact vectors. The owner of this memory
/// sets it for one query and window, and clears it before the next.
package struct QuerySlots {
    /// For each directory position the number of its query term, from 1, or 0. There are 65,536, so that no narrow
    /// position is out of range.
    package let numbers = UnsafeMutablePointer<UInt8>.allocate(capacity: 65_536)
    /// A bit for each of these positions, 1 where the number is not 0. They are few enough for the first-level cache.
    package let bits = UnsafeMutablePointer<UInt32>.allocate(capacity: 65_536 / 32)
    /// The weights of the query's terms, by number.
    package let weights = UnsafeMutablePointer<Float>.allocate(capacity: 256)
    /// Room for the indexes of all components of a document and one more.
    fileprivate let matches = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_537)

    /// Allocates memory that is all 0. The owner calls `deallocate`.
    package init() {
        numbers.initialize(repeating: 0, count: 65_536)
        bits.initialize(repeating: 0, count: 65_536 / 32)
        weights.initialize(repeating: 0, count: 256)
        matches.initialize(repeating: 0, count: 65_537)
    }

    package func deallocate() {
        numbers.deallocate()
        bits.deallocate()
        weights.deallocate()
        matches.deallocate()
    }
}

/// The positions of the exact vectors of a window's documents: a `segmentForward` value's body, u32 offsets[documents]
/// in units of 4 bytes.
package struct ForwardTable: Sendable {
    package let count: Int
    package let isWide: Bool
    private let offsets: Mapped<UnsafeRawPointer>
    private let chunkLengths: [Int]
    /// The length of every chunk but the last, which offsets are based on.
    package let chunkBytes: Int

    /// Whether positions in a directory with the given number of terms need 32 bits.
    package static func isWide(terms: Int) -> Bool { terms > 65_536 }

    package static func recordSize(components: Int, identifier: Int, isWide: Bool) -> Int {
        4 + components * (isWide ? 8 : 6) + identifier
    }

    /// - Parameters:
    ///   - terms: The number of distinct terms of the window.
    ///   - chunkLengths: The data length of each forward chunk.
    package init(body: UnsafeRawBufferPointer, terms: Int, chunkLengths: [Int]) throws(FormatError) {
        guard body.count % 4 == 0, let base = body.baseAddress, !body.isEmpty else {
            throw FormatError(.forwardRecords, "the offsets have \(body.count) bytes")
        }
        // A single chunk may have either length, and all records begin in it.
        let full =
            chunkLengths.count > 1 && chunkLengths[0] == ForwardWriter.smallChunkBytes
            ? ForwardWriter.smallChunkBytes : ForwardWriter.largeChunkBytes
        guard let last = chunkLengths.last, last <= full, chunkLengths.dropLast().allSatisfy({ $0 == full }) else {
            throw FormatError(.forwardRecords, "a chunk's length")
        }
        count = body.count / 4
        isWide = Self.isWide(terms: terms)
        offsets = Mapped(base)
        self.chunkLengths = chunkLengths
        chunkBytes = full
    }

    /// Prefetches the bytes that `place(of:)` will read.
    package func prefetchLocation(of ordinal: Int) {
        // Any address may be prefetched.
        prefetch(offsets.pointer + 4 * max(0, ordinal))
    }

    /// Returns the chunk and the offset where a document's record begins; at least 4 bytes follow there.
    package func location(of ordinal: Int) throws(FormatError) -> (chunk: Int, offset: Int) {
        guard ordinal >= 0, ordinal < count else { throw FormatError(.forwardRecords, "ordinal \(ordinal)") }
        let offset =
            Int(UInt32(littleEndian: offsets.pointer.loadUnaligned(fromByteOffset: 4 * ordinal, as: UInt32.self))) * 4
        let chunk = offset / chunkBytes
        let inside = offset % chunkBytes
        guard chunk < chunkLengths.count, inside + 4 <= chunkLengths[chunk] else {
            throw FormatError(.forwardRecords, "the record of ordinal \(ordinal) begins outside its chunk")
        }
        return (chunk, inside)
    }
}

/// Lays out the exact vectors of one window's documents in chunks. Searches score their candidates from these.
///
/// Record, at a multiple of 4: u16 components, u16 identifier bytes, f32 weights[components] in ascending term order,
/// u16 (or u32 in a window of more than 65,536 terms) terms[components] as positions in the window's directory,
/// identifier in UTF-8. A record does not cross the end of a chunk. `offsets` has the position of each record, in units
/// of 4 bytes counted through chunks of `chunkBytes`, so at most 16 GiB.
package struct ForwardWriter {
    /// The length of every chunk but the last, if the window's largest record fits into it. Together with its headers
    /// such a chunk fills sixteen pages of LMDB, so that a first touch reads and checks little more than it needs.
    package static let smallChunkBytes = 65_472
    /// The length for a window with a larger record.
    package static let largeChunkBytes = 1 << 20

    /// The length of every chunk but the last.
    package let chunkBytes: Int
    private let isWide: Bool
    private var chunk = ByteWriter()
    private var narrow: [UInt16] = []
    package private(set) var chunks: [[UInt8]] = []
    package private(set) var offsets: [UInt32] = []

    /// - Parameters:
    ///   - terms: The number of distinct terms of the window.
    ///   - components: The number of components of its longest document.
    package init(terms: Int, components: Int) {
        isWide = ForwardTable.isWide(terms: terms)
        let largest = ForwardTable.recordSize(
            components: components, identifier: Limits.maximumIdentifierBytes, isWide: isWide)
        chunkBytes = largest <= Self.smallChunkBytes ? Self.smallChunkBytes : Self.largeChunkBytes
    }

    /// Adds the next document. `positions` ascend.
    package mutating func append(identifier: String, positions: ArraySlice<UInt32>, weights: ArraySlice<Float>) {
        let size = ForwardTable.recordSize(
            components: positions.count, identifier: identifier.utf8.count, isWide: isWide)
        if chunk.count + size > chunkBytes { closeChunk() }
        offsets.append(UInt32((chunks.count * chunkBytes + chunk.count) / 4))
        chunk.u16(UInt16(truncatingIfNeeded: positions.count))
        chunk.u16(UInt16(truncatingIfNeeded: identifier.utf8.count))
        chunk.f32s(weights)
        if isWide {
            chunk.fixeds(positions)
        } else {
            narrow.removeAll(keepingCapacity: true)
            for position in positions { narrow.append(UInt16(truncatingIfNeeded: position)) }
            chunk.fixeds(narrow[...])
        }
        chunk.append(identifier.utf8)
        chunk.align(to: 4)
    }

    /// Closes the last chunk. No document may follow.
    package mutating func finish() {
        if chunk.count > 0 { chunks.append(chunk.bytes) }
        chunk = ByteWriter()
    }

    private mutating func closeChunk() {
        chunk.zeros(chunkBytes - chunk.count)
        chunks.append(chunk.bytes)
        chunk = ByteWriter(reserving: chunkBytes)
    }
}
