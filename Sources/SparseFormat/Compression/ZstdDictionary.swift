internal import CZstd

/// A compression dictionary. It is digested for decoding at creation, and for encoding by the compressor that uses it.
///
/// This file uses pointers: it owns `digest`, which libzstd only reads, so threads may share it.
package final class ZstdDictionary: @unchecked Sendable {
    /// The number of the dictionary in the table `dictionaries`; 1 or more.
    package let id: UInt32
    package let bytes: [UInt8]
    /// Nil if the bytes begin like a trained dictionary but are not one, or if memory ran out.
    let digest: OpaquePointer?

    /// Accepts any bytes. If they are not a valid dictionary, the first frame that needs it causes an error.
    package init(id: UInt32, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
        self.digest = bytes.isEmpty ? nil : bytes.withUnsafeBytes { ZSTD_createDDict($0.baseAddress, $0.count) }
    }

    deinit {
        ZSTD_freeDDict(digest)
    }

    /// Trains a dictionary for data like the samples.
    ///
    /// Returns nil if there are too few samples, or if they are too small. A hundred times the capacity is a good
    /// amount; ten times is the minimum.
    package static func train(samples: [[UInt8]], capacity: Int = 16 * 1024) -> [UInt8]? {
        guard capacity > 0, capacity <= Limits.maximumDictionaryBytes, samples.count <= Int(UInt32.max) else {
            return nil
        }
        var joined: [UInt8] = []
        joined.reserveCapacity(samples.reduce(0) { $0 + $1.count })
        for sample in samples { joined.append(contentsOf: sample) }
        let sizes = samples.map(\.count)
        let dictionary = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let written = joined.withUnsafeBytes { joined in
                ZDICT_trainFromBuffer(buffer.baseAddress, capacity, joined.baseAddress, sizes, UInt32(sizes.count))
            }
            count = ZDICT_isError(written) == 0 && written <= capacity ? written : 0
        }
        return dictionary.isEmpty ? nil : dictionary
    }
}
