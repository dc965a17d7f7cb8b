internal import Platform

/// A string that is compared by its UTF-8 bytes, as identifiers, terms, and tags are in a store.
///
/// Swift strings are equal if they are canonically equivalent. An accented "e" written as one scalar or as two is
/// therefore one key of a `Dictionary<String, _>`, but identifies two documents of a store. Use this type as the key of
/// dictionaries and sets of identifiers, terms, or tags. Keys are ordered by their bytes, which is also the order of
/// documents with equal scores.
public struct TextKey: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The text.
    public let text: String

    /// Creates a key from a text.
    public init(_ text: String) { self.text = text }

    /// Creates a key from a string literal.
    public init(stringLiteral text: String) { self.text = text }

    /// The text.
    public var description: String { text }

    /// Returns whether both texts have the same bytes.
    public static func == (a: TextKey, b: TextKey) -> Bool {
        let isEqual = a.text.utf8.withContiguousStorageIfAvailable { a in
            b.text.utf8.withContiguousStorageIfAvailable { b in
                guard a.count == b.count else { return false }
                guard let first = a.baseAddress, let second = b.baseAddress else { return true }
                return memcmp(first, second, a.count) == 0
            }
        }
        if let isEqual = isEqual ?? nil { return isEqual }
        return a.text.utf8.elementsEqual(b.text.utf8)
    }

    /// Returns whether the bytes of `a` come before those of `b`.
    public static func < (a: TextKey, b: TextKey) -> Bool {
        let isBefore = a.text.utf8.withContiguousStorageIfAvailable { a in
            b.text.utf8.withContiguousStorageIfAvailable { b in
                guard let first = a.baseAddress, let second = b.baseAddress else { return a.count < b.count }
                let order = memcmp(first, second, min(a.count, b.count))
                return order != 0 ? order < 0 : a.count < b.count
            }
        }
        if let isBefore = isBefore ?? nil { return isBefore }
        return a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
        hasher.combine(0xFF as UInt8)
    }
}
