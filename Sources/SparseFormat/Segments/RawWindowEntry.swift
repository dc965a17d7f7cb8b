/// One entry of a window's directory, read in place. This file uses pointers: the directory has checked that the bytes
/// of the entry exist.
struct RawWindowEntry {
    private let base: UnsafeRawPointer
    private let levels: Int

    init(_ base: UnsafeRawPointer, levels: Int) {
        self.base = base
        self.levels = levels
    }

    /// The entry; valid after `check` has passed.
    var entry: WindowEntry {
        WindowEntry(
            maximum: Float(bitPattern: u32(0)), offset: u32(4), count: u32(8), chunk: chunk,
            encoding: WindowEntry.Encoding(rawValue: byte(14)) ?? .short)
    }

    var chunk: UInt16 { u16(12) }

    /// Returns the number of postings up to and including a level.
    func end(level: Int) -> Int { level == levels - 1 ? Int(u32(8)) : Int(u16(16 + 2 * level)) }

    func average(level: Int) -> UInt8 { byte(16 + 2 * (levels - 1) + level) }

    /// Checks what later uses rely on. Returns the number of postings.
    func check(documents: Int, chunkLengths: [Int], size: Int) throws(FormatError) -> UInt32 {
        guard WindowEntry.Encoding(rawValue: byte(14)) != nil else { throw FormatError(.knownEncoding) }
        guard byte(15) == 0, (16 + 3 * levels - 2..<size).allSatisfy({ byte($0) == 0 }) else {
            throw FormatError(.reservedBytesAreZero)
        }
        let entry = entry
        guard entry.maximum >= Limits.weights.lowerBound, entry.maximum <= Limits.weights.upperBound else {
            throw FormatError(.weightInRange)
        }
        guard entry.count >= 1, Int(entry.count) <= documents, Int(entry.chunk) < chunkLengths.count,
            Int(entry.offset) % WindowEntry.alignment == 0,
            Int(entry.offset) + entry.byteCount(documents: documents) <= chunkLengths[Int(entry.chunk)]
        else { throw FormatError(.listRange) }
        var previous = 0
        for level in 0..<levels {
            let end = end(level: level)
            guard end >= previous, end <= Int(entry.count) else { throw FormatError(.listRange, "level \(level)") }
            previous = end
        }
        return entry.count
    }

    private func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
    private func u16(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
    private func u32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
