/// The block index of a store, which has at most one (table meta, key `blocks`): the number of its parts, and the
/// segments whose documents it has.
///
/// A source that the manifest no longer names has been merged away; its documents are in other segments.
package struct BlockIndexRecord: Record {
    /// A segment whose documents are in the index: those that were live when the index was built.
    package struct Source: Sendable, Equatable {
        package var segment: UInt32
        /// The number of documents when the segment was built, including dead ones.
        package var documents: UInt32

        package init(segment: UInt32, documents: UInt32) {
            self.segment = segment
            self.documents = documents
        }
    }

    package static let kind = RecordKind.blockIndex

    /// The number of its parts in the table `segments`.
    package var number: UInt32
    /// The number of bytes of its parts.
    package var bytes: UInt64
    /// The sources, in the manifest's order when the index was built.
    package var sources: [Source]

    package init(number: UInt32, bytes: UInt64, sources: [Source]) {
        self.number = number
        self.bytes = bytes
        self.sources = sources
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        number = try body.u32()
        bytes = try body.u64()
        let count = try body.proven(UInt64(try body.u32()), elementBytes: 8, limit: Limits.maximumSegments)
        sources = []
        sources.reserveCapacity(count)
        for _ in 0..<count {
            let source = Source(segment: try body.u32(), documents: try body.u32())
            guard (1...Limits.maximumDocumentsPerWindow).contains(Int(clamping: source.documents)) else {
                throw FormatError(.blockSources, "segment \(source.segment)")
            }
            sources.append(source)
        }
        guard !sources.isEmpty, Set(sources.map(\.segment) + [number]).count == count + 1, bytes < 1 << 62 else {
            throw FormatError(.blockSources)
        }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u32(number)
        writer.u64(bytes)
        writer.u32(UInt32(truncatingIfNeeded: sources.count))
        for source in sources {
            writer.u32(source.segment)
            writer.u32(source.documents)
        }
    }

    /// The number of documents of all sources, including dead ones. The index of a document is its ordinal plus the
    /// number of documents in the sources before its own.
    package var documents: Int { sources.reduce(0) { $0 + Int($1.documents) } }
}
