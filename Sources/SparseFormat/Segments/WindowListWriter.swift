/// Lays the posting lists of one window out in chunks, in ascending term order, and keeps their directory.
package struct WindowListWriter {
    /// A finished list's place in the directory.
    private struct Listed {
        var term: TermID
        var entry: WindowEntry
        var ends: [UInt32]
        var averages: [UInt8]
    }

    private let documents: Int
    private let levels: Int
    private var listed: [Listed] = []
    private var chunk: [UInt8] = []
    package private(set) var chunks: [[UInt8]] = []
    private var nonzeros: UInt64 = 0

    /// The data of a chunk, unless one list has more: with its headers it fills sixteen pages of LMDB. It is proven at first
    /// touch in some 10 us, and easily fitted into freed pages.
    package static let chunkBytes = 65_472
    /// A list of more than the documents' share of 1 / this is dense: adding it by vector instructions then costs less
    /// than one random addition a posting.
    package static let denseShare = 6

    package init(documents: Int) {
        self.documents = documents
        levels = WindowLevels.count(documents: documents)
        chunk.reserveCapacity(Self.chunkBytes + documents)
    }

    /// Adds a term's list. Terms must ascend.
    ///
    /// - Parameters:
    ///   - postings: ordinal and weight, ordered by level and by ordinal in a level; not empty.
    ///   - ends: for each level how many postings lie in it and those before.
    package mutating func append(
        _ term: TermID, ordinals: ArraySlice<UInt16>, weights: ArraySlice<Float>, ends: [UInt32]
    ) {
        let maximum = weights.reduce(0, max)
        let quantiser = ImpactQuantiser(maximum: maximum)
        let encoding: WindowEntry.Encoding =
            levels > 1 && weights.count > documents / Self.denseShare
            ? .dense : weights.count < WindowEntry.packSize ? .short : .packed
        // In a dense list 0 says that the document lacks the term.
        let least: UInt8 = encoding == .dense ? 1 : 0
        let codes = weights.map { max(least, quantiser.code($0)) }
        var entry = WindowEntry(
            maximum: maximum, offset: 0, count: UInt32(codes.count), chunk: 0, encoding: encoding)
        let padding = -chunk.count & (WindowEntry.alignment - 1)
        if !chunk.isEmpty, chunk.count + padding + entry.byteCount(documents: documents) > Self.chunkBytes {
            closeChunk()
        } else {
            chunk.append(contentsOf: repeatElement(0, count: padding))
        }
        entry.offset = UInt32(chunk.count)
        entry.chunk = UInt16(chunks.count)
        switch encoding {
        case .short: appendShort(ordinals, codes)
        case .packed: appendPacks(ordinals, codes)
        case .dense: appendDense(ordinals, codes)
        }
        listed.append(Listed(term: term, entry: entry, ends: ends, averages: averages(codes, ends)))
        nonzeros += UInt64(codes.count)
    }

    /// Closes the last chunk. No list may follow.
    package mutating func finish() {
        if !chunk.isEmpty { closeChunk() }
    }

    /// Writes the body of the directory value, after `finish`.
    package func encodeDirectory(into writer: inout ByteWriter) {
        writer.u32(UInt32(documents))
        writer.u32(UInt32(listed.count))
        writer.u64(nonzeros)
        writer.u32(UInt32(chunks.count))
        writer.u8(UInt8(levels))
        writer.zeros(11)
        for item in listed { writer.u32(item.term) }
        let padding = WindowDirectory.entrySize(levels: levels) - (16 + 3 * levels - 2)
        for item in listed {
            writer.f32(item.entry.maximum)
            writer.u32(item.entry.offset)
            writer.u32(item.entry.count)
            writer.u16(item.entry.chunk)
            writer.u8(item.entry.encoding.rawValue)
            writer.u8(0)
            for end in item.ends.dropLast() { writer.u16(UInt16(clamping: end)) }
            for average in item.averages { writer.u8(average) }
            writer.zeros(padding)
        }
    }

    private mutating func closeChunk() {
        chunks.append(chunk)
        chunk.removeAll(keepingCapacity: true)
    }

    private func averages(_ codes: [UInt8], _ ends: [UInt32]) -> [UInt8] {
        var begin = 0
        return ends.map { end in
            let level = codes[begin..<Int(end)]
            begin = Int(end)
            guard !level.isEmpty else { return 0 }
            return UInt8(max(1, level.reduce(0) { $0 + Int($1) } / level.count))
        }
    }

    private mutating func appendShort(_ ordinals: ArraySlice<UInt16>, _ codes: [UInt8]) {
        for ordinal in ordinals { append(ordinal) }
        chunk.append(contentsOf: codes)
    }

    private mutating func appendPacks(_ ordinals: ArraySlice<UInt16>, _ codes: [UInt8]) {
        for first in stride(from: 0, to: codes.count, by: WindowEntry.packSize) {
            for lane in first..<first + WindowEntry.packSize {
                append(lane < codes.count ? ordinals[ordinals.startIndex + lane] : WindowEntry.padOrdinal)
            }
            for lane in first..<first + WindowEntry.packSize { chunk.append(lane < codes.count ? codes[lane] : 0) }
        }
    }

    private mutating func appendDense(_ ordinals: ArraySlice<UInt16>, _ codes: [UInt8]) {
        let first = chunk.count
        chunk.append(contentsOf: repeatElement(0, count: documents))
        for (ordinal, code) in zip(ordinals, codes) { chunk[first + Int(ordinal)] = code }
    }

    private mutating func append(_ ordinal: UInt16) {
        chunk.append(UInt8(truncatingIfNeeded: ordinal))
        chunk.append(UInt8(truncatingIfNeeded: ordinal >> 8))
    }
}
