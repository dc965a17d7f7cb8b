/// The lines of a block index where they lie. One of the files that use pointers: `init` compares the chunks' lengths, a
/// place is compared with them, and a document ends with its chunk at the latest.
package struct ImpactLines: @unchecked Sendable {
    /// Of every slot, the line its document begins at and the document's index.
    private let places: [UnsafeRawPointer]
    private let chunks: [UnsafeRawPointer]
    private let slots: Int
    private let lines: Int

    /// - Parameters:
    ///   - places: the data of each chunk of places.
    ///   - chunks: the data of each chunk of lines.
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

    /// Where each chunk begins, once their lengths have proven to be those of so many elements.
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

    /// The chunk of places that a slot's stands in.
    package static func placesChunk(of slot: Int) -> Int { slot / ImpactLine.slotsPerChunk }

    /// Asks for where a slot's document begins.
    @inline(__always)
    package func prefetchPlace(of slot: Int) {
        prefetch(address(ofPlace: slot))
    }

    /// The first line of the document at a slot in 0..<slots; a line there is, whatever the bytes say.
    @inline(__always)
    package func place(of slot: Int) -> Int {
        min(Int(UInt32(littleEndian: address(ofPlace: slot).load(as: UInt32.self))), lines - 1)
    }

    /// The index of the document at a slot in 0..<slots; whether there is such a document is for the caller to compare.
    package func document(at slot: Int) -> Int {
        Int(UInt32(littleEndian: address(ofPlace: slot).load(fromByteOffset: 4, as: UInt32.self)))
    }

    @inline(__always)
    private func address(ofPlace slot: Int) -> UnsafeRawPointer {
        places[slot / ImpactLine.slotsPerChunk] + ImpactLine.placeBytes * (slot % ImpactLine.slotsPerChunk)
    }

    /// The chunk of lines that a place lies in.
    @inline(__always)
    package static func chunk(of place: Int) -> Int { place / ImpactLine.linesPerChunk }

    /// Asks for the first two lines from a place on.
    @inline(__always)
    package func prefetchHead(at place: Int) {
        let line = address(place)
        prefetch(line)
        prefetch(line + ImpactLine.bytes)
    }

    /// The document's inner product in codes: the sum of code x multiplier.
    ///
    /// - Parameters:
    ///   - multipliers: by term number, 65,536 of them.
    ///   - least: nil is returned, and the rest of the document not read, when the first two lines sum up to less.
    ///   - read: counted up by the lines that were read.
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

    /// The components of a document's first `lines` lines, those without a code left out.
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

    /// So many lines from a place on, or those to the chunk's end, for looking through a document.
    package func bytes(at place: Int, lines: Int) -> UnsafeRawBufferPointer {
        let end = min(self.lines, (place / ImpactLine.linesPerChunk + 1) * ImpactLine.linesPerChunk)
        let count = max(0, min(lines, end - place))
        return UnsafeRawBufferPointer(start: address(place), count: count * ImpactLine.bytes)
    }

    /// Of a line in 0..<lines.
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
