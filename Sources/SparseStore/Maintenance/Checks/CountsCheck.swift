internal import LMDB
internal import SparseFormat

/// Checks the number of entries in each table (I101, I102, I107).
enum CountsCheck: VerificationCheck {
    static let name = "counts"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        func compare(_ invariant: StoreInvariant, _ table: TableNumber, expected: UInt64) throws {
            let opened = verification.tables[table]
            let entries = try verification.reader.statistics(opened).entries
            guard UInt64(clamping: entries) != expected else { return }
            verification.broken(
                invariant, table, [], "the table has \(entries) entries, but the manifest says \(expected)")
        }
        try compare(.counters, .documents, expected: manifest.documents)
        try compare(.identifiers, .ids, expected: manifest.documents)
        let terms = manifest.termSpace == .strings ? 2 * UInt64(manifest.nextTerm) : 0
        try compare(.vocabulary, .vocabulary, expected: terms)
    }
}
