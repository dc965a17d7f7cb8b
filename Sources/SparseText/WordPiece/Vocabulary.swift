internal import SparseFormat

/// What tells two vocabularies apart.
enum Vocabulary {
    /// A hash of all tokens in their order, and of what else decides.
    static func fingerprint(_ tokens: [String], _ others: [UInt8] = []) -> UInt64 {
        var bytes = others
        for token in tokens { bytes += token.utf8 + [0] }
        return XXH64.hash(bytes, seed: 1)
    }
}
