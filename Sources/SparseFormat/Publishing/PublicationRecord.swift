/// A publication: one commit of a store, as the pages that a file of it alone would have. The record is what FORMAT.md
/// calls its manifest; its chunks hold the pages.
///
/// Pages are grouped into extents at fixed places, and extents into nodes: a node is the hashes of `nodeExtents`
/// extents, and is itself kept as a chunk, so that a small commit makes a small manifest.
package struct PublicationRecord: Sendable, Equatable {
    private static let magic = Array("SPARSEPB".utf8)
    private static let version: UInt16 = 1
    /// Extents of a node.
    package static let nodeExtents = 128
    package static let nodeBytes = nodeExtents * ContentHash.size
    /// As LMDB knows them.
    private static let pageSizes = 512...32_768
    static let extentSizes = 512...(16 << 20)
    /// Of a store: 2^40 pages of 4 KiB are more than LMDB's largest map.
    private static let maximumPages: UInt64 = 1 << 40
    private static let headerBytes = 88
    /// Nodes of 4 MiB, those of the default extents, make 4 TiB.
    package static let maximumNodes = 1 << 20
    /// The size of the largest manifest. A reader takes no more memory for one, whoever wrote the target.
    package static let maximumBytes = headerBytes + maximumNodes * ContentHash.size

    package var uuid: StoreUUID
    /// Of the commit.
    package var generation: UInt64
    /// LMDB's number of the transaction that made the commit.
    package var transaction: UInt64
    /// When it was published, in microseconds since 1970.
    package var time: UInt64
    package var documents: UInt64
    package var pageSize: Int
    /// Pages of the file, free ones too.
    package var pages: Int
    package var extentPages: Int
    /// `none` for a node whose extents are all zeros.
    package var nodes: [ContentHash]

    package init(
        uuid: StoreUUID, generation: UInt64, transaction: UInt64, time: UInt64, documents: UInt64, pageSize: Int,
        pages: Int, extentPages: Int, nodes: [ContentHash]
    ) {
        self.uuid = uuid
        self.generation = generation
        self.transaction = transaction
        self.time = time
        self.documents = documents
        self.pageSize = pageSize
        self.pages = pages
        self.extentPages = extentPages
        self.nodes = nodes
    }

    package var extentBytes: Int { extentPages * pageSize }

    package var extents: Int { (pages + extentPages - 1) / extentPages }

    /// The number of nodes that this number of extents needs.
    package var expectedNodes: Int { (extents + Self.nodeExtents - 1) / Self.nodeExtents }

    package var fileBytes: Int { pages * pageSize }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        self = try withReader(of: bytes) { (reader) throws(FormatError) in try Self(&reader) }
    }

    private init(_ reader: inout ByteReader) throws(FormatError) {
        guard try reader.take(8).elementsEqual(Self.magic) else { throw FormatError(.wrongKind, "not a manifest") }
        let version = try reader.u16()
        guard version == Self.version else { throw FormatError(.unsupportedVersion, "version \(version)") }
        try reader.zeros(6)
        uuid = StoreUUID(high: try reader.u64().byteSwapped, low: try reader.u64().byteSwapped)
        generation = try reader.u64()
        transaction = try reader.u64()
        time = try reader.u64()
        documents = try reader.u64()
        let pages = try reader.u64()
        pageSize = Int(try reader.u32())
        extentPages = Int(try reader.u32())
        let count = try reader.u32()
        try reader.zeros(4)
        guard generation < 1 << 62, time < 1 << 62, documents < 1 << 62 else {
            throw FormatError(.limitExceeded, "a counter of 2^62 or more")
        }
        guard Self.pageSizes.contains(pageSize), pageSize.nonzeroBitCount == 1, extentPages > 0,
            extentPages.nonzeroBitCount == 1, Self.extentSizes.contains(extentPages * pageSize)
        else { throw FormatError(.limitExceeded, "\(extentPages) pages of \(pageSize) bytes in an extent") }
        guard (2...Self.maximumPages).contains(pages) else { throw FormatError(.limitExceeded, "\(pages) pages") }
        self.pages = Int(pages)
        nodes = []
        guard Int(count) == expectedNodes else {
            throw FormatError(.limitExceeded, "\(count) nodes instead of \(expectedNodes)")
        }
        nodes.reserveCapacity(
            try reader.proven(UInt64(count), elementBytes: ContentHash.size, limit: Self.maximumNodes))
        for _ in 0..<count { nodes.append(try ContentHash(&reader)) }
        try reader.finish()
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(reserving: Self.headerBytes + nodes.count * ContentHash.size)
        writer.append(Self.magic)
        writer.u16(Self.version)
        writer.zeros(6)
        writer.u64(uuid.high.byteSwapped)
        writer.u64(uuid.low.byteSwapped)
        writer.u64(generation)
        writer.u64(transaction)
        writer.u64(time)
        writer.u64(documents)
        writer.u64(UInt64(pages))
        writer.u32(UInt32(truncatingIfNeeded: pageSize))
        writer.u32(UInt32(truncatingIfNeeded: extentPages))
        writer.u32(UInt32(truncatingIfNeeded: nodes.count))
        writer.zeros(4)
        for node in nodes { writer.append(node.bytes) }
        return writer.bytes
    }

    /// The hashes of a node's extents.
    package static func extents(ofNode content: [UInt8]) throws(FormatError) -> [ContentHash] {
        try withReader(of: content) { (reader) throws(FormatError) in
            var hashes: [ContentHash] = []
            hashes.reserveCapacity(nodeExtents)
            while reader.remaining > 0 { hashes.append(try ContentHash(&reader)) }
            guard hashes.count == nodeExtents else {
                throw FormatError(.truncated, "a node has \(hashes.count) extents instead of \(nodeExtents)")
            }
            return hashes
        }
    }

    /// The content of a node: its hashes, and `none` up to the end of the last one.
    package static func node(_ extents: ArraySlice<ContentHash>) -> [UInt8] {
        var writer = ByteWriter(reserving: nodeBytes)
        for hash in extents { writer.append(hash.bytes) }
        writer.zeros(nodeBytes - writer.count)
        return writer.bytes
    }
}

