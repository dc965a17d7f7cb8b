/// The 32 bytes before the data of a segment chunk: u8 codec, 3 zero bytes, u32 original length, 24 zero bytes.
///
/// With LMDB's page header and the value header, the data begin 64 bytes into a page: at the start of a cache line.
package struct SegmentChunkHeader: Sendable, Equatable {
    package static let size = 32

    package let codec: SegmentCodec
    /// The number of bytes of the decoded data.
    package let originalLength: UInt32

    package init(codec: SegmentCodec, originalLength: UInt32) {
        self.codec = codec
        self.originalLength = originalLength
    }

    /// Reads the header at the start of a chunk's body and compares it with the body's length.
    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(body)
        let number = try reader.u8()
        guard let known = SegmentCodec(rawValue: number) else { throw FormatError(.knownEncoding, "codec \(number)") }
        codec = known
        try reader.zeros(3)
        originalLength = try reader.u32()
        try reader.zeros(24)
        guard originalLength <= Limits.maximumChunkBytes else {
            throw FormatError(.limitExceeded, "the chunk has \(originalLength) bytes")
        }
        switch codec {
        case .raw:
            guard reader.remaining == originalLength else { throw FormatError(.chunkLengths) }
        case .planes:
            guard reader.remaining >= 1, reader.remaining < originalLength else { throw FormatError(.chunkLengths) }
        }
    }

    package func encode(into writer: inout ByteWriter) {
        writer.u8(codec.rawValue)
        writer.zeros(3)
        writer.u32(originalLength)
        writer.zeros(24)
    }

    /// The length of the data in the body.
    /// - Throws: `decompression` if the data are stored in planes, and so are not in the body as they are.
    package func rawLength(body: UnsafeRawBufferPointer) throws(FormatError) -> Int {
        guard codec == .raw else { throw FormatError(.decompression, "the chunk is stored in planes") }
        guard body.count - Self.size == originalLength else { throw FormatError(.chunkLengths) }
        return Int(originalLength)
    }
}

/// A segment chunk as it is stored: its header and the bytes after it.
package struct StoredChunk: Sendable {
    package let header: SegmentChunkHeader
    package let bytes: [UInt8]

    package init(raw data: [UInt8]) {
        header = SegmentChunkHeader(codec: .raw, originalLength: UInt32(data.count))
        bytes = data
    }

    /// - Parameter frame: The planes of `data`.
    package init(planes frame: [UInt8], of data: [UInt8]) {
        header = SegmentChunkHeader(codec: .planes, originalLength: UInt32(data.count))
        bytes = frame
    }
}

/// How the data of a segment chunk are stored.
package enum SegmentCodec: UInt8, Sendable {
    case raw = 0
    /// The planes of the lists (`ListPlanes`) in one zstd frame without a dictionary.
    case planes = 1
}

/// The document numbers of a segment: the body of a `segmentDocuments` value.
///
/// In this type, an ordinal is a rank, which is equal to the ordinal unless the segment has a `SegmentOrder`.
///
/// Body: u64 base, then one u32 per document, strictly ascending: its number minus the base.
///
/// This file uses pointers: `count` follows from the length of the body, and every access is checked against it. The
/// view is valid as long as the underlying bytes.
package struct SegmentDocuments: Sendable {
    private let base: UInt64
    private let offsets: Mapped<UnsafeRawPointer>
    /// The number of documents in the segment, including dead ones.
    package let count: Int

    /// - Throws: `invariant` if the numbers do not strictly ascend; this takes one pass.
    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(body)
        base = try reader.u64()
        guard reader.remaining % 4 == 0 else { throw FormatError(.truncated) }
        count = reader.remaining / 4
        guard count >= 1, let start = reader.rest().baseAddress else {
            throw FormatError(.documentsAscend, "there are no documents")
        }
        offsets = Mapped(start)
        var previous = Self.load(start, 0)
        for ordinal in 1..<max(1, count) {
            let next = Self.load(start, ordinal)
            guard previous < next else { throw FormatError(.documentsAscend, "ordinal \(ordinal)") }
            previous = next
        }
        guard !base.addingReportingOverflow(UInt64(previous)).overflow else { throw FormatError(.documentsAscend) }
    }

    /// Returns the number of an ordinal in 0..<count; other ordinals are clamped.
    package subscript(ordinal: Int) -> UInt64 {
        base + UInt64(Self.load(offsets.pointer, min(max(ordinal, 0), count - 1)))
    }

    /// Returns the ordinal of a document number; nil if the segment does not have it.
    package func ordinal(of number: UInt64) -> Int? {
        let ordinal = firstOrdinal(from: number)
        return ordinal < count && self[ordinal] == number ? ordinal : nil
    }

    /// Returns the first ordinal whose number is at least `number`; `count` if there is none.
    package func firstOrdinal(from number: UInt64) -> Int {
        guard number >= base else { return 0 }
        let wanted = number - base
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if UInt64(Self.load(offsets.pointer, middle)) < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Writes the body for numbers that strictly ascend and span less than 2^32.
    ///
    /// For other numbers, the initializer refuses the body.
    package static func encode(_ numbers: [UInt64], into writer: inout ByteWriter) {
        let base = numbers.first ?? 0
        writer.u64(base)
        // A zero after the first position does not ascend, and so is refused.
        for number in numbers { writer.u32(UInt32(exactly: number &- base) ?? 0) }
    }

    private static func load(_ offsets: UnsafeRawPointer, _ ordinal: Int) -> UInt32 {
        UInt32(littleEndian: offsets.loadUnaligned(fromByteOffset: 4 &* ordinal, as: UInt32.self))
    }
}

/// The ordinals of a segment's documents: u16 ordinals[documents], in ascending order of the document numbers
/// (FORMAT.md, "Order").
///
/// Stored if a segment keeps similar documents together instead of ordering them by number. `init` checks that the
/// ordinals are a permutation. The view is valid as long as the underlying bytes.
package struct SegmentOrder: Sendable {
    package let count: Int
    private let ordinals: Mapped<UnsafeRawPointer>

    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        guard body.count % 2 == 0, let base = body.baseAddress, !body.isEmpty,
            body.count / 2 <= Limits.maximumDocumentsPerWindow
        else { throw FormatError(.segmentOrder, "\(body.count) bytes") }
        count = body.count / 2
        ordinals = Mapped(base)
        var seen = [Bool](repeating: false, count: count)
        for rank in 0..<count {
            let ordinal = self[rank]
            guard ordinal < count, !seen[ordinal] else { throw FormatError(.segmentOrder, "rank \(rank)") }
            seen[ordinal] = true
        }
    }

    /// Returns the ordinal of the document with the rank-th smallest number, rank in 0..<count.
    package subscript(rank: Int) -> Int {
        // A violation is a bug of the caller, never of the file: a rank comes from `SegmentDocuments`, and a segment
        // only opens if it and the order have the same length.
        precondition(rank >= 0 && rank < count)
        return Int(UInt16(littleEndian: ordinals.pointer.loadUnaligned(fromByteOffset: 2 * rank, as: UInt16.self)))
    }

    /// - Parameter ordinals: The ordinals by rank.
    package static func encode(_ ordinals: [UInt16], into writer: inout ByteWriter) {
        for ordinal in ordinals { writer.u16(ordinal) }
    }
}
