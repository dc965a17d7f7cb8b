/// Lays the documents of a block index out in lines, a slot after the other.
package struct ImpactLineWriter {
    private var chunk = ByteWriter()
    private var closed = 0
    /// The first line of each slot so far.
    package private(set) var places: [UInt32] = []

    package init() {}

    /// Lines so far, those left unused included.
    package var lines: Int { closed * ImpactLine.linesPerChunk + chunk.count / ImpactLine.bytes }

    /// Adds the document at the next slot; returns a chunk that has become full.
    ///
    /// - Parameter components: numbers and codes, the heaviest first; 1...65,535.
    package mutating func append(_ components: [(number: UInt16, code: UInt8)]) -> [UInt8]? {
        let lines = ImpactLine.lines(components: components.count)
        var full: [UInt8]?
        if chunk.count / ImpactLine.bytes + lines > ImpactLine.linesPerChunk {
            chunk.zeros(ImpactLine.linesPerChunk * ImpactLine.bytes - chunk.count)
            full = close()
        }
        places.append(UInt32(truncatingIfNeeded: self.lines))
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

    /// Leaves slots without a document up to `slot`.
    package mutating func skip(to slot: Int) {
        places.append(contentsOf: repeatElement(0, count: max(0, slot - places.count)))
    }

    /// The last chunk; nil when it is empty. No document may follow.
    package mutating func finish() -> [UInt8]? { chunk.count > 0 ? close() : nil }

    private mutating func close() -> [UInt8] {
        closed += 1
        defer { chunk = ByteWriter(reserving: ImpactLine.linesPerChunk * ImpactLine.bytes) }
        return chunk.bytes
    }
}