/// The description of a target, which is the first object that is written to it.
package struct TargetRecord: Sendable, Equatable {
    private static let magic = Array("SPARSETG".utf8)
    private static let version: UInt16 = 1

    /// The store whose commits are published there.
    package var uuid: StoreUUID

    package init(uuid: StoreUUID) { self.uuid = uuid }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        guard bytes.count == 40 else { throw FormatError(.truncated, "\(bytes.count) bytes instead of 40") }
        self = try withReader(of: bytes) { (reader) throws(FormatError) in
            guard try reader.take(8).elementsEqual(Self.magic) else {
                throw FormatError(.wrongKind, "not a target's description")
            }
            let version = try reader.u16()
            guard version == Self.version else { throw FormatError(.unsupportedVersion, "version \(version)") }
            try reader.zeros(6)
            let uuid = StoreUUID(high: try reader.u64().byteSwapped, low: try reader.u64().byteSwapped)
            guard try reader.u64() == XXH64.hash(Array(bytes.prefix(32)), seed: 0) else {
                throw FormatError(.checksumMismatch)
            }
            return TargetRecord(uuid: uuid)
        }
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 40)
        writer.append(Self.magic)
        writer.u16(Self.version)
        writer.zeros(6)
        writer.u64(uuid.high.byteSwapped)
        writer.u64(uuid.low.byteSwapped)
        writer.u64(XXH64.hash(writer.bytes, seed: 0))
        return writer.bytes
    }
}

/// `withUnsafeBytes` rethrows without the type.
private func withReader<R>(
    of bytes: [UInt8], _ body: (inout ByteReader) throws(FormatError) -> R
) throws(FormatError) -> R {
    try bytes.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes)
        return Result { () throws(FormatError) in try body(&reader) }
    }.get()
}
