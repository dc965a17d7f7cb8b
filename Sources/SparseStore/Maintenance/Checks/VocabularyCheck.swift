internal import LMDB
internal import SparseFormat

/// Checks that names and numbers of terms lead to each other and are those that were allocated (I107).
enum VocabularyCheck: VerificationCheck {
    static let name = "vocabulary"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let vocabulary = VocabularyTable(tables: verification.tables, reader: verification.reader)
        let terms = manifest.termSpace == .strings ? manifest.nextTerm : 0
        var names: UInt32 = 0
        try verification.forEach(.vocabulary) { entry in
            _ = try verification.attempt(.vocabulary, entry.key) {
                func broken(_ sentence: String) {
                    verification.broken(.vocabulary, .vocabulary, entry.key, sentence)
                }
                switch try Keys.parseVocabulary(entry.key) {
                case .term(let name):
                    let id = try TermIDRecord(sealed: entry.value, in: .vocabulary, key: entry.key).id
                    if id >= terms {
                        broken("a name maps to term \(id), but nextTerm is \(terms)")
                    } else if let other = try vocabulary.name(of: id), !other.utf8.elementsEqual(name.utf8) {
                        broken("a name maps to term \(id), which has a different name")
                    }
                case .name(let id):
                    names += 1
                    let name = try TermNameRecord(sealed: entry.value, in: .vocabulary, key: entry.key).name
                    if id >= terms {
                        broken("term \(id) has a name, but nextTerm is \(terms)")
                    } else if try vocabulary.id(of: name) != id {
                        broken("the name of term \(id) does not map to it")
                    }
                }
            }
            return true
        }
        if names < terms, !verification.damagedTables.contains(.vocabulary) {
            verification.broken(
                .vocabulary, .vocabulary, [], "\(names) terms have a name, but nextTerm is \(terms)")
        }
    }
}
