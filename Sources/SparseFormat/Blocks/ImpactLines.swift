/// The lines of a block index, read in place. This file uses pointers: `init` checks the chunk lengths, positions are
/// checked against them, and a document ends at the end of its chunk at the latest.
package struct ImpactLines: @unchecked Sendable {
    /// For every slot, the first line of its document and the document's index.
    private let places: [UnsafeRawPointer]
    private let chunks: [UnsafeRawPointer]
    private let slots: Int
    private let lines: Int

    /// - Parameters:
    /// - places: The data of each chunk of places.
    /// - chunks: The data of each chunk of lines.
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
    ) throws(FormatError) -> [UnsafeRawPointer] {
        guard chunks.count == (elements + perChunk - 1) / perChunk else { throw FormatError(.blockCounts) }
        var bases: [UnsafeRawPointer] = []
        for (index, chunk) in chunks.enumerated() {
            let count = min(perChunk, elements - index * perChunk)
            guard chunk.count == count * bytes, let base = chunk.baseAddress else {
                throw FormatError(.blockCounts, "chunk \(index) has \(chunk.count) bytes")
            }
            bases.append(base)
        }
        return bases
    }

    /// The chunk of places that has a slot.
    package static func placesChunk(of slot: Int) -> Int { slot / ImpactLine.slotsPerChunk }

    /// Prefetches the position of a slot's document.
    @inline(__always)
    package func prefetchPlace(of slot: Int) {
        prefetch(address(ofPlace: slot))
    }

    /// Returns the first line of the document at a slot in 0..<slots. The line exists, even if the file is damaged.
    @inline(__always)
    package func place(of slot: Int) -> Int {
        min(Int(UInt32(littleEndian: address(ofPlace: slot).load(as: UInt32.self))), lines - 1)
    }

    /// Returns the index of the document at a slot in 0..<slots. The caller must check that the document exists.
    package func document(at slot: Int) -> Int {
        Int(UInt32(littleEndian: address(ofPlace: slot).load(fromByteOffset: 4, as: UInt32.self)))
    }

    @inline(__always)
    private func address(ofPlace slot: Int) -> UnsafeRawPointer {
        places[slot / ImpactLine.slotsPerChunk] + ImpactLine.placeBytes * (slot % ImpactLine.slotsPerChunk)
    }

    /// The chunk of lines that has a line.
    @inline(__always)
    package static func chunk(of place: Int) -> Int { place / ImpactLine.linesPerChunk }

    /// Prefetches the first two lines from a position on.
    @inline(__always)
    package func prefetchHead(at place: Int) {
        let line = address(place)
        prefetch(line)
        prefetch(line + ImpactLine.bytes)
    }

    /// Returns the inner product of the document in codes: the sum of code x multiplier.
    ///
    /// - Parameters:
    /// - multipliers: 65,536 multipliers, by term number.
    /// - least: If the first two lines sum up to less, the rest of the document is not read and the result is nil.
    /// - read: Incremented by the number of lines read.
    @inline(__always)
    package func score(
        at place: Int, _ multipliers: UnsafePointer<UInt16>, headAtLeast least: UInt32, _ read: inout Int
    ) -> UInt32? {
        let end = min(lines, (place / ImpactLine.linesPerChunk + 1) * ImpactLine.linesPerChunk)
        var line = address(place)
        var sum = Self.sum(line, multipliers)
        read &+= 1
        var next = place + 1
        var more = line.load(fromByteOffset: ImpactLine.more, as: UInt8.self)
        while more > 0, next < end {
            line += ImpactLine.bytes
            sum &+= Self.sum(line, multipliers)
            read &+= 1
            more = line.load(fromByteOffset: ImpactLine.more, as: UInt8.self)
            if next == place + 1, more > 0 {
                guard sum >= least else { return nil }
                for ahead in 1...4 { prefetch(line + ahead * ImpactLine.bytes) }
            }
            next += 1
        }
        return sum
    }

    /// Returns the components of the first `lines` lines of a document, without those whose code is 0.
    @inline(__always)
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

    /// Returns the given number of lines from a position on, or all lines up to the chunk's end.
    package func bytes(at place: Int, lines: Int) -> UnsafeRawBufferPointer {
        let end = min(self.lines, (place / ImpactLine.linesPerChunk + 1) * ImpactLine.linesPerChunk)
        let count = max(0, min(lines, end - place))
        return UnsafeRawBufferPointer(start: address(place), count: count * ImpactLine.bytes)
    }

    /// The address of a line in 0..<lines.
    @inline(__always)
    private func address(_ line: Int) -> UnsafeRawPointer {
        chunks[line / ImpactLine.linesPerChunk] + (line % ImpactLine.linesPerChunk) * ImpactLine.bytes
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
