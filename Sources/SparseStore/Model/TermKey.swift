/// A term as a dictionary key: two terms are one only when their UTF-8 is the same.
///
/// Swift's strings are equal when they are canonically equivalent; keys on disk are bytes, and the two must agree.
struct TermKey: Hashable, Sendable {
    let name: String

    init(_ name: String) { self.name = name }

    static func == (a: TermKey, b: TermKey) -> Bool { a.name.utf8.elementsEqual(b.name.utf8) }

    func hash(into hasher: inout Hasher) {
        let hashed: Void? = name.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil { for byte in name.utf8 { hasher.combine(byte) } }
    }
}
