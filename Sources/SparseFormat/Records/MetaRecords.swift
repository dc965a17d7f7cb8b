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
    /// The sources, in the manifest's order when the index was built. Those with which it was extended come last.
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

/// Bytes that the caller stores together with the documents (table meta, key `bookmark:NAME`).
package struct BookmarkRecord: Record {
    package static let kind = RecordKind.bookmark

    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard body.remaining <= Limits.maximumBookmarkBytes else {
            throw FormatError(.limitExceeded, "the bookmark has \(body.remaining) bytes")
        }
        bytes = Array(body.rest())
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.append(bytes)
    }
}

/// The right to do work that takes several transactions: its owner, its sources and its staged segments. There is at
/// most one claim for each kind of work (table meta, keys `merge` and `encoding`).
///
/// The sources stay live until the last transaction, and staged segments are in no manifest before. Any process that
/// finds the claim of a dead process may therefore delete the staged segments, which undoes the work.
package struct ClaimRecord: Record {
    package static let kind = RecordKind.claim

    /// A random number that identifies the owner.
    package var owner: UInt64
    /// The number of transactions made under the claim, which distinguishes active work from stalled work.
    package var steps: UInt64
    /// The process ID of the owner, to check whether it is alive.
    package var process: UInt32
    /// Live segments, in the manifest's order. Commits must not merge them, but may remove documents from them.
    package var sources: [UInt32]
    /// The numbers of segments that have all, some or none of their parts yet.
    package var staged: [UInt32]

    package init(owner: UInt64, steps: UInt64 = 0, process: UInt32, sources: [UInt32] = [], staged: [UInt32] = []) {
        self.owner = owner
        self.steps = steps
        self.process = process
        self.sources = sources
        self.staged = staged
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        owner = try body.u64()
        steps = try body.u64()
        process = try body.u32()
        let counts = (sources: UInt64(try body.u32()), staged: UInt64(try body.u32()))
        sources = try Self.segments(counts.sources, &body)
        staged = try Self.segments(counts.staged, &body)
        guard staged.isEmpty || !sources.isEmpty, Set(sources + staged).count == sources.count + staged.count else {
            throw FormatError(.claimSegments)
        }
    }

    private static func segments(_ count: UInt64, _ body: inout ByteReader) throws(FormatError) -> [UInt32] {
        let count = try body.proven(count, elementBytes: 4, limit: Limits.maximumSegments)
        var segments: [UInt32] = []
        segments.reserveCapacity(count)
        for _ in 0..<count { segments.append(try body.u32()) }
        return segments
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u64(owner)
        writer.u64(steps)
        writer.u32(process)
        writer.u32(UInt32(truncatingIfNeeded: sources.count))
        writer.u32(UInt32(truncatingIfNeeded: staged.count))
        for segment in sources + staged { writer.u32(segment) }
    }
}

/// A zstd dictionary (table dictionaries; the key is its id). Ids begin at 1 and are never reused.
package struct DictionaryRecord: Record {
    package static let kind = RecordKind.dictionary

    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard (1...Limits.maximumDictionaryBytes).contains(body.remaining) else {
            throw FormatError(.limitExceeded, "the dictionary has \(body.remaining) bytes")
        }
        bytes = Array(body.rest())
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.append(bytes)
    }
}

/// The encoder of the vectors of a store, and their scoring (table meta, key `encoder`).
package struct EncoderRecord: Record {
    package static let kind = RecordKind.encoder
    /// The name of the encoder.
    package var name: String
    /// A hash of everything that determines the terms of a text: vocabulary, tables, lists.
    package var fingerprint: UInt64
    /// The parameters of the encoder, as text for human readers.
    package var parameters: String
    /// The BM25 parameters; nil for inner products.
    package var bm25: BM25Parameters?
    /// The sum of the weights of all live documents if BM25 is used; otherwise 0.
    package var length: UInt64

    package init(
        name: String, fingerprint: UInt64, parameters: String = "", bm25: BM25Parameters? = nil, length: UInt64 = 0
    ) {
        self.name = name
        self.fingerprint = fingerprint
        self.parameters = parameters
        self.bm25 = bm25
        self.length = length
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        let scoring = try body.u8()
        try body.zeros(3)
        let parameters = BM25Parameters(k1: try body.f32(), b: try body.f32())
        length = try body.u64()
        fingerprint = try body.u64()
        let nameLength = Int(try body.u16())
        let parametersLength = Int(try body.u16())
        guard scoring <= 1 else { throw FormatError(.knownEncoding) }
        bm25 = scoring == 1 ? parameters : nil
        guard scoring == 1 ? parameters.isValid : parameters.isZero && length == 0, length < 1 << 62 else {
            throw FormatError(.encoder)
        }
        guard (1...Limits.maximumEncoderNameBytes).contains(nameLength),
            parametersLength <= Limits.maximumEncoderParameterBytes
        else { throw FormatError(.textLength) }
        name = try body.text(nameLength)
        self.parameters = try body.text(parametersLength)
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u8(bm25 == nil ? 0 : 1)
        writer.zeros(3)
        writer.f32(bm25?.k1 ?? 0)
        writer.f32(bm25?.b ?? 0)
        writer.u64(length)
        writer.u64(fingerprint)
        writer.u16(UInt16(clamping: name.utf8.count))
        writer.u16(UInt16(clamping: parameters.utf8.count))
        writer.append(Array(name.utf8))
        writer.append(Array(parameters.utf8))
    }
}
