/// A named table. It is valid as long as its environment once the transaction that opened it has committed.
package struct Table: Sendable, Hashable {
    package let name: String
    let handle: UInt32
}

/// A type whose values can be keys. Keys are ordered as bytes, so integers are big-endian and have a fixed width.
package protocol LMDBKey {
    func withKeyBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R
}

extension [UInt8]: LMDBKey {
    package func withKeyBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withUnsafeBytes(body)
    }
}

extension String: LMDBKey {
    package func withKeyBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        var copy = self
        return try copy.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
    }
}

extension UInt32: LMDBKey {
    package func withKeyBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try Swift.withUnsafeBytes(of: bigEndian, body)
    }
}

extension UInt64: LMDBKey {
    package func withKeyBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try Swift.withUnsafeBytes(of: bigEndian, body)
    }
}

extension UnsafeRawBufferPointer: LMDBKey {
    package func withKeyBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(self)
    }
}

/// liblmdb's compile-time limit.
package let maximumKeyBytes = 511

/// The size and shape of one table in one transaction.
package struct TableStatistics: Sendable, Hashable {
    package var entries: Int
    package var depth: Int
    package var branchPages: Int
    package var leafPages: Int
    /// The number of pages with values that are too large for a leaf.
    package var overflowPages: Int
    /// The size of all pages of the table, in bytes.
    package var bytes: Int
}
