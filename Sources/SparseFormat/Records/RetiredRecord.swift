/// Segments that no manifest names anymore, but whose parts still exist and take up space (table meta, key `retired`).
/// They are deleted bit by bit while new parts are written.
package struct RetiredRecord: Record {
    package static let kind = RecordKind.retired

    /// Their numbers, in the order in which they are deleted.
    package var segments: [UInt32]

    package init(segments: [UInt32]) { self.segments = segments }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        let count = try body.proven(
            UInt64(try body.u32()), elementBytes: 4, limit: Limits.maximumSegments)
        segments = []
        segments.reserveCapacity(count)
        for _ in 0..<count { segments.append(try body.u32()) }
        guard !segments.isEmpty, Set(segments).count == segments.count else { throw FormatError(.retiredSegments) }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u32(UInt32(truncatingIfNeeded: segments.count))
        for segment in segments { writer.u32(segment) }
    }
}
