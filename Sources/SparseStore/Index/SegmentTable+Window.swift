internal import LMDB
internal import SparseFormat

extension SegmentTable {
    /// Writes a window; returns its bytes.
    static func put(
        _ window: WindowBuilder.Window, id: UInt32, _ tables: Tables, _ writer: Writer
    ) throws -> Int {
        var total = 0
        func put(_ part: Part, _ index: Int, kind: RecordKind, _ body: (inout ByteWriter) -> Void) throws {
            let key = Keys.segment(id, part: part.rawValue, index: UInt32(index))
            let value = Value.seal(kind: kind, version: 1, table: .segments, key: key, body: body)
            try writer.put(tables.segments, key, value, mode: .upsert)
            total += value.count
        }
        func putChunks(_ part: Part, _ chunks: [[UInt8]]) throws {
            for (index, chunk) in chunks.enumerated() {
                try put(part, index, kind: .segmentChunk) { body in
                    SegmentChunkHeader(codec: .raw, originalLength: UInt32(chunk.count)).encode(into: &body)
                    body.append(chunk)
                }
            }
        }
        // In the order of their keys, so that LMDB fills its pages from left to right.
        try put(.directory, 0, kind: .segmentDirectory) { window.lists.encodeDirectory(into: &$0) }
        try putChunks(.chunk, window.lists.chunks)
        try put(.documents, 0, kind: .segmentDocuments) { SegmentDocuments.encode(window.numbers, into: &$0) }
        try put(.forward, 0, kind: .segmentForward) { body in
            for offset in window.forward.offsets { body.u32(offset) }
        }
        try putChunks(.forwardChunk, window.forward.chunks)
        for (index, body) in window.tags.enumerated() {
            try put(.tags, index, kind: .segmentTags) { $0.append(body) }
        }
        if let order = window.order {
            try put(.order, 0, kind: .segmentOrder) { SegmentOrder.encode(order, into: &$0) }
        }
        return total
    }
}
