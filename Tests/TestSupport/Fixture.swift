package import Foundation
internal import SparseFormat

/// The stores in `Tests/Fixtures`, which `make-fixture.sh` there made when their format was current.
package enum Fixture {
    /// The folder of the fixtures.
    package static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
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

    /// Writes a fixture, such as `format-1.0.sparse`, to a path.
    package static func write(_ name: String, to path: String) throws {
        try Data(bytes(name)).write(to: URL(fileURLWithPath: path))
    }

    /// The lines of a fixture, such as `format-1.0.jsonl`.
    package static func lines(_ name: String) throws -> [Data] {
        try bytes(name).split(separator: UInt8(ascii: "\n")).map { Data($0) }
    }
}
