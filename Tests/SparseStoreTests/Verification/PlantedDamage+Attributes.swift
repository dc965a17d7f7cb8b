import LMDB
import SparseFormat
import Testing

@testable import SparseStore

extension PlantedDamage {
    static let attributes = [
        PlantedDamage("another value in a column", .attributed, deep: ["I124"], quick: []) { copy in
            let key = try column(copy, "number")
            try copy.changeBody(.segments, key) { body in
                var writer = AttributeColumnWriter(name: Array("number".utf8), documents: 40)
                for number in 0..<40 {
                    try? writer.append(.integer(number == 9 ? 8 : Int64(number)), ordinal: number)
                }
                body = writer.body() ?? []
            }
            try fitBytes(copy)
        },
        PlantedDamage("a column that is gone", .attributed, deep: ["I124"], quick: []) { copy in
            // The last one, so that no index is missing.
            try copy.delete(.segments, try column(copy, "topics"))
            try fitBytes(copy)
        },
        PlantedDamage("a document whose attribute is none of its column's", .attributed, deep: ["I124"], quick: []) {
            copy in
            let number = try copy.store.read { snapshot in
                try #require(snapshot.index.members.first).segment.number(of: 9)
            }
            let key = Keys.document(number)
            let value = try #require(try copy.value(.documents, key))
            let changed = try value.withUnsafeBytes { bytes in
                let view = try DocumentView(bytes, number: number)
                var attributes = try view.attributes()
                attributes["lang"] = "fr"
                return try DocumentEncoder().encode(view, tags: view.tags(), attributes: attributes, key: key)
            }
            try copy.write { try $0.put(.documents, key, changed) }
        },
        PlantedDamage("a change that the manifest does not count", .attributed, deep: ["I125"], quick: ["I125"]) {
            copy in
            try copy.changeManifest { $0.segments[0].changes += 1 }
        },
        PlantedDamage("a change of an unlisted segment", .attributed, deep: ["I125"], quick: ["I125"]) { copy in
            try copy.write { try $0.mark([1], as: .changed, in: 800) }
        },
        PlantedDamage("an attribute of another type than the schema says", .attributed, deep: ["I126"], quick: []) {
            copy in
            var schema = AttributeSchemaRecord()
            for (name, type) in try copy.store.file.read({ try $0.meta.attributeSchema() }).attributes {
                schema.set(name, name == Array("even".utf8) ? .date : type)
            }
            let changed = schema
            try copy.write { try $0.put(changed) }
        },
    ]

    /// The key of the column of an attribute in the first segment.
    private static func column(_ copy: DamagedStore, _ name: String) throws -> [UInt8] {
        let segment = try copy.manifest().segments[0].id
        let columns = try copy.store.read { snapshot in
            try #require(snapshot.index.members.first).segment.columns.all().map(\.name)
        }
        let index = try #require(columns.firstIndex(of: Array(name.utf8)))
        return copy.segmentKey(segment, .column, UInt32(index))
    }

    private static func fitBytes(_ copy: DamagedStore) throws {
        let size = try copy.segmentBytes(try copy.manifest().segments[0].id)
        try copy.changeManifest { $0.segments[0].bytes = size }
    }
}
