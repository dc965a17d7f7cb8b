import Foundation
import LMDB
import SparseFormat
import TestSupport
import Testing

@testable import SparseStore

/// The fixtures together have every feature of the format, so that no later version forgets to read one.
@Suite struct FixtureFeatureTests {
    /// Features that no fixture has, with the reason.
    static let missing: [String: String] = [
        "tuning 1": "`tune` always measures several classes; FORMAT.md has an example, which FormatDocumentTests reads"
    ]

    /// Every feature that a writer can choose.
    static let expected: Set<String> = {
        var features: Set<String> = [
            "numbers as terms", "strings as terms", "fast segment", "compact segment", "levels 1", "levels 8",
            "shared block numbers", "bookmark shard", "bookmark copy", "bookmark load", "payload with a dictionary",
            "document without a vector", "document without a payload", "claim of a merge", "cold times",
        ]
        for kind in RecordKind.allCases {
            for version in 1...kind.newestVersion { features.insert("\(kind) \(version)") }
        }
        for table in TableNumber.allCases { features.insert("table \(table.name)") }
        for part in SegmentTable.Part.allCases { features.insert("part \(part.rawValue)") }
        features.formUnion((0...1).map { "vector encoding \($0)" })
        features.formUnion((0...2).map { "payload encoding \($0)" })
        features.formUnion((0...2).map { "list encoding \($0)" })
        features.formUnion((0...1).map { "chunk codec \($0)" })
        features.formUnion((0...2).map { "multivector encoding \($0)" })
        features.formUnion((1...7).map { "column of type \($0)" })
        features.formUnion((0...2).map { "column with presence \($0)" })
        return features
    }()

    @Test(arguments: CompatibilityTests.formats)
    func `a fixture has every kind of record in every version, and every feature`(_ format: String) throws {
        var found: Set<String> = []
        for name in Fixture.stores where name.hasSuffix("-\(format)") { found.formUnion(try Self.features(name)) }
        #expect(Self.expected.subtracting(found).sorted() == Self.missing.keys.sorted())
    }

    /// The features of one fixture, from the bytes of its values as FORMAT.md describes them.
    private static func features(_ name: String) throws -> Set<String> {
        let temporary = try TemporaryStore()
        try Fixture.write("\(name).sparse", to: temporary.path)
        let store = try temporary.open { $0.isReadOnly = true }
        defer { store.close() }
        return try store.file.read { reader in
            var found: Set<String> = []
            for table in TableNumber.allCases {
                var cursor = try reader.cursor(table)
                while let entry = try cursor.next() {
                    let value = Array(entry.value)
                    guard let kind = RecordKind(rawValue: value[8]) else { continue }
                    found.formUnion(["table \(table.name)", "\(kind) \(value[9])"])
                    found.formUnion(features(kind, Array(entry.key), Body(Array(value.dropFirst(16)), value[9])))
                }
            }
            return found
        }
    }

    /// A body and the version of its layout.
    private struct Body {
        let bytes: [UInt8]
        let version: UInt8

        init(_ bytes: [UInt8], _ version: UInt8) {
            self.bytes = bytes
            self.version = version
        }

        func u8(_ offset: Int) -> UInt8 { bytes[offset] }

        func u16(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }

        func u32(_ offset: Int) -> Int { Int(u16(offset)) | Int(u16(offset + 2)) << 16 }
    }

    private static func features(_ kind: RecordKind, _ key: [UInt8], _ body: Body) -> [String] {
        switch kind {
        case .manifest:
            return [["no terms", "strings as terms", "numbers as terms"][Int(body.u8(32))]]
                + (0..<body.u32(84)).map { body.u16(88 + 64 * $0 + 6) == 0 ? "fast segment" : "compact segment" }
        case .bookmark:
            let name = String(decoding: key, as: UTF8.self).split(separator: ":")
            return ["bookmark \(name[1])"]
        case .document:
            return ["vector encoding \(body.u8(2))", "payload encoding \(body.u8(3))"]
                + (body.u32(20) > 0 ? ["payload with a dictionary"] : [])
                + (body.u32(4) == 0 ? ["document without a vector"] : [])
                + (body.u8(3) == 0 ? ["document without a payload"] : [])
        case .multivector: return ["multivector encoding \(body.u8(0))"]
        case .claim: return key == Keys.merge ? ["claim of a merge"] : []
        case .tuning: return body.version == 3 ? ["cold times"] : []
        case .segmentChunk: return ["part \(key[4])", "chunk codec \(body.u8(0))"]
        case .segmentDirectory:
            let terms = body.u32(4)
            let levels = body.u8(20)
            let size = levels == 1 ? 20 : 40
            return ["part \(key[4])", "levels \(levels)"]
                + (0..<terms).map { "list encoding \(body.u8(32 + 4 * terms + size * $0 + 14))" }
        case .blockDirectory:
            let terms = body.u32(0)
            let numbers = body.version == 1 ? [] : (0..<terms).map { body.u16(32 + 32 * terms + 2 * $0) }
            return ["part \(key[4])"] + (Set(numbers).count < numbers.count ? ["shared block numbers"] : [])
        case .segmentColumn:
            return ["part \(key[4])", "column of type \(body.u8(4))", "column with presence \(body.u8(5))"]
        case .segmentDocuments, .segmentForward, .segmentTags, .segmentOrder: return ["part \(key[4])"]
        default: return []
        }
    }
}
