@testable import SparseFormat

extension Samples {
    /// Directories of windows without and with levels, and where their exact vectors lie.
    static func windows(_ random: inout SeededGenerator) throws -> [Sample] {
        let small = BuiltWindow(BuiltWindow.documents(&random, count: 30, draws: 9, vocabulary: 40))
        let levels = BuiltWindow(BuiltWindow.documents(&random, count: 1_030, draws: 3, vocabulary: 12))
        return [
            directory("segmentDirectory", small), directory("segmentDirectory, levels", levels),
            forward("segmentForward", small),
        ]
    }

    private static func directory(_ name: String, _ window: BuiltWindow) -> Sample {
        let key = Keys.segment(5, part: 1, index: 0)
        let lengths = window.chunks.map(\.count)
        let value = Value.seal(kind: .segmentDirectory, version: 1, table: .segments, key: key) {
            $0.append(window.directory)
        }
        return Sample(name, .segments, key, value, isCanonical: true) { bytes, table, key in
            let opened = try Value.open(bytes, kind: .segmentDirectory, table: table, key: key)
            let view = try WindowDirectory(body: opened.bytes, chunkLengths: lengths)
            return Value.seal(
                kind: .segmentDirectory, version: opened.version, flags: opened.flags, table: table, key: key
            ) { encode(view, into: &$0) }
        }
    }

    /// The directory put together again out of what its view says.
    private static func encode(_ view: WindowDirectory, into writer: inout ByteWriter) {
        writer.u32(UInt32(view.documents))
        writer.u32(UInt32(view.count))
        writer.u64(view.nonzeros)
        writer.u32(UInt32(view.chunkCount))
        writer.u8(UInt8(view.levels))
        writer.zeros(3)
        writer.f32(view.referenceLength)
        writer.zeros(4)
        for index in 0..<view.count { writer.u32(view.term(at: index)) }
        for index in 0..<view.count {
            let start = writer.bytes.count
            let entry = view.entry(at: view.find(view.term(at: index)) ?? 0)
            writer.f32(entry.maximum)
            writer.u32(entry.offset)
            writer.u32(entry.count)
            writer.u16(entry.chunk)
            writer.u8(entry.encoding.rawValue)
            writer.u8(0)
            for level in 1..<max(1, view.levels) { writer.u16(UInt16(view.postings(at: index, levels: level))) }
            for level in 0..<view.levels { writer.u8(view.averageCode(at: index, level: level)) }
            writer.zeros(start + WindowDirectory.entrySize(levels: view.levels) - writer.bytes.count)
        }
    }

    private static func forward(_ name: String, _ window: BuiltWindow) -> Sample {
        let key = Keys.segment(5, part: 4, index: 0)
        let lengths = window.forwardChunks.map(\.count)
        let value = Value.seal(kind: .segmentForward, version: 1, table: .segments, key: key) {
            $0.append(window.forward)
        }
        return Sample(name, .segments, key, value, isCanonical: true) { bytes, table, key in
            let opened = try Value.open(bytes, kind: .segmentForward, table: table, key: key)
            let view = try ForwardTable(body: opened.bytes, terms: window.terms.count, chunkLengths: lengths)
            let offsets = try (0..<view.count).map { ordinal in
                let place = try view.location(of: ordinal)
                try window.forwardChunks[place.chunk].withUnsafeBytes { chunk in
                    let record = try ForwardRecord(chunk: chunk, offset: place.offset, isWide: view.isWide)
                    _ = try record.identifier()
                    for index in 0..<record.count { _ = (record.weight(index), record.position(index)) }
                }
                return UInt32((place.chunk * view.chunkBytes + place.offset) / 4)
            }
            return Value.seal(
                kind: .segmentForward, version: opened.version, flags: opened.flags, table: table, key: key
            ) { writer in for offset in offsets { writer.u32(offset) } }
        }
    }
}
