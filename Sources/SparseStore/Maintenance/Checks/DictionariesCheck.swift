internal import LMDB
internal import SparseFormat

/// Checks the numbers of the compression dictionaries (I115) and that of the manifest (I109).
enum DictionariesCheck: VerificationCheck {
    static let name = "dictionaries"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        var hasCurrent = manifest.currentDictionary == 0
        try verification.forEach(.dictionaries) { entry in
            guard let id = try verification.attempt(.dictionaries, entry.key, { try Keys.parseDictionary(entry.key) })
            else { return true }
            if id == manifest.currentDictionary { hasCurrent = true }
            if id == 0 || id >= manifest.nextDictionary {
                verification.broken(
                    .dictionaryNumbers, .dictionaries, entry.key,
                    "dictionary \(id) exists, but nextDictionary is \(manifest.nextDictionary)")
            }
            return true
        }
        if !hasCurrent {
            verification.broken(
                .dictionaries, .dictionaries, Keys.dictionary(manifest.currentDictionary),
                "the manifest names dictionary \(manifest.currentDictionary), which does not exist")
        }
    }
}
