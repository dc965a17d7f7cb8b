/// Lays the posting lists of one window out in chunks, in ascending term order, and keeps their directory.
package struct WindowListWriter {
    private let documents: Int
    package let levels: Int
    private let hasDenseLists: Bool
    private let referenceLength: Float
    /// The directory's columns: of each finished list its term and entry, and `levels` values of the others.
    private var terms: [TermID] = []
    private var entries: [WindowEntry] = []
    private var ends: [UInt32] = []
    private var averages: [UInt8] = []
    /// Of the list that is being appended.
    private var codes: [UInt8] = []
    private var chunk = ByteWriter()
    package private(set) var chunks: [[UInt8]] = []
    private var nonzeros: UInt64 = 0

    /// The data of a chunk, unless one list has more: with its headers it fills sixteen pages of LMDB. It is proven at
    /// first touch in some 10 us, and easily fitted into freed pages.
    package static let chunkBytes = 65_472
    /// A list of more than the documents' share of 1 / this is dense: adding it by vector instructions then costs less
    /// than one random addition a posting.
    package static let denseShare = 6

    /// - Parameters:
    ///   - hasDenseLists: Whether lists of many documents are dense; if not, they are packed.
    ///   - referenceLength: The average length at which impacts were taken; 0 for weights as they are.
    package init(documents: Int, hasDenseLists: Bool = true, referenceLength: Float = 0) {
        self.referenceLength = referenceLength
        self.documents = documents
        self.hasDenseLists = hasDenseLists
        levels = WindowLevels.count(documents: documents)
    }

    /// Adds a term's list. Terms must ascend.
    ///
    /// - Parameters:
    ///   - ordinals: The ordinal of each posting, ordered by level and then by ordinal; not empty.
    ///   - weights: The weight of each posting, in the same order.
    ///   - ends: For each level, the number of postings in it and in the levels before it.
    package mutating func append(
        _ term: TermID, ordinals: ArraySlice<UInt16>, weights: ArraySlice<Float>, ends: [UInt32]
    ) {
        let maximum = weights.reduce(0, max)
        let quantizer = ImpactQuantizer(maximum: maximum)
        let encoding: WindowEntry.Encoding =
            hasDenseLists && levels > 1 && weights.count > documents / Self.denseShare
            ? .dense : weights.count < WindowEntry.packSize ? .short : .packed
        // In a dense list 0 says that the document lacks the term.
        let least: UInt8 = encoding == .dense ? 1 : 0
        codes.removeAll(keepingCapacity: true)
        for weight in weights { codes.append(max(least, quantizer.code(weight))) }
        var entry = WindowEntry(
            maximum: maximum, offset: 0, count: UInt32(codes.count), chunk: 0, encoding: encoding)
        let begin = (chunk.count + WindowEntry.alignment - 1) / WindowEntry.alignment * WindowEntry.alignment
        if chunk.count > 0, begin + entry.byteCount(documents: documents) > Self.chunkBytes {
            closeChunk()
        } else {
            chunk.align(to: WindowEntry.alignment)
        }
        entry.offset = UInt32(chunk.count)
        entry.chunk = UInt16(chunks.count)
        terms.append(term)
        entries.append(entry)
        self.ends += ends
        appendAverages(ends)
        switch encoding {
        case .short:
            chunk.fixeds(ordinals)
            chunk.append(codes)
        case .packed: appendPacks(ordinals)
        case .dense: appendDense(ordinals)
        }
        nonzeros += UInt64(codes.count)
    }

    /// Closes the last chunk. No list may follow.
    package mutating func finish() {
        if chunk.count > 0 { closeChunk() }
    }

    /// Writes the body of the directory value, after `finish`.
    package func encodeDirectory(into writer: inout ByteWriter) {
        writer.u32(UInt32(documents))
        writer.u32(UInt32(terms.count))
        writer.u64(nonzeros)
        writer.u32(UInt32(chunks.count))
        writer.u8(UInt8(levels))
        writer.zeros(3)
        writer.f32(referenceLength)
        writer.zeros(4)
        writer.fixeds(terms[...])
        let padding = WindowDirectory.entrySize(levels: levels) - (16 + 3 * levels - 2)
        for (index, entry) in entries.enumerated() {
            writer.f32(entry.maximum)
            writer.u32(entry.offset)
            writer.u32(entry.count)
            writer.u16(entry.chunk)
            writer.u8(entry.encoding.rawValue)
            writer.u8(0)
            let columns = index * levels..<(index + 1) * levels
            for end in ends[columns].dropLast() { writer.u16(UInt16(clamping: end)) }
            writer.append(averages[columns])
            writer.zeros(padding)
        }
    }

    private mutating func closeChunk() {
        chunks.append(chunk.bytes)
        chunk = ByteWriter(reserving: Self.chunkBytes + documents)
    }

    private mutating func appendAverages(_ ends: [UInt32]) {
        var begin = 0
        for end in ends {
            let level = codes[begin..<Int(end)]
            begin = Int(end)
            averages.append(
                level.isEmpty ? 0 : UInt8(max(1, level.reduce(0) { $0 + Int($1) } / level.count)))
        }
    }

    private mutating func appendPacks(_ ordinals: ArraySlice<UInt16>) {
        for first in stride(from: 0, to: codes.count, by: WindowEntry.packSize) {
            let pack = first..<min(codes.count, first + WindowEntry.packSize)
            chunk.fixeds(ordinals[ordinals.startIndex + pack.lowerBound..<ordinals.startIndex + pack.upperBound])
            for _ in pack.count..<WindowEntry.packSize { chunk.u16(WindowEntry.padOrdinal) }
            chunk.append(codes[pack])
            chunk.zeros(WindowEntry.packSize - pack.count)
        }
    }

    private mutating func appendDense(_ ordinals: ArraySlice<UInt16>) {
        var dense = [UInt8](repeating: 0, count: documents)
        for (ordinal, code) in zip(ordinals, codes) { dense[Int(ordinal)] = code }
        chunk.append(dense)
    }
}

/// The levels of a window's lists. The level of a posting tells which share of its document's weight is in heavier
/// terms.
///
/// Lists hold their postings level by level, so that a scan which reads the first levels only reads what each document
/// is mostly about (the mass ratio pruning of SINDI, Li et al., ICDE 2026, decided at query time).
package enum WindowLevels {
    /// The number of levels of a window with at least `minimumDocuments`; smaller windows have one.
    package static let count = 8
    /// The number of documents below which a window has one level, because more would cost more bytes than they save.
    package static let minimumDocuments = 1_024
    /// A posting is in the first level whose bound is above the share of the mass in the heavier terms of its document,
    /// or else in the last level. FORMAT.md, "Directory", defines ties and rounding.
    package static let bounds: [Float] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

    /// Returns the number of levels of a window with the given number of documents.
    package static func count(documents: Int) -> Int { documents < minimumDocuments ? 1 : count }
}

/// Converts the weights of one list to 8-bit codes: code c represents c x maximum / 255, rounded to nearest, ties up.
package struct ImpactQuantizer: Sendable {
    /// The weight of one step of the code.
    package let scale: Float
    private let inverse: Float

    /// - Parameter maximum: The largest weight to encode, above 0.
    package init(maximum: Float) {
        scale = maximum / 255
        inverse = 255 / maximum
    }

    /// Returns the nearest code of a weight in 0...maximum.
    package func code(_ weight: Float) -> UInt8 {
        // Same as `rounded()`, which is a call into the C library.
        let code = min(255, weight * inverse)
        let whole = UInt8(code)
        return code - Float(whole) < 0.5 ? whole : whole &+ 1
    }
}
