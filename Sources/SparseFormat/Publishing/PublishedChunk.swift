/// A chunk of a target: a zstd frame of some content, under the content's hash.
package enum PublishedChunk {
    /// The maximum size of a frame, in bytes.
    package static let largestFrame = largestFrame(of: PublicationRecord.extentSizes.upperBound)

    /// A frame of the content.
    package static func frame(_ content: UnsafeRawBufferPointer, _ compressor: ZstdCompressor) -> [UInt8]? {
        compressor.compress(content, limit: largestFrame(of: content.count))
    }

    /// Blocks that do not compress are stored, each with 3 bytes before it.
    private static func largestFrame(of count: Int) -> Int { count + count / 128 + 512 }

    /// The content of a frame, if it has the size and the hash.
    package static func content(
        _ frame: [UInt8], size: Int, hash: ContentHash, _ decompressor: ZstdDecompressor
    ) throws(FormatError) -> [UInt8] {
        let content = try frame.withUnsafeBytes { bytes in
            Result { () throws(FormatError) in try decompressor.decompress(bytes, size: size, limit: size) }
        }.get()
        guard content.withUnsafeBytes({ ContentHash(of: $0) }) == hash else { throw FormatError(.checksumMismatch) }
        return content
    }
}

/// The mark at the end of the first page of a published file, where LMDB stores nothing. It says that the file is a
/// copy, and of which commit. If the file gets its own commits, its header pages change and no longer match the mark.
package struct PublishedMark: Sendable, Equatable {
    private static let magic = Array("SPARSEST COPY OF".utf8)
    package static let size = 56
    /// The number of bytes that LMDB writes in a header page.
    private static let headerBytes = 152

    package var uuid: StoreUUID
    package var generation: UInt64
    package var transaction: UInt64

    package init(uuid: StoreUUID, generation: UInt64, transaction: UInt64) {
        self.uuid = uuid
        self.generation = generation
        self.transaction = transaction
    }

    /// Reads the mark from a file's first two pages; nil if there is none, or if the file has its own commits.
    package init?(headers: [UInt8], pageSize: Int) {
        guard headers.count >= 2 * pageSize, pageSize >= Self.headerBytes + Self.size else { return nil }
        let mark = Array(headers[pageSize - Self.size..<pageSize])
        guard mark.starts(with: Self.magic) else { return nil }
        let words = mark.withUnsafeBytes { bytes in
            (2..<7).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
        }
        uuid = StoreUUID(high: words[0].byteSwapped, low: words[1].byteSwapped)
        (generation, transaction) = (words[2], words[3])
        guard words[4] == checksum(headers, pageSize) else { return nil }
    }

    /// Writes the mark into the first page.
    package func write(into headers: inout [UInt8], pageSize: Int) {
        guard headers.count >= 2 * pageSize, pageSize >= Self.headerBytes + Self.size else { return }
        var writer = fields
        writer.u64(checksum(headers, pageSize))
        headers.replaceSubrange(pageSize - Self.size..<pageSize, with: writer.bytes)
    }

    private var fields: ByteWriter {
        var writer = ByteWriter(reserving: Self.size)
        writer.append(Self.magic)
        writer.u64(uuid.high.byteSwapped)
        writer.u64(uuid.low.byteSwapped)
        writer.u64(generation)
        writer.u64(transaction)
        return writer
    }

    /// Of what LMDB has written into both header pages, and of the mark.
    private func checksum(_ headers: [UInt8], _ pageSize: Int) -> UInt64 {
        var writer = fields
        writer.append(headers[..<Self.headerBytes])
        writer.append(headers[pageSize..<pageSize + Self.headerBytes])
        return XXH64.hash(writer.bytes, seed: 0)
    }
}
