#if arch(x86_64)
    internal import CKernels
#endif

/// The layout of documents in a block index (FORMAT.md, "Lines"). A line of 64 bytes, a cache line, has 21 components
/// of one document: u16 numbers[21], u8 codes[21], and u8 more, the number of further lines of the document, 255 for
/// 255 or more. The heaviest components come first. The last line is padded with number 0, code 0, which adds nothing.
///
/// Any bytes are safe to score: a number names one of 65,536 multipliers, and the number of lines is limited by the
/// chunk.
@usableFromInline package enum ImpactLine {
    @inlinable package static var bytes: Int { 64 }
    @inlinable package static var components: Int { 21 }
    @inlinable package static var codes: Int { 42 }
    @inlinable package static var more: Int { 63 }
    /// The largest number of further lines that a line can tell.
    @inlinable package static var mostMore: Int { 255 }
    /// The number of lines of every chunk but the last. Documents do not cross chunks, so lines at the end of a chunk
    /// may be unused. Together with its headers a chunk fills sixteen pages of LMDB.
    @inlinable package static var linesPerChunk: Int { 1_023 }
    /// The number of slots of every chunk of places but the last. Each slot has a u32 first line and a u32 document
    /// index, so the chunk is as large as a chunk of lines.
    @inlinable package static var slotsPerChunk: Int { 8_184 }
    @inlinable package static var placeBytes: Int { 8 }

    /// The number of lines of a document. A document that does not fit in a chunk only has lines for its heaviest
    /// components.
    package static func lines(components: Int) -> Int {
        min(linesPerChunk, (components + Self.components - 1) / Self.components)
    }
}

