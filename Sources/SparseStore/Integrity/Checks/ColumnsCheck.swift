internal import LMDB
internal import SparseFormat

/// Checks that the columns of each segment match its live documents (I124), and that the schema has their attributes
/// (I126).
enum ColumnsCheck: VerificationCheck {
    static let name = "columns"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let documents = DocumentTable(tables: verification.tables, reader: verification.reader)
        let schema = try verification.attempt(.meta, Keys.attributes) {
            try MetaTable(tables: verification.tables, reader: verification.reader).attributeSchema()
        }
        try verification.forEachWindow(manifest, otherwise: "the columns") { window, dead in
            let prefix = Keys.segmentPrefix(window.id)
            guard let columns = try verification.attempt(.segments, prefix, { try window.columns.all() }),
                let changed = try verification.changes(window)
            else { return }
            for rank in 0..<window.numbers.count {
                let ordinal = window.numbers.ordinal(rank: rank)
                let number = window.numbers.number(rank: rank)
                guard !dead.contains(ordinal) else { continue }
                let key = Keys.document(number)
                try verification.visit(.documents, key)
                let read = try verification.attempt(.documents, key) { try documents.view(number)?.attributes() }
                guard let attributes = read ?? nil else { continue }
                if let schema { check(attributes, number, schema, verification) }
                guard !changed.contains(ordinal) else { continue }
                for column in columns {
                    let name = String(decoding: column.name, as: UTF8.self)
                    let value = attributes.first { $0.key.utf8.elementsEqual(column.name) }?.value
                    if !isSame(column.value(of: ordinal), value.map { laidOut($0, column.type) }) {
                        verification.broken(
                            .columns, .segments, prefix,
                            "document \(number) and segment \(window.id) disagree on the attribute '\(name)'")
                    }
                }
                let missing = attributes.keys.first { name in !columns.contains { $0.name == Array(name.utf8) } }
                if let missing {
                    verification.broken(
                        .columns, .segments, prefix,
                        "document \(number) has the attribute '\(missing)', "
                            + "but segment \(window.id) has no column for it"
                    )
                }
            }
        }
    }

    private static func check(
        _ attributes: [String: AttributeValue], _ number: UInt64, _ schema: AttributeSchemaRecord,
        _ verification: Verification
    ) {
        for (name, value) in attributes {
            let type = schema.type(of: Array(name.utf8))
            guard type.map({ $0.joined(with: value.type) != $0 }) ?? true else { continue }
            verification.broken(
                .attributeTypes, .documents, Keys.document(number),
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

extension Verification {
    /// Returns the changed ordinals of a segment; nil, with a finding, if they cannot be read.
    func changes(_ window: WindowSegment) throws -> Bitmap? {
        let table = ChangeTable(tables: tables, reader: reader)
        var bitmap = Bitmap(count: window.documentCount)
        for first in stride(from: 0, to: bitmap.count, by: TombstonePage.ordinalsPerPage) {
            let page = UInt32(first / TombstonePage.ordinalsPerPage)
            let read: TombstonePage?? = try attempt(.changes, Keys.tombstones(window.id, page)) {
                try table.page(window.id, page)
            }
            guard let found = read else { return nil }
            if let found { bitmap.insert(bytes: found.bytes, at: first) }
        }
        return bitmap
    }
}

/// Checks that the marks of changed tags and attributes are as many as the manifest says, all for existing documents
/// (I125).
enum ChangesCheck: VerificationCheck {
    static let name = "changes"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let entries = Dictionary(uniqueKeysWithValues: manifest.segments.map { ($0.id, $0) })
        var counts: [UInt32: Int] = [:]
        var unread: Set<UInt32> = []
        try verification.forEach(.changes) { entry in
            guard let key = try? Keys.parseTombstones(entry.key) else { return true }
            guard let segment = entries[key.segment] else {
                verification.broken(
                    .changes, .changes, entry.key, "there are changes of segment \(key.segment), which does not exist")
                return true
            }
            let page = try verification.attempt(.changes, entry.key) {
                try TombstonePage(sealed: entry.value, in: .changes, key: entry.key)
            }
            guard let page else {
                unread.insert(key.segment)
                return true
            }
            counts[key.segment, default: 0] += page.count
            let first = Int(key.page) * TombstonePage.ordinalsPerPage
            let last = (0..<TombstonePage.ordinalsPerPage).last { page.contains($0) }
            if let last, first + last >= Int(segment.documents) {
                verification.broken(
                    .changes, .changes, entry.key,
                    "ordinal \(first + last) of segment \(segment.id) is marked as changed, but the segment has "
                        + "\(segment.documents) documents")
            }
            return true
        }
        for segment in manifest.segments where !unread.contains(segment.id) {
            let count = counts[segment.id, default: 0]
            guard count != Int(segment.changes) else { continue }
            verification.broken(
                .changes, .changes, Keys.segmentPrefix(segment.id),
                "segment \(segment.id) has \(count) changed documents, but its entry in the manifest says "
                    + "\(segment.changes)")
        }
    }
}
