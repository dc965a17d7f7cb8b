internal import LMDB
internal import SparseFormat

/// Checks that the columns of each segment match its live documents (I124), and that the schema has their attributes
/// (I126).
enum ColumnsCheck: VerificationCheck {
    static let name = "columns"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let documents = verification.reader.documents
        let schema = try verification.attempt(in: .meta, at: Keys.attributes) {
            try verification.reader.meta.attributeSchema()
        }
        try verification.forEachWindow(manifest, otherwise: "the columns") { window, dead in
            let prefix = Keys.segmentPrefix(window.id)
            guard let columns = try verification.attempt(in: .segments, at: prefix, { try window.columns.all() }),
                let changed = try verification.marks(.changed, of: window)
            else { return }
            for rank in 0..<window.numbers.count {
                let ordinal = window.numbers.ordinal(rank: rank)
                let number = window.numbers.number(rank: rank)
                guard !dead.contains(ordinal) else { continue }
                let key = Keys.document(number)
                try verification.visit(.documents, key)
                let read = try verification.attempt(in: .documents, at: key) {
                    try documents.view(number)?.attributes()
                }
                guard let attributes = read ?? nil else { continue }
                if let schema { check(attributes, number: number, schema: schema, verification: verification) }
                guard !changed.contains(ordinal) else { continue }
                for column in columns {
                    let name = String(decoding: column.name, as: UTF8.self)
                    let value = attributes.first { $0.key.utf8.elementsEqual(column.name) }?.value
                    if !isSame(column.value(of: ordinal), value.map { laidOut($0, column.type) }) {
                        verification.broken(
                            .columns, in: .segments, at: prefix,
                            "document \(number) and segment \(window.id) disagree on the attribute '\(name)'")
                    }
                }
                let missing = attributes.keys.first { name in !columns.contains { $0.name == Array(name.utf8) } }
                if let missing {
                    verification.broken(
                        .columns, in: .segments, at: prefix,
                        "document \(number) has the attribute '\(missing)', "
                            + "but segment \(window.id) has no column for it"
                    )
                }
            }
        }
    }

    private static func check(
        _ attributes: [String: AttributeValue], number: UInt64, schema: AttributeSchemaRecord,
        verification: Verification
    ) {
        for (name, value) in attributes {
            let type = schema.type(of: Array(name.utf8))
            guard type.map({ $0.joined(with: value.type) != $0 }) ?? true else { continue }
            verification.broken(
                .attributeTypes, in: .documents, at: Keys.document(number),
                "the attribute '\(name)' of document \(number) has the type \(value.type), but the schema "
                    + (type.map { "says \($0)" } ?? "does not have it"))
        }
    }

    /// Returns a value as a column of the given type stores it.
    private static func laidOut(_ value: AttributeValue, _ type: AttributeType) -> AttributeValue {
        switch value {
        case .integer(let integer) where type == .number: .number(Double(integer))
        case .number(let number) where number == 0: .number(0)
        case .integers(let list): .integers(Set(list).sorted())
        case .strings(let list):
            .strings(
                Set(list.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
                    .map { String(decoding: $0, as: UTF8.self) })
        default: value
        }
    }

    private static func isSame(_ a: AttributeValue?, _ b: AttributeValue?) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return a.isSame(as: b)
    }
}
