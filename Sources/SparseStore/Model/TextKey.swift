#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A text that equals another only when both have the same UTF-8 bytes, as identifiers, terms and tags do in a store.
///
/// Swift's strings are equal when they are canonically equivalent: "e with an accent" as one scalar and as two is one key of a
/// `Dictionary<String, _>`, and two documents of a store. Use this type for keys of dictionaries and sets that hold
/// identifiers, terms or tags. Its order is the order of the bytes, which orders documents of equal scores.
public struct TextKey: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The text itself.
    public let text: String

    /// Makes a key of a text.
    public init(_ text: String) { self.text = text }

    /// Makes a key of a text.
    public init(stringLiteral text: String) { self.text = text }

    /// The text itself.
    public var description: String { text }

    /// Whether both have the same bytes.
    public static func == (a: TextKey, b: TextKey) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    /// Whether the bytes of one come before those of the other.
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

    /// Feeds the bytes to the hasher.
    public func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
        hasher.combine(0xFF as UInt8)
    }
}
