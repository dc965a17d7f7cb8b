internal import LMDB
internal import SparseFormat

/// Checks that identifiers lead to their documents, and that all documents have theirs in `ids` (I101).
enum IdentifiersCheck: VerificationCheck {
    static let name = "identifiers"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let (tables, reader) = (verification.tables, verification.reader)
        let documents = DocumentTable(tables: tables, reader: reader)
        try verification.forEach(.ids) { entry in
            _ = try verification.attempt(.ids, entry.key) {
                let number = try IdentifierRecord(sealed: entry.value, in: .ids, key: entry.key).number
                guard let view = try documents.view(number) else {
                    verification.broken(
                        .identifiers, .ids, entry.key, "the identifier maps to document \(number), which does not exist"
                    )
                    return
                }
                if !view.identifierBytes.elementsEqual(entry.key) {
                    verification.broken(
                        .identifiers, .ids, entry.key,
                        "the identifier maps to document \(number), which has a different identifier")
                }
            }
            return true
        }
        try verification.forEach(.documents) { entry in
            _ = try verification.attempt(.documents, entry.key) {
                let view = try DocumentView(entry.value, number: Keys.documentNumber(entry.key))
                let found = try IdentifierRecord(from: tables.ids, .ids, key: Array(view.identifierBytes), reader)
                guard found?.number != view.number else { return }
                let place = found.map { "maps to document \($0.number)" } ?? "is not in `ids`"
                verification.broken(
                    .identifiers, .documents, entry.key, "the identifier of document \(view.number) \(place)")
            }
            return true
        }
    }
}
