/// The terms of a window segment and the positions of their lists: the body of a `segmentDirectory` value (FORMAT.md,
/// "Directory").
///
/// Body: u32 documents, u32 terms, u64 nonzeros, u32 chunks, u8 levels, 3 zero bytes, f32 reference length, 4 zero
/// bytes; u32 term[terms], ascending; then for each term f32 maximum, u32 offset, u32 count, u16 chunk, u8 encoding, 1
/// zero byte, u16 ends[levels - 1], u8 averages[levels], zeros to a multiple of 4.
///
/// `init` proves what every later access relies on: terms strictly ascend, each list lies inside its chunk and behind
/// the list before, so that all lists together are no longer than the chunks, counts are 1...documents and level ends
/// ascend to them. The view is valid as long as the bytes under it.
package struct WindowDirectory: Sendable {
    package static let prefixSize = 32
    private static let fixedSize = 16

    package let documents: Int
    package let nonzeros: UInt64
    package let chunkCount: Int
    package let levels: Int
    /// The average length for which impacts were computed; 0 if the lists have weights.
    package let referenceLength: Float
    /// The number of terms.
    package let count: Int
    private let terms: Mapped<UnsafeRawPointer>
    private let entries: Mapped<UnsafeRawPointer>
    private let entrySize: Int
    /// `firstEntry[b]` is the first entry whose term >> shift is at least b. It takes three probes to find a term, not
    /// fifteen.
    private let firstEntry: [UInt32]
    private let shift: UInt32

    package static func entrySize(levels: Int) -> Int { (fixedSize + 2 * (levels - 1) + levels + 3) & ~3 }

    /// - Parameter chunkLengths: The data length of each chunk, which lists must not exceed; or an upper bound, if
    ///   `checkLists` is called once the lengths are known.
    package init(body: UnsafeRawBufferPointer, chunkLengths: [Int]) throws(FormatError) {
        var reader = ByteReader(body)
        documents = Int(try reader.u32())
        let terms = UInt64(try reader.u32())
        nonzeros = try reader.u64()
        chunkCount = Int(try reader.u32())
        levels = Int(try reader.u8())
        try reader.zeros(3)
        referenceLength = try reader.f32()
        try reader.zeros(4)
        guard referenceLength >= 0, referenceLength.isFinite, referenceLength.sign == .plus else {
            throw FormatError(.windowCounts, "the reference length is \(referenceLength)")
        }
        guard documents >= 1, documents <= Limits.maximumDocumentsPerWindow, chunkCount == chunkLengths.count,
            levels == 1 || levels == WindowLevels.count
        else { throw FormatError(.windowCounts, "\(documents) documents, \(chunkCount) chunks, \(levels) levels") }
        entrySize = Self.entrySize(levels: levels)
        count = try reader.proven(terms, elementBytes: 4 + entrySize, limit: Int(UInt32.max))
        guard let termBase = try reader.take(count * 4).baseAddress,
            let entryBase = try reader.take(count * entrySize).baseAddress
        else { throw FormatError(.truncated) }
        try reader.finish()
        self.terms = Mapped(termBase)
        entries = Mapped(entryBase)
        // Documents without a vector may be alone in a window.
        let last = count == 0 ? 0 : Self.term(termBase, count - 1)
        shift = UInt32(max(0, 20 - last.leadingZeroBitCount))
        firstEntry = try Self.firstEntries(termBase, count: count, last: last, shift: shift)
        var end: UInt64 = 0
        var total: UInt64 = 0
        for index in 0..<count {
            let raw = RawWindowEntry(entryBase + index &* entrySize, levels: levels)
            if let broken = raw.brokenInvariant(documents: documents, chunkLengths: chunkLengths, size: entrySize) {
                throw FormatError(broken, "the list of term \(Self.term(termBase, index))")
            }
            let entry = raw.entry
            // The chunk in the upper half.
            let start = UInt64(entry.chunk) << 32 | UInt64(entry.offset)
            guard start >= end else {
                throw FormatError(
                    .listRange,
                    "the list of term \(Self.term(termBase, index)) begins before the end of another")
            }
            end = start &+ UInt64(truncatingIfNeeded: entry.byteCount(documents: documents))
            total &+= UInt64(entry.count)
        }
        guard total == nonzeros else { throw FormatError(.windowCounts, "the lists have \(total) postings") }
    }

    /// Checks that terms ascend to the last. Returns `firstEntry`.
    private static func firstEntries(
        _ terms: UnsafeRawPointer, count: Int, last: UInt32, shift: UInt32
    ) throws(FormatError) -> [UInt32] {
        guard count > 0 else { return [0] }
        var first = [UInt32](repeating: UInt32(count), count: Int(last >> shift) + 2)
        var filled: UInt32 = 0
        var previous: Int64 = -1
        for index in 0..<count {
            let term = term(terms, index)
            guard Int64(term) > previous, term <= last else { throw FormatError(.termsAscend) }
            previous = Int64(term)
            while filled <= term >> shift {
                first[Int(filled)] = UInt32(truncatingIfNeeded: index)
                filled &+= 1
            }
        }
        return first
    }

    /// Returns the term at a position in 0..<count.
    package func term(at index: Int) -> TermID {
        // Same as in `raw`.
        precondition(index >= 0 && index < count)
        return Self.term(terms.pointer, index)
    }

    /// Returns the entry at a position in 0..<count.
    package func entry(at index: Int) -> WindowEntry { raw(index).entry }

    /// Returns the positions of the lists in a chunk.
    package func positions(inChunk chunk: Int) -> Range<Int> {
        /// The first position whose list is in this chunk or a later one.
        func first(from chunk: Int) -> Int {
            var low = 0
            var high = count
            while low < high {
                let middle = (low + high) / 2
                if Int(raw(middle).chunk) < chunk { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return first(from: chunk)..<first(from: chunk + 1)
    }

    /// Checks that lists end inside the data of their chunk.
    package func checkLists(_ positions: Range<Int>, inside length: Int) throws(FormatError) {
        for position in positions {
            let entry = entry(at: position)
            guard Int(entry.offset) + entry.byteCount(documents: documents) <= length else {
                throw FormatError(.listRange)
            }
        }
    }

    /// Returns the number of postings of the entry's first `levels` levels.
    package func postings(at index: Int, levels: Int) -> Int {
        levels >= self.levels ? Int(raw(index).entry.count) : levels <= 0 ? 0 : raw(index).end(level: levels - 1)
    }

    /// Returns the mean code of a level's postings, rounded down, at least 1; 0 if there are none.
    package func averageCode(at index: Int, level: Int) -> UInt8 { raw(index).average(level: min(level, levels - 1)) }

    /// Returns the position of a term; nil if no document of the window has it.
    package func find(_ term: TermID) -> Int? {
        find(term, in: bucket(of: term))
    }

    /// Prefetches the bytes that `find` reads first, because a directory is larger than a cache.
    package func prefetchFind(_ wanted: [TermID]) {
        for term in wanted { prefetch(terms.pointer + 4 * bucket(of: term).lowerBound) }
    }

    /// Appends the positions of the given terms, in their order; -1 if no document of the window has a term.
    ///
    /// - Parameter prefetching: Whether to prefetch their entries.
    package func find(_ wanted: [TermID], appendingTo positions: inout [Int], prefetching: Bool) {
        for term in wanted {
            let position = find(term, in: bucket(of: term)) ?? -1
            positions.append(position)
            guard prefetching, position >= 0 else { continue }
            prefetch(entries.pointer + position * entrySize)
            prefetch(entries.pointer + position * entrySize + entrySize - 1)
        }
    }

    /// Returns the position of a term, or where it would be.
    @inline(__always)
    private func bucket(of term: TermID) -> Range<Int> {
        let bucket = Int(term >> shift)
        guard bucket + 1 < firstEntry.count else { return 0..<0 }
        return Int(firstEntry[bucket])..<Int(firstEntry[bucket + 1])
    }

    @inline(__always)
    private func find(_ term: TermID, in bucket: Range<Int>) -> Int? {
        var low = bucket.lowerBound
        var high = bucket.upperBound
        while low < high {
            let middle = (low + high) / 2
            let found = Self.term(terms.pointer, middle)
            if found == term { return middle }
            if found < term { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func raw(_ index: Int) -> RawWindowEntry {
        // A violation is a bug of the caller, never of the file: an index comes from `find` or runs over 0..<count. The
        // positions in forward records, which come from disk, are compared with such an index before they are used as
        // one.
        precondition(index >= 0 && index < count)
        return RawWindowEntry(entries.pointer + index * entrySize, levels: levels)
    }

    private static func term(_ terms: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: terms.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
}

/// Where one term's postings lie in a window segment, and how they are coded (FORMAT.md, "Window segments").
package struct WindowEntry: Sendable, Hashable {
    /// How a list's postings are laid out.
    package enum Encoding: UInt8, Sendable {
        /// u16 ordinals[count], then u8 codes[count]: lists shorter than a pack.
        case short = 0
        /// Packs of 8 postings, u16 ordinals[8] and u8 codes[8]; the last is filled up with `padOrdinal`, code 0.
        case packed = 1
        /// u8 codes[documents], 0 where the document lacks the term.
        case dense = 2
    }

    /// The largest weight in the list; a code c stands for c x maximum / 255.
    package var maximum: Float
    /// Where the list begins in its chunk's data.
    package var offset: UInt32
    /// Postings in the list.
    package var count: UInt32
    /// The chunk that holds the list.
    package var chunk: UInt16
    package var encoding: Encoding

    /// Postings in a pack.
    package static let packSize = 8
    /// Bytes of a pack.
    package static let packBytes = 24
    /// Names no document: a window has at most 65,535, with ordinals 0...65,534.
    package static let padOrdinal: UInt16 = 65_535
    /// Lists begin at multiples of this in their chunk.
    package static let alignment = 8

    package init(maximum: Float, offset: UInt32, count: UInt32, chunk: UInt16, encoding: Encoding) {
        self.maximum = maximum
        self.offset = offset
        self.count = count
        self.chunk = chunk
        self.encoding = encoding
    }

    /// Bytes of the list in its chunk.
    package func byteCount(documents: Int) -> Int {
        switch encoding {
        case .short: Int(count) &* 3
        case .packed: (Int(count) &+ Self.packSize &- 1) / Self.packSize &* Self.packBytes
        case .dense: documents
        }
    }
}

/// One entry of a window's directory, read in place. This file uses pointers: the directory has checked that the bytes
/// of the entry exist.
struct RawWindowEntry {
    private let base: UnsafeRawPointer
    private let levels: Int

    init(_ base: UnsafeRawPointer, levels: Int) {
        self.base = base
        self.levels = levels
    }

    /// The entry; valid if its encoding is known, which `brokenInvariant` checks first.
    var entry: WindowEntry {
        WindowEntry(
            maximum: Float(bitPattern: u32(0)), offset: u32(4), count: u32(8), chunk: chunk,
            encoding: WindowEntry.Encoding(rawValue: byte(14)) ?? .short)
    }

    var chunk: UInt16 { u16(12) }

    /// Returns the number of postings up to and including a level.
    func end(level: Int) -> Int { level == levels - 1 ? Int(u32(8)) : Int(u16(16 + 2 * level)) }

    func average(level: Int) -> UInt8 { byte(16 + 2 * (levels - 1) + level) }

    /// Returns the first invariant that the entry breaks, of those that later uses rely on; nil if it breaks none.
    ///
    /// It is inlined and does not throw, because opening a store checks millions of entries.
    @inline(__always)
    func brokenInvariant(documents: Int, chunkLengths: [Int], size: Int) -> Invariant? {
        guard byte(14) <= WindowEntry.Encoding.dense.rawValue else { return .knownEncoding }
        var reserved = byte(15)
        for offset in 14 &+ 3 &* levels..<size { reserved |= byte(offset) }
        guard reserved == 0 else { return .reservedBytesAreZero }
        let entry = entry
        guard entry.maximum >= Limits.weights.lowerBound, entry.maximum <= Limits.weights.upperBound else {
            return .weightInRange
        }
        guard entry.count >= 1, Int(entry.count) <= documents, Int(entry.chunk) < chunkLengths.count,
            Int(entry.offset) % WindowEntry.alignment == 0,
            Int(entry.offset) &+ entry.byteCount(documents: documents) <= chunkLengths[Int(entry.chunk)]
        else { return .listRange }
        // Negative if a level ends before the one above it. The last level ends with the list.
        var order = 0
        var previous = 0
        for level in 0..<levels &- 1 {
            let end = Int(u16(16 &+ 2 &* level))
            order |= end &- previous
            previous = end
        }
        return order | (Int(entry.count) &- previous) < 0 ? .listRange : nil
    }

    private func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
    private func u16(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
    private func u32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