/// The lines of a block index, read in place. This file uses pointers: `init` checks the chunk lengths, positions are
/// checked against them, and a document ends at the end of its chunk at the latest.
@usableFromInline package struct ImpactLines: Sendable {
    /// For every slot, the first line of its document and the document's index.
    @usableFromInline let places: Mapped<[UnsafeRawPointer]>
    @usableFromInline let chunks: Mapped<[UnsafeRawPointer]>
    @usableFromInline let slots: Int
    @usableFromInline let lines: Int

    /// - Parameters:
    ///   - places: The data of each chunk of places.
    ///   - chunks: The data of each chunk of lines.
    package init(
        slots: Int, lines: Int, places: [UnsafeRawBufferPointer], chunks: [UnsafeRawBufferPointer]
    ) throws(FormatError) {
        self.slots = slots
        self.lines = lines
        self.places = try Self.bases(
            places, elements: slots, bytes: ImpactLine.placeBytes, perChunk: ImpactLine.slotsPerChunk)
        self.chunks = try Self.bases(
            chunks, elements: lines, bytes: ImpactLine.bytes, perChunk: ImpactLine.linesPerChunk)
    }

    /// Returns the address of each chunk, after checking that their lengths match the number of elements.
    private static func bases(
        _ chunks: [UnsafeRawBufferPointer], elements: Int, bytes: Int, perChunk: Int
    ) throws(FormatError) -> Mapped<[UnsafeRawPointer]> {
        guard chunks.count == (elements + perChunk - 1) / perChunk else { throw FormatError(.blockCounts) }
        var bases: [UnsafeRawPointer] = []
        for (index, chunk) in chunks.enumerated() {
            let count = min(perChunk, elements - index * perChunk)
            guard chunk.count == count * bytes, let base = chunk.baseAddress else {
                throw FormatError(.blockCounts, "chunk \(index) has \(chunk.count) bytes")
            }
            bases.append(base)
        }
        return Mapped(bases)
    }

    /// The chunk of places that has a slot.
    @inlinable package static func placesChunk(of slot: Int) -> Int { slot / ImpactLine.slotsPerChunk }

    /// Prefetches the position of a slot's document.
    @inlinable @inline(__always)
    package func prefetchPlace(of slot: Int) {
        prefetch(address(ofPlace: slot))
    }

    /// Returns the first line of the document at a slot in 0..<slots. The line exists, even if the file is damaged.
    @inlinable @inline(__always)
    package func place(of slot: Int) -> Int {
        min(Int(UInt32(littleEndian: address(ofPlace: slot).load(as: UInt32.self))), lines - 1)
    }

    /// Returns the index of the document at a slot in 0..<slots. The caller must check that the document exists.
    package func document(at slot: Int) -> Int {
        Int(UInt32(littleEndian: address(ofPlace: slot).load(fromByteOffset: 4, as: UInt32.self)))
    }

    @inlinable @inline(__always)
    func address(ofPlace slot: Int) -> UnsafeRawPointer {
        places.pointer[slot / ImpactLine.slotsPerChunk] + ImpactLine.placeBytes * (slot % ImpactLine.slotsPerChunk)
    }

    /// The chunk of lines that has a line.
    @inlinable @inline(__always)
    package static func chunk(of place: Int) -> Int { place / ImpactLine.linesPerChunk }

    /// Prefetches the first two lines from a position on.
    @inlinable @inline(__always)
    package func prefetchHead(at place: Int) {
        let line = address(place)
        prefetch(line)
        prefetch(line + ImpactLine.bytes)
    }

    /// Prefetches the lines behind the first two of a position.
    @inlinable @inline(__always)
    package func prefetchRest(at place: Int, lines: Int) {
        let line = address(place) + 2 * ImpactLine.bytes
        for ahead in 0..<min(lines, 8) { prefetch(line + ahead * ImpactLine.bytes) }
    }

    /// Returns the sum of code x multiplier over the document's first two lines, which have its heaviest components,
    /// and the number of lines behind them.
    ///
    /// - Parameter multipliers: 65,537 of them, by term number, each below 32,768.
    @inline(__always)
    package func head(
        at place: Int, _ multipliers: UnsafePointer<UInt16>, usesAVX2: Bool
    ) -> (sum: UInt32, rest: Int) {
        let more = more(behind: place)
        let sum = Self.sum(address(place), lines: min(more, 1) + 1, multipliers, usesAVX2: usesAVX2)
        return (sum, max(0, more - 1))
    }

    /// Returns the sum over the lines behind the first two, and the number of lines read.
    ///
    /// - Parameter rest: Their number as `head` returned it.
    @inline(__always)
    package func rest(
        at place: Int, lines rest: Int, _ multipliers: UnsafePointer<UInt16>, usesAVX2: Bool
    ) -> (sum: UInt32, lines: Int) {
        var sum = Self.sum(address(place + 2), lines: rest, multipliers, usesAVX2: usesAVX2)
        var last = place + 1 + rest
        // A line counts no more than 255 lines behind it.
        var more = rest == ImpactLine.mostMore - 1 ? more(behind: last) : 0
        while more > 0 {
            sum &+= Self.sum(address(last + 1), lines: more, multipliers, usesAVX2: usesAVX2)
            last += more
            more = more == ImpactLine.mostMore ? self.more(behind: last) : 0
        }
        return (sum, last - place - 1)
    }

    /// Returns how many lines follow a line of a document in its chunk, at most 255.
    @inline(__always)
    private func more(behind line: Int) -> Int {
        let end = min(lines, (line / ImpactLine.linesPerChunk + 1) * ImpactLine.linesPerChunk)
        return min(Int(address(line).load(fromByteOffset: ImpactLine.more, as: UInt8.self)), end - line - 1)
    }

    /// Returns the components of the first `lines` lines of a document, without those whose code is 0.
    @inlinable @inline(__always)
    package func components(
        at place: Int, lines: Int = .max, _ body: (_ number: UInt16, _ code: UInt8) -> Void
    ) {
        let chunkEnd = min(self.lines, (place / ImpactLine.linesPerChunk + 1) * ImpactLine.linesPerChunk)
        let end = place + min(lines, chunkEnd - place)
        for next in place..<max(place, end) {
            let line = address(next)
            for index in 0..<ImpactLine.components {
                let code = line.load(fromByteOffset: ImpactLine.codes + index, as: UInt8.self)
                guard code > 0 else { return }
                body(UInt16(littleEndian: line.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)), code)
            }
            if line.load(fromByteOffset: ImpactLine.more, as: UInt8.self) == 0 { return }
        }
    }

    /// Returns the places of the slots of a chunk of places.
    func bytes(ofPlaces chunk: Int) -> UnsafeRawBufferPointer {
        let first = chunk * ImpactLine.slotsPerChunk
        let count = min(ImpactLine.slotsPerChunk, slots - first)
        return UnsafeRawBufferPointer(start: places.pointer[chunk], count: count * ImpactLine.placeBytes)
    }

    /// Returns the given number of lines from a position on, or all lines up to the chunk's end.
    package func bytes(at place: Int, lines: Int) -> UnsafeRawBufferPointer {
        let end = min(self.lines, (place / ImpactLine.linesPerChunk + 1) * ImpactLine.linesPerChunk)
        let count = max(0, min(lines, end - place))
        return UnsafeRawBufferPointer(start: address(place), count: count * ImpactLine.bytes)
    }

    /// The address of a line in 0..<lines.
    @inlinable @inline(__always)
    func address(_ line: Int) -> UnsafeRawPointer {
        chunks.pointer[line / ImpactLine.linesPerChunk] + (line % ImpactLine.linesPerChunk) * ImpactLine.bytes
    }

    /// Returns the sum of code x multiplier over the components of some lines.
    @inline(__always)
    private static func sum(
        _ line: UnsafeRawPointer, lines: Int, _ multipliers: UnsafePointer<UInt16>, usesAVX2: Bool
    ) -> UInt32 {
        #if arch(x86_64)
            if usesAVX2 { return sparsestore_sum_lines(line, lines, multipliers) }
        #endif
        var sum: UInt32 = 0
        for index in 0..<lines { sum &+= Self.sum(line + index * ImpactLine.bytes, multipliers) }
        return sum
    }

    @inline(__always)
    private static func sum(_ line: UnsafeRawPointer, _ multipliers: UnsafePointer<UInt16>) -> UInt32 {
        let numbers = line.assumingMemoryBound(to: UInt16.self)
        let codes = (line + ImpactLine.codes).assumingMemoryBound(to: UInt8.self)
        var sums: (UInt32, UInt32, UInt32) = (0, 0, 0)
        var index = 0
        while index < ImpactLine.components {
            sums.0 &+= UInt32(multipliers[Int(numbers[index])]) &* UInt32(codes[index])
            sums.1 &+= UInt32(multipliers[Int(numbers[index + 1])]) &* UInt32(codes[index + 1])
            sums.2 &+= UInt32(multipliers[Int(numbers[index + 2])]) &* UInt32(codes[index + 2])
            index += 3
        }
        return sums.0 &+ sums.1 &+ sums.2
    }
}

