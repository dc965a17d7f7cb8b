package import SparseFormat

/// The position of a store in a set of shards, stored as the bookmark `shard` (FORMAT.md, "Shards").
package struct ShardRecord: Sendable, Hashable {
    /// The name of the bookmark.
    package static let bookmark = "shard"

    private static let version: UInt8 = 1
    private static let seed: UInt64 = 0x5348_4152_44

    /// The identifier of the set.
    package let set: StoreUUID
    /// The shard's number, from 0.
    package let number: Int
    /// The number of shards in the set.
    package let count: Int

    package init(set: StoreUUID, number: Int, count: Int) {
        self.set = set
        self.number = number
        self.count = count
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.u8(Self.version)
        writer.zeros(3)
        writer.u16(UInt16(clamping: number))
        writer.u16(UInt16(clamping: count))
        writer.u64(set.high)
        writer.u64(set.low)
        return writer.bytes
    }

    /// Decodes a record; nil if the bytes are not one.
    package init?(_ bytes: [UInt8]) {
        let read: ShardRecord? = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard let version = try? reader.u8(), version == Self.version, (try? reader.zeros(3)) != nil,
                let number = try? reader.u16(), let count = try? reader.u16(), number < count,
                Int(count) <= Limits.maximumShards, let high = try? reader.u64(), let low = try? reader.u64(),
                reader.remaining == 0
            else { return nil }
            return ShardRecord(set: StoreUUID(high: high, low: low), number: Int(number), count: Int(count))
        }
        guard let read else { return nil }
        self = read
    }

    /// The number of the shard that holds the document with an identifier: XXH64 of the identifier's bytes with the
    /// seed 0x5348415244, modulo the number of shards.
    ///
    /// - Parameters:
    ///   - id: The identifier.
    ///   - count: The number of shards in the set, at least 1.
    package static func shard(of id: String, count: Int) -> Int {
        Int(XXH64.hash(Array(id.utf8), seed: seed) % UInt64(max(1, count)))
    }
}
