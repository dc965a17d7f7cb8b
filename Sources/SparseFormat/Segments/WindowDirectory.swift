/// The terms of a window segment and where their lists lie: a view of a `segmentDirectory` value's body.
///
/// Body: u32 documents, u32 terms, u64 nonzeros, u32 chunks, 12 zero bytes, then one 24-byte entry a term, ascending:
/// u32 term, f32 maximum, u32 offset, u32 count, u16 chunk, u8 encoding, 5 zero bytes.
///
/// `init` proves what every later access relies on: terms strictly ascend, each list lies inside its chunk, counts
/// are 1...documents. The view is valid as long as the bytes under it.
package struct WindowDirectory: @unchecked Sendable {
    static let prefixSize = 32
    static let entrySize = 24

    package let documents: Int
    package let nonzeros: UInt64
    package let chunkCount: Int
    /// Number of terms.
    package let count: Int
    private let entries: UnsafeRawPointer
    /// `firstEntry[b]` is the first entry whose term >> shift is at least b: three probes find a term, not fifteen.
    private let firstEntry: [UInt32]
    private let shift: UInt32

    /// - Parameter chunkLengths: the data length of each chunk, which lists must stay inside.
    package init(body: UnsafeRawBufferPointer, chunkLengths: [Int]) throws(FormatError) {
        var reader = ByteReader(body)
        documents = Int(try reader.u32())
        let terms = UInt64(try reader.u32())
        nonzeros = try reader.u64()
        chunkCount = Int(try reader.u32())
        try reader.zeros(12)
        guard documents >= 1, documents <= Limits.maximumDocumentsPerWindow, chunkCount == chunkLengths.count else {
            throw FormatError(.windowCounts, "\(documents) documents, \(chunkCount) chunks")
        }
        count = try reader.proven(terms, elementBytes: Self.entrySize, limit: Int(UInt32.max))
        guard count >= 1, let base = body.baseAddress else { throw FormatError(.windowCounts, "no terms") }
        entries = base + Self.prefixSize
        let last = RawEntry(entries, count - 1).term
        shift = UInt32(max(0, 20 - last.leadingZeroBitCount))
        var buckets: [UInt32] = []
        buckets.reserveCapacity(Int(last >> shift) + 2)
        var previous: Int64 = -1
        var total: UInt64 = 0
        for index in 0..<count {
            let raw = RawEntry(entries, index)
            let entry = try raw.entry(documents: documents, chunkLengths: chunkLengths)
            guard Int64(raw.term) > previous, raw.term <= last else { throw FormatError(.termsAscend) }
            while buckets.count <= Int(raw.term >> shift) { buckets.append(UInt32(index)) }
            previous = Int64(raw.term)
            total += UInt64(entry.count)
        }
        buckets.append(UInt32(count))
        firstEntry = buckets
        guard total == nonzeros else { throw FormatError(.windowCounts, "the lists hold \(total) postings") }
        _ = try reader.take(count * Self.entrySize)
        try reader.finish()
    }

    /// The entry at a position in 0..<count.
    package func entry(at index: Int) -> WindowEntry {
        precondition(index >= 0 && index < count)
        return RawEntry(entries, index).proven
    }

    /// The entry of a term, nil when no document of the window has it.
    package func find(_ term: TermID) -> WindowEntry? {
        let bucket = Int(term >> shift)
        guard bucket + 1 < firstEntry.count else { return nil }
        var low = Int(firstEntry[bucket])
        var high = Int(firstEntry[bucket + 1])
        while low < high {
            let middle = (low + high) / 2
            let found = RawEntry.term(entries, middle)
            if found == term { return RawEntry(entries, middle).proven }
            if found < term { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Writes the body of a directory value.
    package static func encode(
        documents: Int, chunks: Int, entries: [WindowEntry], into writer: inout ByteWriter
    ) {
        writer.u32(UInt32(documents))
        writer.u32(UInt32(entries.count))
        writer.u64(entries.reduce(0) { $0 + UInt64($1.count) })
        writer.u32(UInt32(chunks))
        writer.zeros(12)
        for entry in entries {
            writer.u32(entry.term)
            writer.f32(entry.maximum)
            writer.u32(entry.offset)
            writer.u32(entry.count)
            writer.u16(entry.chunk)
            writer.u8(entry.encoding.rawValue)
            writer.zeros(5)
        }
    }
}

/// An entry as it lies in the directory, read at an index whose bytes are known to be there.
private struct RawEntry {
    let term: UInt32
    let maximum: Float
    let offset: UInt32
    let count: UInt32
    let chunk: UInt16
    let encoding: UInt8
    let reserved: UInt64

    init(_ entries: UnsafeRawPointer, _ index: Int) {
        let at = entries + index * WindowDirectory.entrySize
        func u32(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: at.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let tail = u32(16)
        term = u32(0)
        maximum = Float(bitPattern: u32(4))
        offset = u32(8)
        count = u32(12)
        chunk = UInt16(truncatingIfNeeded: tail)
        encoding = UInt8(truncatingIfNeeded: tail >> 16)
        reserved = UInt64(tail >> 24) | UInt64(u32(20)) << 8
    }

    static func term(_ entries: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: (entries + index * WindowDirectory.entrySize).loadUnaligned(as: UInt32.self))
    }

    /// The entry after every check that its later use relies on.
    func entry(documents: Int, chunkLengths: [Int]) throws(FormatError) -> WindowEntry {
        guard WindowEntry.Encoding(rawValue: encoding) != nil else { throw FormatError(.knownEncoding) }
        guard reserved == 0 else { throw FormatError(.reservedBytesAreZero) }
        guard maximum >= Limits.weights.lowerBound, maximum <= Limits.weights.upperBound else {
            throw FormatError(.weightInRange)
        }
        let entry = proven
        guard count >= 1, Int(count) <= documents, Int(chunk) < chunkLengths.count,
            Int(offset) % WindowEntry.alignment == 0,
            Int(offset) + entry.byteCount(documents: documents) <= chunkLengths[Int(chunk)]
        else { throw FormatError(.listRange, "term \(term)") }
        return entry
    }

    /// The entry of a directory that was checked before.
    var proven: WindowEntry {
        WindowEntry(
            term: term, maximum: maximum, offset: offset, count: count, chunk: chunk,
            encoding: encoding == WindowEntry.Encoding.dense.rawValue ? .dense : .sparse)
    }
}