/// Lays out the documents of a block index in lines, in slot order.
package struct ImpactLineWriter {
    private var chunk = ByteWriter()
    private var places = ByteWriter()
    private var closed = 0
    private var slots = 0

    package init() {}

    /// Continues behind the last line of another index. The new chunks begin with its last one, if that is not full.
    ///
    /// - Parameter lines: The lines of the other index. All chunks of places and the last chunk of lines have been
    ///   verified.
    package init(behind lines: ImpactLines) {
        closed = lines.lines / ImpactLine.linesPerChunk
        slots = lines.slots
        for index in 0..<(lines.slots + ImpactLine.slotsPerChunk - 1) / ImpactLine.slotsPerChunk {
            places.append(lines.bytes(ofPlaces: index))
        }
        let rest = lines.lines % ImpactLine.linesPerChunk
        if rest > 0 { chunk.append(lines.bytes(at: lines.lines - rest, lines: rest)) }
    }

    /// The number of lines so far, including unused ones.
    package var lines: Int { closed * ImpactLine.linesPerChunk + chunk.count / ImpactLine.bytes }

    /// The number of documents so far.
    package var slotCount: Int { slots }

    /// Adds the document of the next slot. Returns a chunk if one has become full.
    ///
    /// - Parameters:
    ///   - document: The index of the document.
    ///   - components: The numbers and codes, heaviest first; 1...65,535.
    package mutating func append(_ document: Int, _ components: [(number: UInt16, code: UInt8)]) -> [UInt8]? {
        let lines = ImpactLine.lines(components: components.count)
        var full: [UInt8]?
        if chunk.count / ImpactLine.bytes + lines > ImpactLine.linesPerChunk {
            chunk.zeros(ImpactLine.linesPerChunk * ImpactLine.bytes - chunk.count)
            full = close()
        }
        places.u32(UInt32(truncatingIfNeeded: self.lines))
        places.u32(UInt32(truncatingIfNeeded: document))
        slots += 1
        for line in 0..<lines {
            let begin = line * ImpactLine.components
            let part = components[begin..<min(components.count, begin + ImpactLine.components)]
            let missing = ImpactLine.components - part.count
            for component in part { chunk.u16(component.number) }
            chunk.zeros(2 * missing)
            for component in part { chunk.u8(component.code) }
            chunk.zeros(missing)
            chunk.u8(UInt8(clamping: lines - line - 1))
        }
        return full
    }

    /// Returns the chunks of places of all slots, after `finish`.
    package func placeChunks() -> [[UInt8]] {
        let size = ImpactLine.slotsPerChunk * ImpactLine.placeBytes
        return stride(from: 0, to: places.count, by: size).map {
            Array(places.bytes[$0..<min(places.count, $0 + size)])
        }
    }

    /// Returns the last chunk; nil if it is empty. No document may follow.
    package mutating func finish() -> [UInt8]? { chunk.count > 0 ? close() : nil }

    private mutating func close() -> [UInt8] {
        closed += 1
        defer { chunk = ByteWriter(reserving: ImpactLine.linesPerChunk * ImpactLine.bytes) }
        return chunk.bytes
    }
}
