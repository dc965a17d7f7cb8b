#if canImport(CryptoKit)
    internal import CryptoKit
#else
    internal import CCrypto
#endif

/// The SHA-256 of some bytes, which is the name of a chunk (FORMAT.md, "Publications").
package struct ContentHash: Hashable, Sendable, CustomStringConvertible {
    package static let size = 32

    private let words: SIMD4<UInt64>

    /// Stands for content of zeros, which is not kept.
    package static let none = ContentHash(words: .zero)

    private init(words: SIMD4<UInt64>) { self.words = words }

    /// The hash of all the bytes. Nil only when the system's library has no SHA-256.
    package init?(of bytes: UnsafeRawBufferPointer) {
        var words = SIMD4<UInt64>.zero
        #if canImport(CryptoKit)
            SHA256.hash(data: bytes).withUnsafeBytes { digest in
                withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: digest) }
            }
        #else
            let status = withUnsafeMutableBytes(of: &words) { digest in
                EVP_Digest(
                    bytes.baseAddress, bytes.count, digest.baseAddress?.assumingMemoryBound(to: UInt8.self), nil,
                    EVP_sha256(), nil)
            }
            guard status == 1 else { return nil }
        #endif
        self.words = words
    }

    /// The 32 bytes of a hash, as they stand in a record.
    package init(_ reader: inout ByteReader) throws(FormatError) {
        words = try reader.take(Self.size).loadUnaligned(as: SIMD4<UInt64>.self)
    }

    /// A hash in 64 lowercase hexadecimal digits; nil for any other text.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 2 * Self.size, let bytes = Hexadecimal.bytes(String(text)) else { return nil }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    package var description: String { withUnsafeBytes(of: words) { Hexadecimal.text($0) } }
}
