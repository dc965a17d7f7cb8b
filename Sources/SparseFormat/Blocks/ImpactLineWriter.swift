/// Lays out the documents of a block index in lines, in slot order.
package struct ImpactLineWriter {
    private var chunk = ByteWriter()
    private var places = ByteWriter()
    private var closed = 0
    private var slots = 0

    package init() {}

    /// The number of lines so far, including unused ones.
    package var lines: Int { closed * ImpactLine.linesPerChunk + chunk.count / ImpactLine.bytes }

    /// The number of documents so far.
    package var slotCount: Int { slots }

    /// Adds the document of the next slot. Returns a chunk if one has become full.
    ///
    /// - Parameters:
    /// - document: The index of the document.
    /// - components: The numbers and codes, heaviest first; 1...65,535.
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
