package import Foundation
internal import SparseFormat

/// The stores in `Tests/Fixtures`, which `make-fixture.sh` there made when their format was current.
package enum Fixture {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    /// The names of all stores, such as `format-1.0`.
    package static let stores: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".sparse.zst") }.map { String($0.dropLast(11)) }.sorted()

    /// The content of a fixture, such as `format-1.0.sparse`.
    package static func bytes(_ name: String) throws -> [UInt8] {
        let frame = Array(try Data(contentsOf: folder.appendingPathComponent(name + ".zst")))
        return try frame.withUnsafeBytes { frame in
            let size = Int(try ZstdDecompressor.contentSize(frame))
            return try ZstdDecompressor().decompress(frame, size: size, limit: 1 << 24)
        }
    }

    /// The lines of a fixture, such as `format-1.0.jsonl`.
    package static func lines(_ name: String) throws -> [Data] {
        try bytes(name).split(separator: UInt8(ascii: "\n")).map { Data($0) }
    }
}
